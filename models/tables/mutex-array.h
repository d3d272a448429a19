/*
 * mutex-array: an array behind a mutex, doubled when it is full. What RCU is to be compared with.
 *
 *	struct kvm
 *	  vcpus.guard.lock
 *	  vcpus.array ----> { online = 3, room = 4 | 0 | 1 | 2 | . }
 *
 * Ordering O1 - O4 and lifetime L1, L2: array.h, a reader being a hold of it.
 *  O5  A walk holds the mutex from its begin to its end: it sees no newer vCPU. Its body may sleep.
 *  L3  A vCPU that was found is good until the lock is let go, so that it may be taken out and
 *      freed.
 * Progress
 *  P1  Readers: one at a time; others sleep meanwhile.
 *  P2  A create waits for the readers that queued before it.
 */
#ifndef VS_TABLE_MUTEX_ARRAY_H
#define VS_TABLE_MUTEX_ARRAY_H

#include <linux/mutex.h>

#define KVM_ARRAY_ROOM(kvm, n) KVM_ARRAY_DOUBLED(n)

struct kvm_vcpus_guard {
	struct mutex lock;
};

#include "array.h"

static inline int guard_init(struct kvm *kvm)
{
	mutex_init(&kvm->vcpus.guard.lock);
	return 0;
}

static inline int guard_enter(struct kvm *kvm)
{
	mutex_lock(&kvm->vcpus.guard.lock);
	return 0;
}

static inline void guard_leave(struct kvm *kvm, int cookie)
{
	(void)cookie;
	mutex_unlock(&kvm->vcpus.guard.lock);
}

static inline void guard_update_begin(struct kvm *kvm, bool replaced)
{
	(void)replaced;
	mutex_lock(&kvm->vcpus.guard.lock);
}

static inline void guard_update_end(struct kvm *kvm, bool replaced)
{
	(void)replaced;
	mutex_unlock(&kvm->vcpus.guard.lock);
}

#include "locked.h"

#endif
