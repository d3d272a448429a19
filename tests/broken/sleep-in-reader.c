/* Sleeps inside the RCU section of a look-up. Caught: sleep in a reader. */
#include <linux/delay.h>
#include <linux/rcupdate.h>

static inline void lazy_read_lock(void)
{
	rcu_read_lock();
	usleep_range(1, 1);
}

#define rcu_read_lock lazy_read_lock
#include "../../models/tables/rcu-array.h"
#undef rcu_read_lock

#define KVM_TABLE_NAME "broken-sleep-in-reader"
#include "broken.h"
