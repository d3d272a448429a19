/* Frees the old apic map at once, under senders that look targets up in it. Caught: use after free.
 */
#include <linux/rcupdate.h>

#undef kfree_rcu
#define kfree_rcu(ptr, field) kfree(ptr)
#include "../../models/tables/fixed.h"

#define KVM_TABLE_NAME "broken-map-at-once"
#include "broken.h"
