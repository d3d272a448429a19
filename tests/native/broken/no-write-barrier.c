/* Counts a vCPU, then writes its slot, in any order. Harmless on x86, as long as the compiler keeps
 * the order; the race is there all the same. */
#include <linux/barrier.h>

#undef smp_wmb
#define smp_wmb() barrier()
#include "models/tables/rcu-array-double.h"

#define KVM_TABLE_NAME "broken-no-write-barrier"
#include "../../broken/broken.h"
