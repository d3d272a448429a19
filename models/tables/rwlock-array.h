/*
 * rwlock-array: an array behind a spinning reader-writer lock, doubled when it is full. What RCU is
 * to be compared with.
 *
 *	struct kvm
 *	  vcpus.guard.lock
 *	  vcpus.array ----> { online = 3, room = 4 | 0 | 1 | 2 | . }
 *
 * Ordering O1 - O4 and lifetime L1, L2: array.h, a reader being a hold of it for reading.
 *  O5  A walk holds the lock from its begin to its end: it sees no newer vCPU, and its body does
 *      not sleep.
 *  L3  A vCPU that was found is good until the lock is let go, so that it may be taken out and
 *      freed.
 * Progress
 *  P1  Readers: an atomic each at begin and end, on one line that all of them share.
 *  P2  A create waits for the readers there are, and keeps out new ones meanwhile.
 */
#ifndef VS_TABLE_RWLOCK_ARRAY_H
#define VS_TABLE_RWLOCK_ARRAY_H

#include <linux/spinlock.h>

#define KVM_ARRAY_ROOM(kvm, n) KVM_ARRAY_DOUBLED(n)

struct kvm_vcpus_guard {
	rwlock_t lock;
};

#include "array.h"

static inline int guard_init(struct kvm *kvm)
{
	rwlock_init(&kvm->vcpus.guard.lock);
	return 0;
}

static inline int guard_enter(struct kvm *kvm)
{
	read_lock(&kvm->vcpus.guard.lock);
	return 0;
}

static inline void guard_leave(struct kvm *kvm, int cookie)
{
	(void)cookie;
	read_unlock(&kvm->vcpus.guard.lock);
}

static inline void guard_update_begin(struct kvm *kvm, bool replaced)
{
	(void)replaced;
	write_lock(&kvm->vcpus.guard.lock);
}

static inline void guard_update_end(struct kvm *kvm, bool replaced)
{
	(void)replaced;
	write_unlock(&kvm->vcpus.guard.lock);
}

#include "locked.h"

#endif
