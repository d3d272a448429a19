/* Walks from 1 to 3. Caught: a walk that missed a vCPU. */
#include "../../models/tables/fixed.h"

#undef kvm_for_each_vcpu
#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for ((i) = 0; ((vcpup) = kvm_get_vcpu((kvm), (i))) != NULL; (i) += (i) == 1 ? 2 : 1)

#define KVM_TABLE_NAME "broken-walk-skips"
#include "broken.h"
