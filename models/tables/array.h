/*
 * array: what tables share whose vCPUs stand in one array that is replaced by a longer one when it
 * is full. How readers are kept from an array that is gone - RCU, SRCU, a lock, being stopped - is
 * the table's: its `guard`. Included by the table, which has defined before
 *
 *	struct kvm_vcpus_guard              state of the guard, in struct kvm
 *	KVM_ARRAY_ROOM(kvm, n)              length of an array that is to hold n vCPUs; n = 0 at the
 *	                                    VM's birth
 *	KVM_ARRAY_DEFER                     if defined, old arrays are freed by an RCU callback
 *	KVM_ARRAY_WALK_INDEX                if defined, a walk is one reader per step, and its body
 *	                                    outside of them; else kvm_vcpus_read_lock() is the
 *	                                    reader
 *
 * and defines after it, or before as macros,
 *
 *	int  guard_init(kvm); void guard_exit(kvm)
 *	int  guard_enter(kvm); void guard_leave(kvm, cookie)     a reader
 *	void guard_update_begin(kvm, replaced), guard_update_end(kvm, replaced)
 *	                              around each change; replaced: the array is, not only
 *	                              lengthened
 *	void guard_quiesce(kvm)       returns when no reader of before the last change is left
 *
 *	struct kvm
 *	  vcpus.array ----> { online = 3, room = 4 | 0 | 1 | 2 | . }
 *	        :
 *	        : readers that came before      { online = 2, room = 2 | 0 | 1 }    freed when they
 *	                                                                    left
 *
 * Ordering
 *  O1  An array is complete, its new vCPU included, before it is published (release), and readers
 *      reach it through the pointer only. Where there is room, the slot is written before `online`
 *      counts it, and read after: array and count always fit each other.
 *  O2  A walk goes up from 0: each vCPU in the array when it began is visited once, newer ones may
 *      be.
 *  O3  An index at or above the array's count gives NULL.
 *  O4  online_vcpus counts a vCPU when its create has settled. Nothing here reads it.
 * Lifetime
 *  L1  An array is read by readers only, and freed only when all are gone that were there when the
 *      next had replaced it.
 *  L2  A reserve that is cancelled frees the array it made.
 */
#ifndef VS_TABLE_ARRAY_H
#define VS_TABLE_ARRAY_H

#include <linux/kvm_types.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

/* KVM_ARRAY_ROOM for twice as long whenever it is full */
#define KVM_ARRAY_DOUBLED(n) ((n) < 2 ? 1 : 2u << (31 - __builtin_clz((n)-1)))

struct kvm_vcpu_array {
#ifdef KVM_ARRAY_DEFER
	struct rcu_head rcu; /* first, for kfree_rcu() */
#endif
	u32 online;
	u32 room; /* never changes */
	struct kvm_vcpu *slot[];
};

struct kvm_vcpus {
	struct kvm_vcpu_array __rcu *array;
	struct kvm_vcpus_guard guard;
};

#include <linux/kvm_host.h>

struct kvm_table_insert {
	struct kvm_vcpu *vcpu;
	int index;
	struct kvm_vcpu_array *old;   /* the one there was; freed by settle if it was replaced */
	struct kvm_vcpu_array *fresh; /* owned until inserted; NULL: `old` stays */
};

static inline int guard_init(struct kvm *kvm);
static inline void guard_exit(struct kvm *kvm);
static inline int guard_enter(struct kvm *kvm);
static inline void guard_leave(struct kvm *kvm, int cookie);
static inline void guard_update_begin(struct kvm *kvm, bool replaced);
static inline void guard_update_end(struct kvm *kvm, bool replaced);
static inline void guard_quiesce(struct kvm *kvm);

/* -- readers -------------------------------------------------------------------------------- */

/* By a reader: vCPU i of the array, or NULL. */
static inline struct kvm_vcpu *kvm_array_get(const struct kvm_vcpu_array *array, int i)
{
	if (i < 0 || (u32)i >= READ_ONCE(array->online))
		return NULL;
	smp_rmb(); /* pairs with smp_wmb() in kvm_table_insert() */
	return array->slot[i];
}

#define kvm_for_each_vcpu_brief(i, vcpup, kvm)                                                     \
	for (struct kvm_vcpu_array *__array = ((i) = 0, rcu_dereference((kvm)->vcpus.array));      \
	     ((vcpup) = kvm_array_get(__array, (i))) != NULL; (i)++)

#ifdef KVM_ARRAY_WALK_INDEX
static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	int cookie = guard_enter(kvm);
	struct kvm_vcpu *vcpu = kvm_array_get(rcu_dereference(kvm->vcpus.array), i);

	guard_leave(kvm, cookie);
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

#define kvm_brief_lock(kvm) guard_enter(kvm)
#define kvm_brief_unlock(kvm, cookie) guard_leave((kvm), (cookie))

#define KVM_TABLE_NO_UNPLUG                                                                        \
	"the body of a walk holds no section, so nobody knows when it has let go of a vCPU"
#else
static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	return kvm_array_get(rcu_dereference(kvm->vcpus.array), i);
}

static inline int kvm_vcpus_read_lock(struct kvm *kvm)
{
	return guard_enter(kvm);
}

static inline void kvm_vcpus_read_unlock(struct kvm *kvm, int cookie)
{
	guard_leave(kvm, cookie);
}

#define kvm_for_each_vcpu kvm_for_each_vcpu_brief
#define kvm_brief_lock(kvm) 0
#define kvm_brief_unlock(kvm, cookie) ((void)(cookie))
#endif

#include "by-id.h"

/* -- updates -------------------------------------------------------------------------------- */

static inline struct kvm_vcpu_array *kvm_array_alloc(struct kvm *kvm, u32 online)
{
	u32 room = KVM_ARRAY_ROOM(kvm, online);
	struct kvm_vcpu_array *array;

	array = kvzalloc(sizeof(*array) + room * sizeof(array->slot[0]), GFP_KERNEL);
	if (array) {
		array->online = online;
		array->room = room;
	}
	(void)kvm;
	return array;
}

static inline struct kvm_vcpu_array *kvm_array_now(struct kvm *kvm)
{
	return rcu_dereference_protected(kvm->vcpus.array, lockdep_is_held(&kvm->lock));
}

static inline int kvm_table_init(struct kvm *kvm)
{
	struct kvm_vcpu_array *array = kvm_array_alloc(kvm, 0);
	int err;

	if (!array)
		return -ENOMEM;
	err = guard_init(kvm);
	if (err) {
		kvfree(array);
		return err;
	}
	rcu_assign_pointer(kvm->vcpus.array, array);
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
#ifdef KVM_ARRAY_DEFER
	rcu_barrier();
#endif
	guard_exit(kvm);
	kvfree(rcu_dereference_protected(kvm->vcpus.array, 1));
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	struct kvm_vcpu_array *old = kvm_array_now(kvm), *fresh;

	*ins = (struct kvm_table_insert){.vcpu = vcpu, .index = (int)old->online, .old = old};
	if (old->online < old->room)
		return 0;
	fresh = kvm_array_alloc(kvm, old->online + 1);
	if (!fresh)
		return -ENOMEM;
	memcpy(fresh->slot, old->slot, old->online * sizeof(old->slot[0]));
	ins->fresh = fresh;
	return 0;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	kvfree(ins->fresh);
}

static inline void kvm_table_insert(struct kvm *kvm, struct kvm_table_insert *ins)
{
	guard_update_begin(kvm, ins->fresh);
	if (ins->fresh) {
		ins->fresh->slot[ins->index] = ins->vcpu;
		rcu_assign_pointer(kvm->vcpus.array, ins->fresh);
	} else {
		ins->old->slot[ins->index] = ins->vcpu;
		smp_wmb(); /* the slot before the count: O1 */
		WRITE_ONCE(ins->old->online, (u32)ins->index + 1);
	}
	guard_update_end(kvm, ins->fresh);
}

static inline void kvm_table_settle(struct kvm *kvm, struct kvm_table_insert *ins)
{
	if (ins->fresh) {
#ifdef KVM_ARRAY_DEFER
		kfree_rcu(ins->old, rcu);
#else
		guard_quiesce(kvm);
		kvfree(ins->old);
#endif
	}
	atomic_inc(&kvm->online_vcpus);
}

#ifndef KVM_TABLE_NO_UNPLUG
/*
 * Taking out the last one leaves the array as it is: its count is lowered, and the slot keeps the
 * pointer for readers who have seen the count of before.
 */
static inline void kvm_table_remove(struct kvm *kvm, struct kvm_table_insert *ins)
{
	struct kvm_vcpu_array *array = kvm_array_now(kvm);

	guard_update_begin(kvm, true);
	WRITE_ONCE(array->online, (u32)ins->index);
	atomic_dec(&kvm->online_vcpus);
	guard_update_end(kvm, true);
}

/* No reader is left who has it. */
static inline void kvm_table_removed(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)ins;
	guard_quiesce(kvm);
}
#endif

#endif
