/* Walks from the last to the first. Caught: walk order. */
#include "../../models/tables/fixed.h"

#undef kvm_for_each_vcpu
#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for ((i) = atomic_read(&(kvm)->online_vcpus) - 1;                                          \
	     (i) >= 0 && ((vcpup) = kvm_get_vcpu((kvm), (i))) != NULL; (i)--)

#define KVM_TABLE_NAME "broken-walk-backwards"
#include "broken.h"
