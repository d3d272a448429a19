/*
 * srcu-array: an array behind an SRCU-protected pointer, replaced by one longer by one at every
 * create. Readers may sleep in the middle of a walk.
 *
 *	struct kvm
 *	  vcpus.guard.srcu  a domain of the table's own
 *	  vcpus.array ----> { online = 3 | 0 | 1 | 2 }
 *	        :
 *	        : a walk that began before      { online = 2 | 0 | 1 }    freed after a grace period
 *
 * Ordering O1 - O4 and lifetime L1, L2: array.h, a reader being an SRCU section of that domain, one
 * for the whole of a walk.
 *  O5  A walk looks the pointer up once and goes through that array.
 *  L3  A vCPU that was found is good until the section's end, so that it may be taken out and freed
 *      after a grace period. The caller of create and unplug is in no such section.
 * Progress
 *  P1  Readers: no locks; two counts in memory of their CPU and two full barriers per section.
 *  P2  Every create copies the whole array and waits a grace period, after dropping the lock: for
 *      sleepers in a walk too. So does an unplug, without the copy.
 */
#ifndef VS_TABLE_SRCU_ARRAY_H
#define VS_TABLE_SRCU_ARRAY_H

#include <linux/srcu.h>

#define KVM_ARRAY_ROOM(kvm, n) (n)

struct kvm_vcpus_guard {
	struct srcu_struct srcu;
};

#include "array.h"

static inline int guard_init(struct kvm *kvm)
{
	return init_srcu_struct(&kvm->vcpus.guard.srcu);
}

static inline void guard_exit(struct kvm *kvm)
{
	cleanup_srcu_struct(&kvm->vcpus.guard.srcu);
}

static inline int guard_enter(struct kvm *kvm)
{
	return srcu_read_lock(&kvm->vcpus.guard.srcu);
}

static inline void guard_leave(struct kvm *kvm, int cookie)
{
	srcu_read_unlock(&kvm->vcpus.guard.srcu, cookie);
}

#include "lockless.h"

static inline void guard_quiesce(struct kvm *kvm)
{
	synchronize_srcu(&kvm->vcpus.guard.srcu);
}

#endif
