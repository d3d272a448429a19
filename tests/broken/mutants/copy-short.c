/* Copies all but one when it doubles. Caught: walk missed. */
#include <linux/string.h>

static inline size_t one_less(size_t bytes)
{
	return bytes ? bytes - sizeof(void *) : 0;
}

#define memcpy(to, from, n) memcpy((to), (from), one_less(n))
#include "models/tables/rcu-array-double.h"
#undef memcpy

#define KVM_TABLE_NAME "mutant-copy-short"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
