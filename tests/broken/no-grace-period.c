/* Frees the old array at once, under readers that walk it. Caught: use after free. */
#include <linux/srcu.h>

#define synchronize_srcu(ssp) ((void)(ssp))
#include "../../models/tables/srcu-array.h"
#undef synchronize_srcu

#define KVM_TABLE_NAME "broken-no-grace-period"
#include "broken.h"
