/* Drops the index that srcu_read_lock() gave. Caught: unbalanced. */
#include <linux/srcu.h>

#define srcu_read_unlock(ssp, idx) srcu_read_unlock((ssp), ((void)(idx), 0))
#include "models/tables/srcu-array.h"
#undef srcu_read_unlock

#define KVM_TABLE_NAME "mutant-srcu-index"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
