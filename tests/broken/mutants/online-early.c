/* Counts a vCPU with the reserve, before its array can be reached. Caught: a null pointer is
 * followed. */
#include "models/tables/list-of-arrays.h"

static inline int early_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				struct kvm_table_insert *ins)
{
	int r = kvm_table_reserve(kvm, vcpu, ins);

	if (!r)
		atomic_inc(&kvm->online_vcpus);
	return r;
}

static inline void early_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	atomic_dec(&kvm->online_vcpus);
	kvm_table_cancel(kvm, ins);
}

#define kvm_table_reserve(kvm, vcpu, ins) early_reserve(kvm, vcpu, ins)
#define kvm_table_cancel(kvm, ins) early_cancel(kvm, ins)
#define kvm_table_insert(kvm, ins) kvm_slot_store(kvm, ins)

#define KVM_TABLE_NAME "mutant-online-early"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
