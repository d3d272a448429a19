/*
 * stable: what tables share whose slots never move and are freed only with the VM. Included last by
 * the table, which has defined before
 *
 *	kvm_slot_load(kvm, i)        vCPU i, which is counted
 *	kvm_slot_store(kvm, ins)     puts ins->vcpu where it belongs and makes memory that the
 *	                             reserve has allocated reachable
 *
 * and the update side but for insert and settle. A walk of its own, quicker than an index per step,
 * goes by the name kvm_for_each_vcpu.
 *
 * Ordering
 *  O1  A slot, and the memory that it is in, are written before online_vcpus counts it (write
 *      barrier), and online_vcpus is read before them (read barrier): whoever sees the count finds
 *      the vCPU.
 *  O2  A walk goes up from 0 and looks at online_vcpus at every step: each vCPU that was counted
 *      when it began is visited once, newer ones may be.
 *  O3  An index at or above online_vcpus gives NULL, never what a slot happens to hold.
 * Lifetime
 *  L1  Slots are written once and never move. Readers need no section and may sleep.
 *  L2  A reserve that is cancelled leaves everything as it was.
 * Progress
 *  P1  Readers: no locks, no writes.
 *  P2  The updater waits for nobody.
 */
#ifndef VS_TABLE_STABLE_H
#define VS_TABLE_STABLE_H

/* L1 has a price: nobody knows when the last reader of a vCPU is done. */
#define KVM_TABLE_NO_UNPLUG                                                                        \
	"its readers hold no section, so nobody knows when the last one has let go of a vCPU"

/* -- readers -------------------------------------------------------------------------------- */

/* i has been seen below online_vcpus */
static inline struct kvm_vcpu *kvm_online_vcpu(struct kvm *kvm, int i)
{
	smp_rmb(); /* pairs with smp_wmb() in kvm_table_insert() */
	return kvm_slot_load(kvm, i);
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

#ifndef kvm_for_each_vcpu
#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for ((i) = 0; (i) < atomic_read(&(kvm)->online_vcpus) &&                                   \
		      ((vcpup) = kvm_online_vcpu((kvm), (i))) != NULL;                             \
	     (i)++)
#endif

#include "by-id.h"

/* -- updates -------------------------------------------------------------------------------- */

static inline void kvm_table_insert(struct kvm *kvm, struct kvm_table_insert *ins)
{
	kvm_slot_store(kvm, ins);
	smp_wmb(); /* the slot before the count: O1 */
	atomic_inc(&kvm->online_vcpus);
}

static inline void kvm_table_settle(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	(void)ins;
}

#endif
