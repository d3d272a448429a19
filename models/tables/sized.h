/*
 * sized: as `fixed`, but as long as userspace said at the VM's creation. Option 1 of the 2017
 * discussion (KVM_CREATE_VM2).
 *
 *	struct kvm                                           allocated as long as is needed
 *	  ...   online_vcpus = 2
 *	  tail  [ 0 | 1 | . | . | max_vcpus ]
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h.
 *  P3  The updater allocates nothing.
 */
#ifndef VS_TABLE_SIZED_H
#define VS_TABLE_SIZED_H

#include <linux/kvm_types.h>

struct kvm_vcpus {
};

#define kvm_table_tail(max_vcpus, params) ((size_t)(max_vcpus))

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
};

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	return kvm->tail[i];
}

static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	kvm->tail[ins->index] = ins->vcpu;
}

#include "flat.h"

#endif
