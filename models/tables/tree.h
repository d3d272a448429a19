/*
 * tree: lock-free, growing at the top as vCPUs are appended. Option 3 of the 2017 discussion.
 *
 *	struct kvm                      online_vcpus = 18, fanout 16
 *	  vcpus.root --> { shift 4 | * | * | NULL ... }
 *	                             |   +-------------> { shift 0 | 16 | 17 | . ... }
 *	                             +--> { shift 0 | 0 | 1 | ... | 15 }     was the root before
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h.
 *  O4  A root is looked up after the count; an older one than the newest holds whatever was counted
 *      while it was the root.
 *  L3  Nodes never move and are freed only with the VM.
 *  P3  Readers: as many loads as the tree has levels, and each node's shift.
 *  P4  One insert per node allocates; that which fills the tree, one node per level.
 */
#ifndef VS_TABLE_TREE_H
#define VS_TABLE_TREE_H

#include <linux/kernel.h>
#include <linux/kvm_types.h>

#define KVM_TABLE_PARAMS(P) P(fanout, 16, 2, 256, KVM_PARAM_POWER_OF_TWO, "slots per node")

struct kvm_node {
	unsigned int shift;
	void *slot[];
};

struct kvm_vcpus {
	struct kvm_node *root;
	unsigned int bits; /* of an index that one level takes */
};

#include <linux/kvm_host.h>

static inline unsigned int kvm_node_bits(struct kvm *kvm)
{
	return kvm->vcpus.bits;
}

static inline struct kvm_node *kvm_node_alloc(struct kvm *kvm)
{
	return kzalloc(sizeof(struct kvm_node) + (sizeof(void *) << kvm->vcpus.bits), GFP_KERNEL);
}

#include "radix.h"

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	return kvm_tree_load(kvm, READ_ONCE(kvm->vcpus.root), i);
}

static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	kvm_tree_store(kvm, ins, ins->vcpu);
}

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	kvm->vcpus.bits = (unsigned int)__builtin_ctz(kvm->params.fanout);
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
	return kvm_tree_reserve(kvm, ins);
}

#include "stable.h"

#endif
