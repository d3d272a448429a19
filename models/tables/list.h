/*
 * list: append-only, through the vCPUs themselves. Option 3 of the 2017 discussion.
 *
 *	struct kvm
 *	  vcpus.head --> { vCPU 0, next } --> { vCPU 1, next } --> { vCPU 2, NULL }
 *	  vcpus.tail -------------------------------------------------^
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h, a slot being the pointer to a
 * vCPU in the one before.
 *  P3  Readers: a step of a walk is one load from the vCPU just visited, on a line (the third of
 *      struct kvm_vcpu) that nobody writes; get(i) takes i + 1 steps.
 *  P4  The updater allocates nothing and takes one step.
 */
#ifndef VS_TABLE_LIST_H
#define VS_TABLE_LIST_H

#include <linux/kvm_types.h>

struct kvm_vcpus {
	struct kvm_vcpu *head;
	struct kvm_vcpu **tail; /* the updater's: where the next one goes; NULL: head */
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
};

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	struct kvm_vcpu *vcpu = READ_ONCE(kvm->vcpus.head);

	while (i--)
		vcpu = READ_ONCE(vcpu->next);
	return vcpu;
}

static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	WRITE_ONCE(*(kvm->vcpus.tail ? kvm->vcpus.tail : &kvm->vcpus.head), ins->vcpu);
	kvm->vcpus.tail = &ins->vcpu->next;
}

static inline struct kvm_vcpu *kvm_vcpu_after(struct kvm *kvm, struct kvm_vcpu *vcpu)
{
	smp_rmb(); /* pairs with smp_wmb() in kvm_table_insert() */
	return vcpu ? READ_ONCE(vcpu->next) : READ_ONCE(kvm->vcpus.head);
}

#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for ((i) = 0, (vcpup) = NULL; (i) < atomic_read(&(kvm)->online_vcpus) &&                   \
				      ((vcpup) = kvm_vcpu_after((kvm), (vcpup))) != NULL;          \
	     (i)++)

#include "flat.h"

#endif
