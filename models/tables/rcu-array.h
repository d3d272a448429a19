/*
 * rcu-array: an array behind an RCU-protected pointer, replaced by one longer by one at every
 * create. Option 2 of the 2017 discussion, as its patch had it; variants define what differs.
 *
 *	struct kvm
 *	  vcpus.array ----> { online = 3 | 0 | 1 | 2 }
 *	        :
 *	        : readers that came before      { online = 2 | 0 | 1 }    freed after a grace period
 *
 * Ordering O1 - O4 and lifetime L1, L2: array.h, a reader being an RCU section: one per step of a
 * walk, so that its body may sleep.
 *  L3  vCPUs, unlike arrays, live as long as the VM.
 * Progress
 *  P1  Readers: no locks, no writes of shared memory.
 *  P2  Every create copies the whole array and waits a grace period, after dropping the lock.
 */
#ifndef VS_TABLE_RCU_ARRAY_H
#define VS_TABLE_RCU_ARRAY_H

#ifndef KVM_ARRAY_WALK_SECTION
#define KVM_ARRAY_WALK_INDEX
#endif
#ifndef KVM_ARRAY_WAIT
#define KVM_ARRAY_WAIT() synchronize_rcu()
#endif
#ifndef KVM_ARRAY_ROOM
#define KVM_ARRAY_ROOM(kvm, n) (n)
#endif

struct kvm_vcpus_guard {
};

#include "array.h"

static inline int guard_init(struct kvm *kvm)
{
	(void)kvm;
	return 0;
}

static inline void guard_exit(struct kvm *kvm)
{
	(void)kvm;
}

static inline int guard_enter(struct kvm *kvm)
{
	(void)kvm;
	rcu_read_lock();
	return 0;
}

static inline void guard_leave(struct kvm *kvm, int cookie)
{
	(void)kvm;
	(void)cookie;
	rcu_read_unlock();
}

#include "lockless.h"

static inline void guard_quiesce(struct kvm *kvm)
{
	(void)kvm;
	KVM_ARRAY_WAIT();
}

#endif
