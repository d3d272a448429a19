/*
 * Making vCPUs do something: interrupts and requests.
 *
 * A sender sets a bit, then looks at the target's mode; a target publishes its mode, then looks at
 * its bits (run.h). Both have a full barrier in between, so one of them sees the other: either the
 * target finds the bit before it enters the guest, or the sender finds it in guest mode and kicks.
 */
#ifndef VS_CALLSITES_IPI_H
#define VS_CALLSITES_IPI_H

#include <linux/cpumask.h>
#include <linux/smp.h>

#include "lookup.h"

#define KVM_IPI_VECTOR 0xfd

static inline void kvm_make_request(int req, struct kvm_vcpu *vcpu)
{
	set_bit(req, &vcpu->requests);
}

static inline bool kvm_check_request(int req, struct kvm_vcpu *vcpu)
{
	if (!test_bit(req, &vcpu->requests))
		return false;
	clear_bit(req, &vcpu->requests); /* a full barrier: what was requested is read after */
	return true;
}

/* Returns the mode found; in guest mode, others need not kick it again. */
static inline int kvm_vcpu_exiting_guest_mode(struct kvm_vcpu *vcpu)
{
	return cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE);
}

/* False if it doesn't sleep. The request was set by a full barrier, see swait_active(). */
static bool kvm_vcpu_wake_up(struct kvm_vcpu *vcpu)
{
	if (!swait_active(&vcpu->wq))
		return false;
	swake_up(&vcpu->wq);
	return true;
}

static void kvm_vcpu_kick(struct kvm_vcpu *vcpu)
{
	int cpu = READ_ONCE(vcpu->cpu);

	if (kvm_vcpu_wake_up(vcpu))
		return;
	if (cpu != (int)get_cpu() && cpu >= 0)
		if (kvm_vcpu_exiting_guest_mode(vcpu) == IN_GUEST_MODE)
			smp_send_reschedule((u32)cpu);
	put_cpu();
}

static void kvm_apic_deliver(struct kvm_vcpu *vcpu)
{
	test_and_set_bit(KVM_IPI_VECTOR, vcpu->arch.apic->irr);
	vs_note(VS_NOTE_IPI_POSTED, vcpu, 0);
	kvm_make_request(KVM_REQ_EVENT, vcpu);
	kvm_vcpu_kick(vcpu);
}

/* The vCPU's own thread, after KVM_REQ_EVENT: take every interrupt that is requested. */
static void kvm_apic_take(struct kvm_vcpu *vcpu)
{
	struct kvm_lapic *apic = vcpu->arch.apic;

	for (size_t w = 0; w < ARRAY_SIZE(apic->irr); w++)
		if (READ_ONCE(apic->irr[w]) && xchg(&apic->irr[w], 0))
			vs_note(VS_NOTE_IPI_TAKEN, vcpu, 0);
}

/* Shorthand "all but self", in host context of the sender. Returns the number of targets. */
static u32 kvm_broadcast(struct kvm *kvm, struct kvm_vcpu *self)
{
	struct kvm_vcpu *vcpu;
	int i, cookie;
	u32 targets = 0;

	cookie = kvm_walk_begin(kvm);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		if (vcpu == self)
			continue;
		kvm_apic_deliver(vcpu);
		targets++;
	}
	kvm_walk_end(kvm, cookie);
	return targets;
}

/* Who waits must also hear from a vCPU that somebody else has kicked already. */
static inline bool kvm_request_needs_ipi(struct kvm_vcpu *vcpu, bool wait)
{
	int mode = kvm_vcpu_exiting_guest_mode(vcpu);

	return wait ? mode != OUTSIDE_GUEST_MODE : mode == IN_GUEST_MODE;
}

/*
 * Ask every vCPU to flush its TLB before it runs guest code again: those in guest mode by one
 * interrupt to all their CPUs, sleepers when they wake. Returns the number asked.
 */
static u32 kvm_make_all_cpus_request(struct kvm *kvm, bool wait)
{
	struct kvm_vcpu *vcpu;
	struct cpumask cpus; /* on our own stack, which others need not see */
	int i, cookie, cpu, me;
	u32 asked = 0;

	cpumask_clear(&cpus);
	cookie = kvm_walk_begin(kvm);
	me = (int)get_cpu();
	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		kvm_make_request(KVM_REQ_TLB_FLUSH, vcpu);
		cpu = READ_ONCE(vcpu->cpu);
		if (cpu >= 0 && cpu != me && kvm_request_needs_ipi(vcpu, wait))
			__cpumask_set_cpu((u32)cpu, &cpus);
		asked++;
	}
	vs_kick_cpus(cpus.bits, cpumask_words(), wait);
	put_cpu();
	kvm_walk_end(kvm, cookie);
	return asked;
}

#endif
