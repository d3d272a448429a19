/*
 * blocks: blocks of pointers, each as long as all before it together.
 *
 *	struct kvm
 *	  vcpus.block [ * | * | * | NULL ... ]          10 words are enough for 4,096
 *	                |   |   |
 *	                |   |   +--> [ 16 | 17 | ... | 31 ]
 *	                |   +------> [ 8 | 9 | ... | 15 ]
 *	                +----------> [ 0 | 1 | ... | 7 ]
 *	  online_vcpus = 20
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: models/tables/stable.h.
 *  L3  Blocks never move and are freed only with the VM: no copies, no grace periods.
 *  P3  Readers: no loops; the block's number is that of the index's highest bit.
 *  P4  One insert per block allocates, 10 in all; at most half of the slots are empty.
 */
#ifndef BLOCKS_H
#define BLOCKS_H

#include <linux/kernel.h>
#include <linux/kvm_types.h>

#define FIRST_SHIFT 3 /* 8 slots in the first block */
#define BLOCKS 10     /* 8 << 9 = KVM_MAX_VCPUS */

struct kvm_vcpus {
	struct kvm_vcpu **block[BLOCKS];
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu **fresh; /* owned until inserted; NULL: the block is there already */
};

static inline int kvm_block_number(int i)
{
	int highest = 31 - __builtin_clz((unsigned int)i | 1);

	return highest < FIRST_SHIFT ? 0 : highest - FIRST_SHIFT + 1;
}

/* of the block's first slot */
static inline int kvm_block_begin(int number)
{
	return number ? 1 << (number + FIRST_SHIFT - 1) : 0;
}

static inline size_t kvm_block_slots(int number)
{
	return number ? (size_t)kvm_block_begin(number) : (size_t)1 << FIRST_SHIFT;
}

static inline struct kvm_vcpu **kvm_slot(struct kvm *kvm, int i)
{
	int number = kvm_block_number(i);

	return READ_ONCE(kvm->vcpus.block[number]) + (i - kvm_block_begin(number));
}

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	return *kvm_slot(kvm, i);
}

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	BUILD_BUG_ON((1 << FIRST_SHIFT << (BLOCKS - 1)) != KVM_MAX_VCPUS);
	(void)kvm; /* zeroed with struct kvm */
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	for (int number = 0; number < BLOCKS; number++)
		kfree(kvm->vcpus.block[number]);
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	int number;

	ins->vcpu = vcpu;
	ins->index = atomic_read(&kvm->online_vcpus);
	ins->fresh = NULL;
	number = kvm_block_number(ins->index);
	if (kvm->vcpus.block[number])
		return 0;
	ins->fresh = kcalloc(kvm_block_slots(number), sizeof(*ins->fresh), GFP_KERNEL);
	return ins->fresh ? 0 : -ENOMEM;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	kfree(ins->fresh);
}

static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	if (ins->fresh)
		WRITE_ONCE(kvm->vcpus.block[kvm_block_number(ins->index)], ins->fresh);
	*kvm_slot(kvm, ins->index) = ins->vcpu;
}

#include "models/tables/stable.h"

#endif
