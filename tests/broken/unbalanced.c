/* A look-up of index 1 leaves its RCU section open. Caught: unbalanced reader sections. */
#include <linux/rcupdate.h>

#define kvm_get_vcpu good_get_vcpu
#include "../../models/tables/fixed.h"
#undef kvm_get_vcpu

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	struct kvm_vcpu *vcpu;

	rcu_read_lock();
	vcpu = good_get_vcpu(kvm, i);
	if (i != 1)
		rcu_read_unlock();
	return vcpu;
}

#define KVM_TABLE_NAME "broken-unbalanced"
#include "broken.h"
