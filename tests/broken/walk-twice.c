/* Visits index 1 twice. Caught: walk order. */
#include "../../models/tables/fixed.h"

#undef kvm_for_each_vcpu
#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for (int __n = 0; ((vcpup) = kvm_get_vcpu((kvm), (i) = __n > 1 ? __n - 1 : __n)) != NULL;  \
	     __n++)

#define KVM_TABLE_NAME "broken-walk-twice"
#include "broken.h"
