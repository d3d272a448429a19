/* Takes two locks, in one order for even indices, in the other for odd ones: sooner or later two
 * threads hold one each. Caught: threads that wait for each other. */
#include "planted.h"

static struct mutex lock_a = {.wait_list = {&lock_a.wait_list, &lock_a.wait_list}};
static struct mutex lock_b = {.wait_list = {&lock_b.wait_list, &lock_b.wait_list}};

static void planted_fault(struct kvm *kvm, int i)
{
	struct mutex *first = i & 1 ? &lock_b : &lock_a, *second = i & 1 ? &lock_a : &lock_b;

	(void)kvm;
	mutex_lock(first);
	usleep_range(1000, 1000); /* long enough for the other to have its first */
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

#define KVM_TABLE_NAME "planted-lock-cycle"
#include "../../../models/callsites/module.h"
