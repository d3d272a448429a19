/* Frees the old array of memory slots at once, under exits that search it. Caught: use after free.
 */
#include <linux/srcu.h>

#define synchronize_srcu_expedited(ssp) ((void)(ssp))
#include "../../models/tables/fixed.h"

#define KVM_TABLE_NAME "broken-slots-at-once"
#include "broken.h"
