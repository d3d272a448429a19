/*
 * A guest spins, so somebody it waits for may wait for a CPU: give a vCPU that has been preempted
 * the next turn where it is.
 *
 * Candidates are tried from the one after the vCPU boosted last, round to it. A vCPU that spins
 * itself is one every other time only. Where nobody else wants either CPU a boost is no use; three
 * of those and the walk is given up.
 */
#ifndef VS_CALLSITES_SPIN_H
#define VS_CALLSITES_SPIN_H

#include <linux/sched.h>

#include "ipi.h"

#define KVM_BOOST_TRIES 3

/* Preempt notifier of vCPU threads: loses its CPU though it could run, or has one again. */
static void kvm_sched(void *arg, bool in)
{
	struct kvm_vcpu *vcpu = arg;

	WRITE_ONCE(vcpu->preempted, !in);
}

static inline bool kvm_vcpu_has_event(struct kvm_vcpu *vcpu)
{
	return test_bit(KVM_REQ_EVENT, &vcpu->requests) || kvm_apic_has_posted(vcpu);
}

static bool kvm_vcpu_may_be_boosted(struct kvm_vcpu *vcpu)
{
	bool turn;

	if (!READ_ONCE(vcpu->in_spin_loop))
		return true;
	turn = READ_ONCE(vcpu->dy_eligible);
	WRITE_ONCE(vcpu->dy_eligible, !turn);
	return turn;
}

/* > 0: boosted; 0: it does not wait for a CPU; < 0: no use. */
static int kvm_vcpu_try_boost(struct kvm_vcpu *vcpu, struct kvm_vcpu *me)
{
	struct vs_task *thread;

	if (vcpu == me || !READ_ONCE(vcpu->preempted))
		return 0;
	if (swait_active(&vcpu->wq) && !kvm_vcpu_has_event(vcpu))
		return 0;
	if (!kvm_vcpu_may_be_boosted(vcpu))
		return 0;
	thread = READ_ONCE(vcpu->thread);
	return thread ? vs_task_boost(thread) : 0;
}

/* One half of the round: up to `last`, or the rest. Returns the index boosted, or -1. */
static int kvm_boost_half(struct kvm_vcpu *me, int last, bool behind, int *tries)
{
	struct kvm *kvm = me->kvm;
	struct kvm_vcpu *vcpu;
	int i, r, boosted = -1, cookie = kvm_vcpus_read_lock(kvm);

	kvm_for_each_vcpu (i, vcpu, kvm) {
		if (behind && i <= last)
			continue; /* a list cannot be entered in the middle */
		if (!behind && i > last)
			break;
		r = kvm_vcpu_try_boost(vcpu, me);
		if (r > 0)
			boosted = i;
		if (r > 0 || (r < 0 && !--*tries))
			break;
	}
	kvm_vcpus_read_unlock(kvm, cookie);
	return boosted;
}

static void kvm_vcpu_on_spin(struct kvm_vcpu *me)
{
	int last = READ_ONCE(me->kvm->last_boosted_vcpu), tries = KVM_BOOST_TRIES, boosted;

	WRITE_ONCE(me->in_spin_loop, true);
	boosted = kvm_boost_half(me, last, true, &tries);
	if (boosted < 0 && tries)
		boosted = kvm_boost_half(me, last, false, &tries);
	if (boosted >= 0) {
		WRITE_ONCE(me->kvm->last_boosted_vcpu, boosted);
		vs_task_yield();
	}
	WRITE_ONCE(me->in_spin_loop, false);
	WRITE_ONCE(me->dy_eligible, false);
}

#endif
