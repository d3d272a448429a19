/* Frees what it should hand to a callback. Caught: use after free. */
#include <linux/rcupdate.h>

#undef kfree_rcu
#define kfree_rcu(ptr, field) kfree(ptr)
#define KVM_ARRAY_WALK_SECTION
#include "models/tables/rcu-array-call.h"

#define KVM_TABLE_NAME "mutant-call-early"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
