/* Frees an array while walks may be in it. Caught: use after free. */
#include <linux/rcupdate.h>

#define synchronize_rcu() ((void)0)
#include "models/tables/rcu-array-section.h"
#undef synchronize_rcu

#define KVM_TABLE_NAME "mutant-free-early"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
