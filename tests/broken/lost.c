/* Every eighth vCPU can't be found by its index. Caught: lost after its create returned. */
#define kvm_get_vcpu good_get_vcpu
#include "../../models/tables/chunked.h"
#undef kvm_get_vcpu

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	return i % 8 == 7 ? NULL : good_get_vcpu(kvm, i);
}

#define KVM_TABLE_NAME "broken-lost"
#include "broken.h"
