/*
 * chunked-2level: chunks of chunks, which keep the top short.
 *
 *	struct kvm
 *	  vcpus.{shift = 5, mid_shift = 4}
 *	  tail [ * | NULL ... ]                       one word per 16 chunks of 32
 *	         |
 *	         +--> [ * | * | NULL ... ]            16 chunks
 *	                |   |
 *	                |   +--> [ 32 | 33 | . ... ]
 *	                +------> [ 0 | 1 | ... | 31 ]
 *
 * Ordering O1 - O3, lifetime L1, L2 and progress P1, P2: stable.h.
 *  L3  Chunks of both kinds never move and are freed only with the VM.
 *  P3  Readers: no loops, one more load than `chunked`.
 *  P4  One insert per chunk allocates; one in so many of those, twice.
 */
#ifndef VS_TABLE_CHUNKED_2LEVEL_H
#define VS_TABLE_CHUNKED_2LEVEL_H

#include <linux/kernel.h>
#include <linux/kvm_types.h>

#define KVM_TABLE_PARAMS(P)                                                                        \
	P(chunk, 32, 8, 256, KVM_PARAM_POWER_OF_TWO, "vCPUs per chunk")                            \
	P(middle, 16, 2, 64, KVM_PARAM_POWER_OF_TWO, "chunks per chunk of chunks")

struct kvm_vcpus {
	unsigned int shift, mid_shift;
};

#define kvm_table_tail(max_vcpus, params)                                                          \
	((size_t)DIV_ROUND_UP(KVM_MAX_VCPUS, (params)->chunk * (params)->middle))

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu **fresh;      /* both owned until inserted; NULL: there already */
	struct kvm_vcpu ***fresh_mid; /* holds `fresh` already */
};

static inline struct kvm_vcpu ****kvm_middle(struct kvm *kvm, int i)
{
	return (struct kvm_vcpu ****)&kvm->tail[i >> kvm->vcpus.shift >> kvm->vcpus.mid_shift];
}

/* In the middle chunk that vCPU i belongs to: where its chunk stands. */
static inline struct kvm_vcpu ***kvm_chunk_in(struct kvm *kvm, struct kvm_vcpu ***middle, int i)
{
	return &middle[i >> kvm->vcpus.shift & ((1 << kvm->vcpus.mid_shift) - 1)];
}

static inline struct kvm_vcpu **kvm_slot(struct kvm *kvm, int i)
{
	struct kvm_vcpu ***middle = READ_ONCE(*kvm_middle(kvm, i));
	struct kvm_vcpu **chunk = READ_ONCE(*kvm_chunk_in(kvm, middle, i));

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
	kvm->vcpus.mid_shift = (unsigned int)__builtin_ctz(kvm->params.middle);
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	int chunk = 1 << kvm->vcpus.shift, middle = chunk << kvm->vcpus.mid_shift;

	for (int m = 0; m < KVM_MAX_VCPUS && *kvm_middle(kvm, m); m += middle) {
		for (int i = m; i < m + middle; i += chunk)
			kfree(*kvm_chunk_in(kvm, *kvm_middle(kvm, m), i));
		kfree(*kvm_middle(kvm, m));
	}
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	kfree(ins->fresh);
	kfree(ins->fresh_mid);
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	struct kvm_vcpu ***middle;

	*ins = (struct kvm_table_insert){.vcpu = vcpu, .index = atomic_read(&kvm->online_vcpus)};
	middle = *kvm_middle(kvm, ins->index);
	if (middle && *kvm_chunk_in(kvm, middle, ins->index))
		return 0;
	ins->fresh = kcalloc(1u << kvm->vcpus.shift, sizeof(*ins->fresh), GFP_KERNEL);
	if (!middle)
		ins->fresh_mid =
			kcalloc(1u << kvm->vcpus.mid_shift, sizeof(*ins->fresh_mid), GFP_KERNEL);
	if (!ins->fresh || (!middle && !ins->fresh_mid)) {
		kvm_table_cancel(kvm, ins);
		return -ENOMEM;
	}
	return 0;
}

static inline void kvm_slot_store(struct kvm *kvm, struct kvm_table_insert *ins)
{
	struct kvm_vcpu ****middle = kvm_middle(kvm, ins->index);

	if (ins->fresh_mid)
		WRITE_ONCE(*middle, ins->fresh_mid);
	if (ins->fresh)
		WRITE_ONCE(*kvm_chunk_in(kvm, *middle, ins->index), ins->fresh);
	*kvm_slot(kvm, ins->index) = ins->vcpu;
}

#include "stable.h"

#endif
