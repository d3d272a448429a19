/* Reads without the lock. Caught: use after free. */
#include <linux/rwlock.h>

#define read_lock(lock) ((void)(lock))
#define read_unlock(lock) ((void)(lock))
#include "models/tables/rwlock-array.h"
#undef read_lock
#undef read_unlock

#define KVM_TABLE_NAME "mutant-no-lock"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
