/* Looks at the count, then at the slot, in any order. Harmless on x86; the race is there all the
 * same.
 */
#include <linux/barrier.h>

#undef smp_rmb
#define smp_rmb() barrier()
#include "models/tables/fixed.h"

#define KVM_TABLE_NAME "broken-no-read-barrier"
#include "../../broken/broken.h"
