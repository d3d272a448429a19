/*
 * chunked: pointers in chunks of 32, allocated when the first of them is needed.
 *
 *	struct kvm
 *	  vcpus.chunk [ * | * | NULL ... ]       one word per 32 vCPUs
 *	                |   |
 *	                |   +--> [ 32 | 33 | . ... ]      online_vcpus = 34
 *	                +------> [ 0 | 1 | ... | 31 ]     256 bytes each
 *
 * Ordering
 *  O1  A slot, and the chunk that holds it, are written before online_vcpus counts it (write
 *      barrier), and online_vcpus is read before them (read barrier): whoever sees the count finds
 *      chunk and vCPU.
 *  O2  A walk goes up from 0 and looks at online_vcpus at every step: each vCPU that was counted
 *      when it began is visited once, newer ones may be.
 *  O3  An index at or above online_vcpus gives NULL.
 * Lifetime
 *  L1  Chunks and slots never move and are freed only with the VM. Readers need no section and may
 *      sleep.
 *  L2  A reserve that is cancelled frees the chunk it allocated.
 * Progress
 *  P1  Readers: no loops, no locks, no writes; one more load than `fixed`.
 *  P2  The updater waits for nobody. One insert in 32 allocates.
 */
#ifndef VS_TABLE_CHUNKED_H
#define VS_TABLE_CHUNKED_H

#include <linux/kernel.h>
#include <linux/kvm_types.h>

#define KVM_VCPUS_PER_CHUNK 32

struct kvm_vcpu_chunk {
	struct kvm_vcpu *slot[KVM_VCPUS_PER_CHUNK];
};

struct kvm_vcpus {
	struct kvm_vcpu_chunk *chunk[DIV_ROUND_UP(KVM_MAX_VCPUS, KVM_VCPUS_PER_CHUNK)];
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu_chunk *fresh; /* owned until inserted; NULL: the chunk is there already */
};

/* -- readers -------------------------------------------------------------------------------- */

/* i has been seen below online_vcpus */
static inline struct kvm_vcpu *kvm_online_vcpu(struct kvm *kvm, int i)
{
	struct kvm_vcpu_chunk *chunk;

	smp_rmb(); /* pairs with smp_wmb() in kvm_table_insert() */
	chunk = READ_ONCE(kvm->vcpus.chunk[i / KVM_VCPUS_PER_CHUNK]);
	return chunk->slot[i % KVM_VCPUS_PER_CHUNK];
}

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	if (i < 0 || i >= atomic_read(&kvm->online_vcpus))
		return NULL;
	return kvm_online_vcpu(kvm, i);
}

static inline int kvm_vcpus_read_lock(struct kvm *kvm)
{
	(void)kvm;
	return 0;
}

static inline void kvm_vcpus_read_unlock(struct kvm *kvm, int cookie)
{
	(void)kvm;
	(void)cookie;
}

#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for ((i) = 0; (i) < atomic_read(&(kvm)->online_vcpus) &&                                   \
		      ((vcpup) = kvm_online_vcpu((kvm), (i))) != NULL;                             \
	     (i)++)

static inline struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, id);
	int i;

	if (vcpu && vcpu->vcpu_id == id)
		return vcpu;
	kvm_for_each_vcpu (i, vcpu, kvm)
		if (vcpu->vcpu_id == id)
			return vcpu;
	return NULL;
}

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	(void)kvm; /* zeroed with struct kvm */
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	for (size_t c = 0; c < ARRAY_SIZE(kvm->vcpus.chunk) && kvm->vcpus.chunk[c]; c++)
		kfree(kvm->vcpus.chunk[c]);
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	ins->vcpu = vcpu;
	ins->index = atomic_read(&kvm->online_vcpus);
	ins->fresh = NULL;
	if (kvm->vcpus.chunk[ins->index / KVM_VCPUS_PER_CHUNK])
		return 0;
	ins->fresh = kzalloc(sizeof(*ins->fresh), GFP_KERNEL);
	return ins->fresh ? 0 : -ENOMEM;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	kfree(ins->fresh);
}

static inline void kvm_table_insert(struct kvm *kvm, struct kvm_table_insert *ins)
{
	struct kvm_vcpu_chunk **chunk = &kvm->vcpus.chunk[ins->index / KVM_VCPUS_PER_CHUNK];

	if (ins->fresh)
		WRITE_ONCE(*chunk, ins->fresh);
	(*chunk)->slot[ins->index % KVM_VCPUS_PER_CHUNK] = ins->vcpu;
	smp_wmb(); /* chunk and slot before the count: O1 */
	atomic_inc(&kvm->online_vcpus);
}

static inline void kvm_table_settle(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	(void)ins;
}

#endif
