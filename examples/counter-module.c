/* What vcpusim is to run of counter.c: operations "counter:add", "counter:cas" and "counter:hope".
 */
#include <vcpusim/module.h>

#include "counter.h"

static int add(uint32_t issuer)
{
	(void)issuer;
	counter_add();
	return 0;
}

static int cas(uint32_t issuer)
{
	(void)issuer;
	counter_cas();
	return 0;
}

static int hope(uint32_t issuer)
{
	(void)issuer;
	counter_hope();
	return 0;
}

static void check_add(uint64_t done)
{
	vs_expect("the counter of add", counter_added(), done);
}

static void check_cas(uint64_t done)
{
	vs_expect("the counter of cas", counter_swapped(), done);
}

static void check_hope(uint64_t done)
{
	vs_expect("the counter of hope", counter_hoped(), done);
}

static const struct vs_operation operations[] = {
	{"add", "count by an atomic add", add, check_add},
	{"cas", "count by a loop of compare-and-swap", cas, check_cas},
	{"hope", "count by a load and a store: loses some", hope, check_hope},
};

const struct vs_module vs_module = {
	.abi = VS_MODULE_ABI, .name = "counter", .operations = operations, .n_operations = 3};
