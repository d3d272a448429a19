/* Publishes with the reserve, and a failed create takes only the count back. Caught: not ready. */
#include "models/tables/sized.h"

static inline int early_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				struct kvm_table_insert *ins)
{
	kvm_table_reserve(kvm, vcpu, ins);
	kvm_table_insert(kvm, ins);
	return 0;
}

#define kvm_table_reserve(kvm, vcpu, ins) early_reserve(kvm, vcpu, ins)
#define kvm_table_insert(kvm, ins) ((void)(ins))
#define kvm_table_cancel(kvm, ins) atomic_dec(&(kvm)->online_vcpus)

#define KVM_TABLE_NAME "mutant-entry-behind"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
