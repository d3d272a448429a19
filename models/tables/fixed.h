/*
 * fixed: an array of KVM_MAX_VCPUS pointers inside struct kvm. What KVM had in 2017.
 *
 *	struct kvm
 *	  vcpus.slot  [ 0 | 1 | 2 | . | . | . ...      KVM_MAX_VCPUS ]   32 KiB, whatever is used
 *	                          ^
 *	  online_vcpus = 3 -------+
 *
 * Ordering
 *  O1  A slot is written before online_vcpus counts it (write barrier), and online_vcpus is read
 *      before the slot (read barrier): whoever sees the count sees the vCPU.
 *  O2  A walk goes up from 0 and looks at online_vcpus at every step: each vCPU that was counted
 *      when it began is visited once, newer ones may be.
 *  O3  An index at or above online_vcpus gives NULL, never what a slot happens to hold.
 * Lifetime
 *  L1  Slots are written once and never move. Readers need no section and may sleep.
 * Progress
 *  P1  Readers: no loops, no locks, no writes.
 *  P2  The updater allocates nothing and waits for nobody.
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

/* -- readers -------------------------------------------------------------------------------- */

/* i has been seen below online_vcpus */
static inline struct kvm_vcpu *kvm_online_vcpu(struct kvm *kvm, int i)
{
	smp_rmb(); /* pairs with smp_wmb() in kvm_table_insert() */
	return kvm->vcpus.slot[i];
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
	(void)kvm;
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	ins->vcpu = vcpu;
	ins->index = atomic_read(&kvm->online_vcpus);
	return 0;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	(void)ins;
}

static inline void kvm_table_insert(struct kvm *kvm, struct kvm_table_insert *ins)
{
	kvm->vcpus.slot[ins->index] = ins->vcpu;
	smp_wmb(); /* the slot before the count: O1 */
	atomic_inc(&kvm->online_vcpus);
}

static inline void kvm_table_settle(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	(void)ins;
}

#endif
