/* An index that is out of range gives vCPU 0, as KVM's did until CVE-2024-58083 was fixed. Caught:
 * the vCPU of another index. */
#define kvm_get_vcpu good_get_vcpu
#include "../../models/tables/fixed.h"
#undef kvm_get_vcpu

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	return good_get_vcpu(kvm, i < atomic_read(&kvm->online_vcpus) ? i : 0);
}

#define KVM_TABLE_NAME "broken-clamp"
#include "broken.h"
