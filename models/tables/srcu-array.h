/*
 * srcu-array: an array behind an SRCU-protected pointer, replaced by one longer by one at every
 * create. Readers may sleep in the middle of a walk.
 *
 *	struct kvm
 *	  vcpus.srcu        a domain of the table's own
 *	  vcpus.array ----> { online = 3 | 0 | 1 | 2 }
 *	        :
 *	        : a walk that began before      { online = 2 | 0 | 1 }    freed after a grace period
 *
 * Ordering
 *  O1  An array is complete, its new vCPU included, before it is published (release), and readers
 *      reach it through the pointer only: array and count always fit each other.
 *  O2  A walk looks the pointer up once and goes through that array from 0: it visits exactly the
 *      vCPUs that were in it, each once.
 *  O3  An index at or above the array's count gives NULL.
 *  O4  online_vcpus counts a vCPU only after the grace period. Nothing here reads it.
 * Lifetime
 *  L1  An array is read only inside an SRCU section of vcpus.srcu (kvm_vcpus_read_lock() for a
 *      walk) and freed only after a grace period of it that began when the next had replaced it.
 *      The caller of create is in no such section.
 *  L2  A reserve that is cancelled frees the array it made.
 * Progress
 *  P1  Readers: no locks; two counts in memory of their CPU and two full barriers per section.
 *  P2  Every create copies the whole array and waits a grace period, after dropping the lock: for
 *      sleepers in a walk too.
 */
#ifndef VS_TABLE_SRCU_ARRAY_H
#define VS_TABLE_SRCU_ARRAY_H

#include <linux/kvm_types.h>
#include <linux/srcu.h>
#include <linux/string.h>

struct kvm_vcpu_array {
	u32 online;
	struct kvm_vcpu *slot[];
};

struct kvm_vcpus {
	struct kvm_vcpu_array __rcu *array;
	struct srcu_struct srcu;
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu_array *old;   /* freed by settle */
	struct kvm_vcpu_array *fresh; /* owned until inserted */
};

/* -- readers -------------------------------------------------------------------------------- */

static inline int kvm_vcpus_read_lock(struct kvm *kvm)
{
	return srcu_read_lock(&kvm->vcpus.srcu);
}

static inline void kvm_vcpus_read_unlock(struct kvm *kvm, int cookie)
{
	srcu_read_unlock(&kvm->vcpus.srcu, cookie);
}

static inline struct kvm_vcpu_array *kvm_vcpus_deref(struct kvm *kvm)
{
	return srcu_dereference(kvm->vcpus.array, &kvm->vcpus.srcu);
}

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	struct kvm_vcpu *vcpu = NULL;
	struct kvm_vcpu_array *array;
	int cookie = kvm_vcpus_read_lock(kvm);

	array = kvm_vcpus_deref(kvm);
	if (i >= 0 && (u32)i < array->online)
		vcpu = array->slot[i];
	kvm_vcpus_read_unlock(kvm, cookie);
	return vcpu;
}

#define kvm_for_each_vcpu(i, vcpup, kvm)                                                           \
	for (struct kvm_vcpu_array *__array = ((i) = 0, kvm_vcpus_deref(kvm));                     \
	     (u32)(i) < __array->online && ((vcpup) = __array->slot[i]) != NULL; (i)++)

static inline struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, id), *found = NULL;
	int i, cookie;

	if (vcpu && vcpu->vcpu_id == id)
		return vcpu;
	cookie = kvm_vcpus_read_lock(kvm);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		if (vcpu->vcpu_id == id) {
			found = vcpu;
			break;
		}
	}
	kvm_vcpus_read_unlock(kvm, cookie);
	return found;
}

/* -- updates -------------------------------------------------------------------------------- */

static inline int kvm_table_init(struct kvm *kvm)
{
	struct kvm_vcpu_array *array = kvzalloc(sizeof(*array), GFP_KERNEL);
	int err;

	if (!array)
		return -ENOMEM;
	err = init_srcu_struct(&kvm->vcpus.srcu);
	if (err) {
		kvfree(array);
		return err;
	}
	rcu_assign_pointer(kvm->vcpus.array, array);
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	cleanup_srcu_struct(&kvm->vcpus.srcu);
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
	synchronize_srcu(&kvm->vcpus.srcu);
	kvfree(ins->old);
	atomic_inc(&kvm->online_vcpus);
}

#endif
