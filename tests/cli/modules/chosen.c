/*
 * A table with all members, but for the one that the environment's CHOSEN_LACKS names, and
 * called what CHOSEN_NAME says. Its functions are none: it is to be loaded, not run.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <vcpusim/module.h>

#define AT(m) offsetof(struct vs_table, m)

static const struct {
	const char *name;
	size_t at;
} members[] = {{"name", AT(name)},
	       {"summary", AT(summary)},
	       {"vm_create", AT(vm_create)},
	       {"vm_destroy", AT(vm_destroy)},
	       {"vcpu_create", AT(vcpu_create)},
	       {"vcpu_unplug", AT(vcpu_unplug)},
	       {"vcpu_run", AT(vcpu_run)},
	       {"get", AT(get)},
	       {"get_by_id", AT(get_by_id)},
	       {"broadcast", AT(broadcast)},
	       {"ipi", AT(ipi)},
	       {"request_all", AT(request_all)},
	       {"on_spin", AT(on_spin)},
	       {"index_of", AT(index_of)},
	       {"kick", AT(kick)},
	       {"start_stop", AT(start_stop)},
	       {"vp_flush", AT(vp_flush)},
	       {"memslot_read", AT(memslot_read)},
	       {"memslot_update", AT(memslot_update)},
	       {"online", AT(online)}};

static const char chosen[] = "chosen";
static struct vs_table table;
static const struct vs_table *const tables[] = {&table};

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

__attribute__((constructor)) static void choose(void)
{
	const char *lacks = getenv("CHOSEN_LACKS"), *name = getenv("CHOSEN_NAME"), *here = chosen;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!lacks || !same(lacks, members[i].name))
			memcpy((char *)&table + members[i].at, &here, sizeof(here));
	if (name)
		table.name = name;
}

const struct vs_module vs_module = {
	.abi = VS_MODULE_ABI, .n_tables = 1, .name = "chosen", .tables = tables};
