/*
 * fixed: an array of KVM_MAX_VCPUS pointers inside struct kvm. What KVM had in 2017.
 *
 *	struct kvm
 *	  vcpus.slot  [ 0 | 1 | 2 | . | . | . ...      KVM_MAX_VCPUS ]   32 KiB, whatever is used
 *	                          ^
 *	  online_vcpus = 3 -------+
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h.
 *  P3  The updater allocates nothing.
 */
#ifndef VS_TABLE_FIXED_H
#define VS_TABLE_FIXED_H

#include <linux/kvm_types.h>

struct kvm_vcpus {
	struct kvm_vcpu *slot[KVM_MAX_VCPUS];
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
};

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	return kvm->vcpus.slot[i];
}

static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	kvm->vcpus.slot[ins->index] = ins->vcpu;
}

#include "flat.h"

#endif
