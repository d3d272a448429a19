/*
 * rcu-array: an array behind an RCU-protected pointer, replaced by one longer by one at every
 * create. Option 2 of the 2017 discussion, as its patch had it.
 *
 *	struct kvm
 *	  vcpus.array ----> { online = 3 | 0 | 1 | 2 }
 *	        :
 *	        : readers that came before      { online = 2 | 0 | 1 }    freed after a grace period
 *
 * Ordering
 *  O1  An array is complete, its new vCPU included, before it is published (release), and readers
 *      reach it through the pointer only: array and count always fit each other.
 *  O2  A walk goes up from 0 and looks the pointer up at every step; arrays only grow, and keep
 *      what they had in its place: each vCPU in the array when it began is visited once, newer
 *      ones may be.
 *  O3  An index at or above the array's count gives NULL.
 *  O4  online_vcpus counts a vCPU only after the grace period. Nothing here reads it.
 * Lifetime
 *  L1  An array is read only inside an RCU section and freed only after a grace period that began
 *      when the next had replaced it. The body of a walk is outside the sections and may sleep:
 *      vCPUs, unlike arrays, live as long as the VM.
 *  L2  A reserve that is cancelled frees the array it made.
 * Progress
 *  P1  Readers: no locks, no writes of shared memory; a section per step of a walk.
 *  P2  Every create copies the whole array and waits a grace period, after dropping the lock.
 */
#ifndef VS_TABLE_RCU_ARRAY_H
#define VS_TABLE_RCU_ARRAY_H

#include <linux/kvm_types.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

struct kvm_vcpu_array {
	u32 online;
	struct kvm_vcpu *slot[];
};

struct kvm_vcpus {
	struct kvm_vcpu_array __rcu *array;
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu_array *old;   /* freed by settle */
	struct kvm_vcpu_array *fresh; /* owned until inserted */
};

/* -- readers -------------------------------------------------------------------------------- */

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	struct kvm_vcpu *vcpu = NULL;
	struct kvm_vcpu_array *array;

	rcu_read_lock();
	array = rcu_dereference(kvm->vcpus.array);
	if (i >= 0 && (u32)i < array->online)
		vcpu = array->slot[i];
	rcu_read_unlock();
	return vcpu;
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
	for ((i) = 0; ((vcpup) = kvm_get_vcpu((kvm), (i))) != NULL; (i)++)

/* For bodies that don't sleep: the caller is in an RCU section, which covers the whole walk. */
#define kvm_for_each_vcpu_rcu(i, vcpup, arr, kvm)                                                  \
	for ((arr) = rcu_dereference((kvm)->vcpus.array), (i) = 0;                                 \
	     (u32)(i) < (arr)->online && ((vcpup) = (arr)->slot[i]) != NULL; (i)++)

static inline struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, id), *found = NULL;
	struct kvm_vcpu_array *array;
	int i;

	if (vcpu && vcpu->vcpu_id == id)
		return vcpu;
	rcu_read_lock();
	kvm_for_each_vcpu_rcu(i, vcpu, array, kvm)
	{
		if (vcpu->vcpu_id == id) {
			found = vcpu;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	struct kvm_vcpu_array *array = kvzalloc(sizeof(*array), GFP_KERNEL);

	if (!array)
		return -ENOMEM;
	rcu_assign_pointer(kvm->vcpus.array, array);
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	kvfree(rcu_dereference_protected(kvm->vcpus.array, 1));
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	struct kvm_vcpu_array *old, *fresh;

	old = rcu_dereference_protected(kvm->vcpus.array, lockdep_is_held(&kvm->lock));
	fresh = kvzalloc(sizeof(*fresh) + (old->online + 1) * sizeof(fresh->slot[0]), GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	memcpy(fresh->slot, old->slot, old->online * sizeof(old->slot[0]));
	fresh->online = old->online + 1;
	*ins = (struct kvm_table_insert){
		.vcpu = vcpu, .index = (int)old->online, .old = old, .fresh = fresh};
	return 0;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	kvfree(ins->fresh);
}

static inline void kvm_table_insert(struct kvm *kvm, struct kvm_table_insert *ins)
{
	ins->fresh->slot[ins->index] = ins->vcpu;
	rcu_assign_pointer(kvm->vcpus.array, ins->fresh);
}

static inline void kvm_table_settle(struct kvm *kvm, struct kvm_table_insert *ins)
{
	synchronize_rcu();
	kvfree(ins->old);
	atomic_inc(&kvm->online_vcpus);
}

#endif
