/*
 * chunked: pointers in chunks, allocated when the first of them is needed.
 *
 *	struct kvm
 *	  vcpus.shift = 5, online_vcpus = 34
 *	  tail [ * | * | NULL ... ]           one word per chunk of 32, for KVM_MAX_VCPUS
 *	         |   |
 *	         |   +--> [ 32 | 33 | . ... ]
 *	         +------> [ 0 | 1 | ... | 31 ]     256 bytes each
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h.
 *  L3  Chunks never move and are freed only with the VM.
 *  P3  Readers: no loops, one more load than `fixed` (and one of the chunks' size).
 *  P4  One insert per chunk allocates.
 */
#ifndef VS_TABLE_CHUNKED_H
#define VS_TABLE_CHUNKED_H

#include <linux/kernel.h>
#include <linux/kvm_types.h>

#define KVM_TABLE_PARAMS(P) P(chunk, 32, 8, 1024, KVM_PARAM_POWER_OF_TWO, "vCPUs per chunk")

struct kvm_vcpus {
	unsigned int shift; /* of the chunks' size */
};

#define kvm_table_tail(max_vcpus, params) ((size_t)(KVM_MAX_VCPUS / (params)->chunk))

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu **fresh; /* owned until inserted; NULL: the chunk is there already */
};

static inline struct kvm_vcpu ***kvm_chunk(struct kvm *kvm, int i)
{
	return (struct kvm_vcpu ***)&kvm->tail[i >> kvm->vcpus.shift];
}

static inline struct kvm_vcpu **kvm_slot(struct kvm *kvm, int i)
{
	struct kvm_vcpu **chunk = READ_ONCE(*kvm_chunk(kvm, i));

	return &chunk[i & ((1 << kvm->vcpus.shift) - 1)];
}

static inline struct kvm_vcpu *kvm_slot_load(struct kvm *kvm, int i)
{
	return *kvm_slot(kvm, i);
}

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	kvm->vcpus.shift = (unsigned int)__builtin_ctz(kvm->params.chunk);
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	int chunk = 1 << kvm->vcpus.shift;

	for (int i = 0; i < KVM_MAX_VCPUS && *kvm_chunk(kvm, i); i += chunk)
		kfree(*kvm_chunk(kvm, i));
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	ins->vcpu = vcpu;
	ins->index = atomic_read(&kvm->online_vcpus);
	ins->fresh = NULL;
	if (*kvm_chunk(kvm, ins->index))
		return 0;
	ins->fresh = kcalloc(1u << kvm->vcpus.shift, sizeof(*ins->fresh), GFP_KERNEL);
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
		WRITE_ONCE(*kvm_chunk(kvm, ins->index), ins->fresh);
	*kvm_slot(kvm, ins->index) = ins->vcpu;
}

#include "stable.h"

#endif
