/*
 * xarray: a radix tree of 64 slots per node under RCU. What Linux has since 5.17.
 *
 *	struct kvm
 *	  vcpus.lock
 *	  vcpus.head --> vCPU 0                  while it is the only one, marked by bit 0 being
 *clear or vcpus.head --> { shift 6 | * | * | NULL ... }           marked by bit 1 |   +-----> {
 *shift 0 | 64 | 65 | . ... }
 *	                             +--> { shift 0 | 0 | 1 | ... | 63 }      576 bytes each
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h.
 *  O4  The head is looked up after the count, at every step of a walk anew.
 *  L3  Nodes are read only inside an RCU section, which ends with the step: the body of a walk may
 *      sleep. Nothing is ever erased, so no node is freed before the VM ends, and vCPUs neither.
 *  P3  Readers: from the head down for every step; a node's shift, then its slot.
 *  P4  One insert in 64 allocates; storing takes a spinlock.
 */
#ifndef VS_TABLE_XARRAY_H
#define VS_TABLE_XARRAY_H

#include <linux/kernel.h>
#include <linux/kvm_types.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#define XA_BITS 6

/* What an xarray's node has besides: where it hangs, how full it is, marks. 576 bytes in all. */
struct kvm_node {
	u8 shift, offset, count, n_values;
	void *parent, *array;
	struct list_head private_list;
	void *slot[1 << XA_BITS];
	unsigned long marks[3];
};

struct kvm_vcpus {
	spinlock_t lock;
	void *head;            /* NULL, a vCPU, or a node with XA_NODE added */
	struct kvm_node *root; /* the updater's: the node, without the mark */
};

#define XA_NODE 2ul

#include <linux/kvm_host.h>

static inline unsigned int kvm_node_bits(struct kvm *kvm)
{
	(void)kvm;
	return XA_BITS;
}

static inline struct kvm_node *kvm_node_alloc(struct kvm *kvm)
{
	(void)kvm;
	BUILD_BUG_ON(sizeof(struct kvm_node) != 576);
	return kzalloc(sizeof(struct kvm_node), GFP_KERNEL);
}

#include "radix.h"

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	struct kvm_vcpu *vcpu;
	unsigned long head;

	rcu_read_lock();
	head = (unsigned long)rcu_dereference(kvm->vcpus.head);
	vcpu = (struct kvm_vcpu *)head;
	if (head & XA_NODE)
		vcpu = kvm_tree_load(kvm, (struct kvm_node *)(head - XA_NODE), i);
	rcu_read_unlock();
	return vcpu;
}

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	spin_lock_init(&kvm->vcpus.lock);
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	kvm_tree_free(kvm);
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	*ins = (struct kvm_table_insert){.vcpu = vcpu, .index = atomic_read(&kvm->online_vcpus)};
	return ins->index ? kvm_tree_reserve(kvm, ins) : 0;
}

/* With the second vCPU comes the first node; the first vCPU moves into it, and is still the head
 * for whoever looks before it is published. */
static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	struct kvm_vcpus *v = &kvm->vcpus;

	spin_lock(&v->lock);
	if (!ins->index) {
		rcu_assign_pointer(v->head, (void *)ins->vcpu);
	} else {
		if (!v->root)
			ins->fresh[ins->n_fresh - 1]->slot[0] = v->head;
		kvm_tree_store(kvm, ins, ins->vcpu);
		if (v->head != (u8 *)v->root + XA_NODE)
			rcu_assign_pointer(v->head, (void *)((u8 *)v->root + XA_NODE));
	}
	spin_unlock(&v->lock);
}

#include "stable.h"

#endif
