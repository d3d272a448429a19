/*
 * move-request: an array that doubles when it is full, while every vCPU stands still: the "vCPU
 * move" request that was proposed in review. Ask all vCPUs to stop, grow, let them go.
 *
 *	struct kvm
 *	  vcpus.guard  { lock, moving, to_stop, stopped }
 *	  vcpus.array ----> { online = 3, room = 4 | 0 | 1 | 2 | . }
 *
 * A vCPU has stopped when its own thread is where it reads nothing and has seen the request: before
 * it enters the guest, asleep in a HLT, or on its way into or out of KVM_RUN. One that is in guest
 * mode or asleep is kicked, to come there; one that handles an exit, or waits for a CPU, comes
 * there in its own time. Whoever clears the request's bit counts the vCPU as stopped: its thread,
 * or the mover if nobody runs it.
 *
 * Readers that are no vCPU threads (ioctls of the VM, kernel threads) get no requests and cannot be
 * stopped. They hold a lock for reading instead, which the mover takes once the vCPUs stand.
 *
 * Ordering O1 - O4 and lifetime L1, L2: array.h, a reader being a vCPU's thread between two places
 * where it can stop, or a hold of the lock.
 *  L3  A vCPU that was found is good until the section's end, so that it may be taken out and
 *      freed: for that, too, all vCPUs are stopped.
 * Progress
 *  P1  vCPU threads read as a fixed array is read, one load more. Others pay an atomic at begin and
 *      end on one line, and the bodies of their walks do not sleep.
 *  P2  A create that finds the array full waits until every vCPU has stopped: as long as the
 *      slowest takes to leave the guest, be given a CPU and finish its exit. Others wait for
 *      nobody.
 *  P3  A vCPU that has stopped runs again when all have, and the array is published.
 */
#ifndef VS_TABLE_MOVE_REQUEST_H
#define VS_TABLE_MOVE_REQUEST_H

#include <linux/completion.h>
#include <linux/kvm_running.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/swait.h>

#define KVM_TABLE_PARAMS(P) P(room, 1, 1, 4096, 0, "vCPUs there is room for from the start")
#define KVM_TABLE_STOPS_VCPUS

#define KVM_ARRAY_ROOM(kvm, n)                                                                     \
	((n) <= (kvm)->params.room ? (kvm)->params.room : KVM_ARRAY_DOUBLED(n))

struct kvm_vcpus_guard {
	rwlock_t lock; /* for readers that are no vCPU threads */
	bool moving;
	atomic_t to_stop ____cacheline_aligned; /* vCPUs, and the mover while it is asking */
	struct completion stopped;
};

#include "array.h"

static inline int guard_init(struct kvm *kvm)
{
	rwlock_init(&kvm->vcpus.guard.lock);
	return 0;
}

/* -- readers -------------------------------------------------------------------------------- */

/* Returns whether the lock is held. */
static inline int guard_enter(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu = kvm_get_running_vcpu();

	if (vcpu && vcpu->kvm == kvm)
		return false;
	read_lock(&kvm->vcpus.guard.lock);
	return true;
}

static inline void guard_leave(struct kvm *kvm, int locked)
{
	if (locked)
		read_unlock(&kvm->vcpus.guard.lock);
}

/* -- vCPUs that stop -------------------------------------------------------------------------- */

static inline bool kvm_table_vcpu_asked(struct kvm_vcpu *vcpu)
{
	return test_bit(KVM_REQ_MOVE, &vcpu->requests);
}

/* The vCPU's request has been seen, or nobody is there to see it. */
static inline void kvm_vcpu_answer_move(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpus_guard *guard = &vcpu->kvm->vcpus.guard;

	if (test_and_clear_bit(KVM_REQ_MOVE, &vcpu->requests) &&
	    atomic_dec_and_test(&guard->to_stop))
		complete(&guard->stopped);
}

static inline void kvm_table_vcpu_stop(struct kvm_vcpu *vcpu)
{
	struct kvm_vcpus_guard *guard = &vcpu->kvm->vcpus.guard;

	/* by the time it wakes, the mover may have come back for more */
	swait_event_exclusive(vcpu->wq,
			      (kvm_vcpu_answer_move(vcpu), !smp_load_acquire(&guard->moving)));
}

/* Pairs with the full barrier of set_bit() in kvm_ask_to_stop(): the mover finds that the vCPU is
 * run, or the vCPU finds that all are to stop. */
static inline void kvm_table_vcpu_load(struct kvm_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->is_run, true);
	smp_mb();
	if (READ_ONCE(vcpu->kvm->vcpus.guard.moving))
		kvm_table_vcpu_stop(vcpu);
}

static inline void kvm_table_vcpu_put(struct kvm_vcpu *vcpu)
{
	WRITE_ONCE(vcpu->is_run, false);
	smp_mb();
	kvm_vcpu_answer_move(vcpu);
}

/* -- the mover, under kvm->lock -----------------------------------------------------------------
 */

/* As kvm_vcpu_kick() does, but for a vCPU that nobody runs. */
static inline void kvm_ask_to_stop(struct kvm_vcpu *vcpu)
{
	set_bit(KVM_REQ_MOVE, &vcpu->requests);
	if (!READ_ONCE(vcpu->is_run))
		kvm_vcpu_answer_move(vcpu);
	else if (swait_active(&vcpu->wq))
		swake_up_all(&vcpu->wq);
	else if (cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE) == IN_GUEST_MODE)
		smp_send_reschedule(READ_ONCE(vcpu->cpu));
}

static inline void kvm_stop_vcpus(struct kvm *kvm)
{
	struct kvm_vcpus_guard *guard = &kvm->vcpus.guard;
	struct kvm_vcpu_array *array = kvm_array_now(kvm);

	init_completion(&guard->stopped);
	atomic_set(&guard->to_stop, (int)array->online + 1);
	WRITE_ONCE(guard->moving, true);
	for (u32 i = 0; i < array->online; i++)
		kvm_ask_to_stop(array->slot[i]);
	if (!atomic_dec_and_test(&guard->to_stop))
		wait_for_completion(&guard->stopped);
}

static inline void kvm_release_vcpus(struct kvm *kvm)
{
	struct kvm_vcpu_array *array = kvm_array_now(kvm);

	smp_store_release(&kvm->vcpus.guard.moving, false);
	smp_mb(); /* before who sleeps is looked for: pairs with prepare_to_swait() */
	for (u32 i = 0; i < array->online; i++)
		if (swait_active(&array->slot[i]->wq))
			swake_up_all(&array->slot[i]->wq);
}

static inline void guard_update_begin(struct kvm *kvm, bool replaced)
{
	if (!replaced)
		return;
	kvm_stop_vcpus(kvm);
	write_lock(&kvm->vcpus.guard.lock);
}

static inline void guard_update_end(struct kvm *kvm, bool replaced)
{
	if (!replaced)
		return;
	write_unlock(&kvm->vcpus.guard.lock);
	kvm_release_vcpus(kvm);
}

#include "locked.h"

#endif
