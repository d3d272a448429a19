/* Walks as far as vCPUs are being created. Caught: a null pointer is followed. */
#include "models/tables/fixed.h"

#undef kvm_for_each_vcpu
#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for ((i) = 0; (i) < (kvm)->created_vcpus && ((vcpup) = kvm_online_vcpu((kvm), (i)), true); \
	     (i)++)

#define KVM_TABLE_NAME "mutant-created-bound"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
