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

#include <vcpusim/module.h>

#include "apic_map.h"

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

/*
 * Posted: the same pairing. A target publishes guest mode, then looks at what is posted; a sender
 * posts, then looks at the mode. A target found in guest mode is notified, which its CPU takes
 * there, or right after entry if it is about to enter: interrupts are off in between.
 */
static void kvm_apic_post(struct kvm_vcpu *vcpu)
{
	struct pi_desc *pi = &vcpu->arch.pi_desc;
	bool pending = test_and_set_bit(KVM_IPI_VECTOR, pi->pir);

	vs_note(VS_NOTE_IPI_POSTED, vcpu, 0);
	if (pending || test_and_set_bit(POSTED_INTR_ON, &pi->control))
		return;
	if (READ_ONCE(vcpu->mode) == IN_GUEST_MODE)
		smp_send_posted_intr((u32)READ_ONCE(vcpu->cpu));
	else
		kvm_vcpu_kick(vcpu);
}

static inline bool kvm_apic_has_posted(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.apicv_active && test_bit(POSTED_INTR_ON, &vcpu->arch.pi_desc.control);
}

/* By the vCPU's own CPU, in software before entry or in hardware in guest mode. */
static void kvm_apic_sync_pir(struct kvm_vcpu *vcpu)
{
	struct pi_desc *pi = &vcpu->arch.pi_desc;

	if (!kvm_apic_has_posted(vcpu))
		return;
	clear_bit(POSTED_INTR_ON, &pi->control); /* a full barrier */
	for (size_t w = 0; w < ARRAY_SIZE(pi->pir); w++)
		if (READ_ONCE(pi->pir[w]) && xchg(&pi->pir[w], 0))
			vs_note(VS_NOTE_IPI_TAKEN, vcpu, 0);
}

static void kvm_apic_deliver(struct kvm_vcpu *vcpu)
{
	vs_work(VS_WORK_IPI_ACCEPT);
	if (vcpu->arch.apicv_active) {
		kvm_apic_post(vcpu);
		return;
	}
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

/* Shorthand "all but self", or (self NULL) "all", in host context of the sender. Returns the number
 * of targets. */
static u32 kvm_broadcast(struct kvm *kvm, struct kvm_vcpu *self)
{
	struct kvm_vcpu *vcpu;
	int i, cookie;
	u32 targets = 0;

	vs_work(VS_WORK_IPI_BEGIN);
	cookie = kvm_walk_begin(kvm);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		if (vcpu == self)
			continue;
		kvm_apic_deliver(vcpu);
		targets++;
	}
	kvm_walk_end(kvm, cookie);
	vs_work(VS_WORK_IPI_END);
	return targets;
}

/* Inside an RCU section, or without a map inside one of the table's. */
static u32 kvm_deliver_set(struct kvm *kvm, struct kvm_apic_map *map, u32 first, u64 low, u64 high)
{
	u32 targets = 0;

	for (u32 n = 0; n < 128; n++) {
		struct kvm_vcpu *vcpu;

		if (!((n < 64 ? low : high) >> n % 64 & 1))
			continue;
		vcpu = kvm_vcpu_by_apic_id(kvm, map, first + n);
		if (!vcpu)
			continue;
		kvm_apic_deliver(vcpu);
		targets++;
	}
	return targets;
}

/* Directed sends. The table's sections may sleep, so they are not for the inside of RCU's. */
static u32 kvm_send_ipi_set(struct kvm *kvm, u32 first, u64 low, u64 high)
{
	struct kvm_apic_map *map;
	u32 targets = 0;
	int cookie;

	if (first >= KVM_MAX_VCPU_ID)
		return 0;
	rcu_read_lock();
	map = rcu_dereference(kvm->arch.apic_map);
	if (map)
		targets = kvm_deliver_set(kvm, map, first, low, high);
	rcu_read_unlock();
	if (map)
		return targets;
	cookie = kvm_vcpus_read_lock(kvm);
	targets = kvm_deliver_set(kvm, NULL, first, low, high);
	kvm_vcpus_read_unlock(kvm, cookie);
	return targets;
}

static u32 kvm_send_ipi_index(struct kvm *kvm, u32 index)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	struct kvm_vcpu *vcpu = kvm_get_told(kvm, index);

	if (vcpu)
		kvm_apic_deliver(vcpu);
	kvm_vcpus_read_unlock(kvm, cookie);
	return vcpu != NULL;
}

/* One exit of `self` that sends. Returns the number of targets. */
static u32 kvm_send_ipi(struct kvm *kvm, struct kvm_vcpu *self, const struct vs_ipi *ipi)
{
	u32 targets;

	vs_work(VS_WORK_IPI_BEGIN);
	if (ipi->to == VS_IPI_SELF) {
		kvm_apic_deliver(self);
		targets = 1;
	} else if (ipi->to == VS_IPI_INDEX) {
		targets = kvm_send_ipi_index(kvm, ipi->first);
	} else if (ipi->to == VS_IPI_ID) {
		targets = kvm_send_ipi_set(kvm, ipi->first, 1, 0);
	} else {
		targets = kvm_send_ipi_set(kvm, ipi->first, ipi->set[0], ipi->set[1]);
	}
	vs_work(VS_WORK_IPI_END);
	return targets;
}

/* Who waits must also hear from a vCPU that somebody else has kicked already. */
static inline bool kvm_request_needs_ipi(struct kvm_vcpu *vcpu, bool wait)
{
	int mode = kvm_vcpu_exiting_guest_mode(vcpu);

	return wait ? mode != OUTSIDE_GUEST_MODE : mode == IN_GUEST_MODE;
}

/* Before it runs guest code again. The CPU to be interrupted for that, or -1. */
static inline int kvm_request_flush(struct kvm_vcpu *vcpu, int me, bool wait)
{
	int cpu;

	kvm_make_request(KVM_REQ_TLB_FLUSH, vcpu);
	cpu = READ_ONCE(vcpu->cpu);
	return cpu >= 0 && cpu != me && kvm_request_needs_ipi(vcpu, wait) ? cpu : -1;
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
		cpu = kvm_request_flush(vcpu, me, wait);
		if (cpu >= 0)
			__cpumask_set_cpu((u32)cpu, &cpus);
		asked++;
	}
	vs_kick_cpus(cpus.bits, cpumask_words(), wait);
	put_cpu();
	kvm_walk_end(kvm, cookie);
	return asked;
}

/* From host context, as irqfd and timers do: whatever it does, it looks at its requests. */
static bool kvm_kick_index(struct kvm *kvm, u32 index)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	struct kvm_vcpu *vcpu = kvm_get_told(kvm, index);

	if (vcpu)
		kvm_vcpu_kick(vcpu);
	kvm_vcpus_read_unlock(kvm, cookie);
	return vcpu != NULL;
}

#endif
