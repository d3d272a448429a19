/* A table without its functions. */
#include <vcpusim/module.h>

static const struct vs_table half = {.name = "half", .summary = "a name and a summary"};
static const struct vs_table *const tables[] = {&half};

const struct vs_module vs_module = {
	.abi = VS_MODULE_ABI, .n_tables = 1, .name = "half-a-table", .tables = tables};
