/* Calls what nobody has. */
#include <vcpusim/module.h>

extern void nobody_has_this(void);

static int create(const struct vs_vm_params *params, void **vm)
{
	(void)params;
	(void)vm;
	nobody_has_this();
	return 0;
}

static const struct vs_table table = {.name = "unresolved", .summary = "-", .vm_create = create};
static const struct vs_table *const tables[] = {&table};

const struct vs_module vs_module = {
	.abi = VS_MODULE_ABI, .n_tables = 1, .name = "unresolved", .tables = tables};
