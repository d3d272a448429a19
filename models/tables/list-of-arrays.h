/*
 * list-of-arrays: `list`, with so many vCPUs per link.
 *
 *	struct kvm
 *	  vcpus.head --> [ next | 0 | 1 | ... | 31 ] --> [ NULL | 32 | 33 | . ... ]     264 bytes each
 *	  vcpus.tail --------------------------------------^        online_vcpus = 34
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h.
 *  L3  Arrays never move and are freed only with the VM.
 *  P3  Readers: a walk follows one link per array; get(i) takes i / chunk links.
 *  P4  One insert per array allocates.
 */
#ifndef VS_TABLE_LIST_OF_ARRAYS_H
#define VS_TABLE_LIST_OF_ARRAYS_H

#include <linux/kernel.h>
#include <linux/kvm_types.h>

#define KVM_TABLE_PARAMS(P) P(chunk, 32, 2, 1024, KVM_PARAM_POWER_OF_TWO, "vCPUs per array")

struct kvm_vcpu_link {
	struct kvm_vcpu_link *next;
	struct kvm_vcpu *slot[];
};

struct kvm_vcpus {
	struct kvm_vcpu_link *head;
	unsigned int shift;
	struct kvm_vcpu_link *tail; /* the updater's: the last one */
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu_link *fresh; /* owned until inserted; NULL: there is room in the last */
};

static inline int kvm_link_offset(struct kvm *kvm, int i)
{
	return i & ((1 << kvm->vcpus.shift) - 1);
}

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	struct kvm_vcpu_link *link = READ_ONCE(kvm->vcpus.head);

	for (int n = i >> kvm->vcpus.shift; n; n--)
		link = READ_ONCE(link->next);
	return link->slot[kvm_link_offset(kvm, i)];
}

/* A step of a walk: vCPU i, which is counted; *link is where i - 1 was. */
static inline struct kvm_vcpu *kvm_vcpu_in(struct kvm *kvm, struct kvm_vcpu_link **link, int i)
{
	int at = kvm_link_offset(kvm, i);

	smp_rmb(); /* pairs with smp_wmb() in kvm_table_insert() */
	if (!at)
		*link = *link ? READ_ONCE((*link)->next) : READ_ONCE(kvm->vcpus.head);
	return (*link)->slot[at];
}

#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for (struct kvm_vcpu_link *__link = ((i) = 0, NULL);                                       \
	     (i) < atomic_read(&(kvm)->online_vcpus) &&                                            \
	     ((vcpup) = kvm_vcpu_in((kvm), &__link, (i))) != NULL;                                 \
	     (i)++)

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	kvm->vcpus.shift = (unsigned int)__builtin_ctz(kvm->params.chunk);
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	for (struct kvm_vcpu_link *link = kvm->vcpus.head, *next; link; link = next) {
		next = link->next;
		kfree(link);
	}
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	ins->vcpu = vcpu;
	ins->index = atomic_read(&kvm->online_vcpus);
	ins->fresh = NULL;
	if (kvm_link_offset(kvm, ins->index))
		return 0;
	ins->fresh = kzalloc(sizeof(*ins->fresh) + (sizeof(vcpu) << kvm->vcpus.shift), GFP_KERNEL);
	return ins->fresh ? 0 : -ENOMEM;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	kfree(ins->fresh);
}

static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	struct kvm_vcpus *v = &kvm->vcpus;

	if (ins->fresh) {
		WRITE_ONCE(*(v->tail ? &v->tail->next : &v->head), ins->fresh);
		v->tail = ins->fresh;
	}
	v->tail->slot[kvm_link_offset(kvm, ins->index)] = ins->vcpu;
}

#include "stable.h"

#endif
