/*
 * The KVM_RUN loop: requests, guest, exit handling, sleep.
 *
 * kvm->srcu is held while an exit is handled and dropped before guest mode and before sleep, so
 * that a grace period of it waits for handlers only.
 */
#ifndef VS_CALLSITES_RUN_H
#define VS_CALLSITES_RUN_H

#include <linux/sched.h>

#include "ipi.h"
#include "spin.h"

static void vcpu_load(struct kvm_vcpu *vcpu)
{
	mutex_lock(&vcpu->mutex);
	WRITE_ONCE(vcpu->cpu, (int)get_cpu());
	put_cpu();
	WRITE_ONCE(vcpu->thread, vs_task_current());
	vs_preempt_notifier(kvm_sched, vcpu);
#ifdef KVM_TABLE_STOPS_VCPUS
	kvm_table_vcpu_load(vcpu);
	kvm_set_running_vcpu(vcpu);
#endif
}

static void vcpu_put(struct kvm_vcpu *vcpu)
{
#ifdef KVM_TABLE_STOPS_VCPUS
	kvm_set_running_vcpu(NULL);
	kvm_table_vcpu_put(vcpu);
#endif
	vs_preempt_notifier(NULL, NULL);
	mutex_unlock(&vcpu->mutex);
}

static inline bool kvm_request_pending(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests);
}

/* kvm->srcu is held, here and on return. */
static void kvm_handle_requests(struct kvm_vcpu *vcpu)
{
	kvm_check_request(KVM_REQ_TLB_FLUSH, vcpu); /* nothing to flush here */
	if (kvm_check_request(KVM_REQ_EVENT, vcpu))
		kvm_apic_take(vcpu);
	if (kvm_table_vcpu_asked(vcpu)) {
		srcu_read_unlock(&vcpu->kvm->srcu, vcpu->srcu_idx);
		kvm_table_vcpu_stop(vcpu);
		vcpu->srcu_idx = srcu_read_lock(&vcpu->kvm->srcu);
	}
}

/* kvm->srcu is held, here and on return. VS_EXIT_INTERRUPT also if the guest was not entered. */
static enum vs_exit vcpu_enter_guest(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = vcpu->kvm;
	enum vs_exit why = VS_EXIT_INTERRUPT;

	if (kvm_request_pending(vcpu))
		kvm_handle_requests(vcpu);

	preempt_disable();
	local_irq_disable();
	if (vcpu->cpu != (int)smp_processor_id()) /* moved since */
		WRITE_ONCE(vcpu->cpu, (int)smp_processor_id());
	WRITE_ONCE(vcpu->mode, IN_GUEST_MODE);
	srcu_read_unlock(&kvm->srcu, vcpu->srcu_idx);
	smp_mb__after_srcu_read_unlock(); /* mode before requests, pairs with the sender's atomics
					   */
	/*
	 * Requests are looked at last: a request that comes later finds guest mode published, and
	 * its kick is taken in the guest, there being no access in between.
	 */
	if (vcpu->arch.apicv_active)
		kvm_apic_sync_pir(vcpu);
	if (!vs_guest_should_exit() && !kvm_request_pending(vcpu)) {
		while ((why = vs_guest_run()) == VS_EXIT_NONE)
			kvm_apic_sync_pir(vcpu);
	}
	local_irq_enable();
	WRITE_ONCE(vcpu->mode, OUTSIDE_GUEST_MODE);
	smp_wmb();
	preempt_enable();
	vcpu->srcu_idx = srcu_read_lock(&kvm->srcu);
	return why;
}

/*
 * How long to poll before sleeping, learnt from each halt: longer if polling a bit longer would
 * have been enough, shorter if it could not have been (virt/kvm/kvm_main.c, Linux 5.15).
 */
static void kvm_vcpu_adjust_poll(struct kvm_vcpu *vcpu, const struct vs_halt_poll *p, u64 halted_ns)
{
	u64 was = READ_ONCE(vcpu->halt_poll_ns), ns = was;

	if (halted_ns <= was)
		return;
	if (was && halted_ns > p->max_ns) {
		ns = p->shrink ? was / p->shrink : 0;
		if (ns < p->grow_start_ns)
			ns = 0;
	} else if (was < p->max_ns && halted_ns < p->max_ns && p->grow) {
		ns = was * p->grow;
		if (ns < p->grow_start_ns)
			ns = p->grow_start_ns;
		if (ns > p->max_ns)
			ns = p->max_ns;
	}
	if (ns != was)
		WRITE_ONCE(vcpu->halt_poll_ns, (unsigned int)ns);
}

/* True: the halt is over. until: the guest's own timer. */
static bool kvm_vcpu_poll(struct kvm_vcpu *vcpu, vs_ps poll, vs_ps until)
{
	bool over = false;

	vs_poll_begin(vs_now_ps() + poll, until);
	do {
		over = kvm_vcpu_has_event(vcpu);
		if (over || kvm_table_vcpu_asked(vcpu))
			break;
		cpu_relax();
	} while (vs_poll_goes_on());
	over = over || vs_now_ps() >= until;
	vs_poll_end(over);
	return over;
}

static void kvm_vcpu_block(struct kvm_vcpu *vcpu, vs_ps until)
{
	prepare_to_swait(&vcpu->wq);
	while (!kvm_vcpu_has_event(vcpu)) {
		if (kvm_table_vcpu_asked(vcpu))
			kvm_table_vcpu_stop(vcpu); /* and back to sleep */
		else if (!vs_task_block(VS_WAIT_HALT, &vcpu->wq, NULL, until))
			break;
		prepare_to_swait(&vcpu->wq);
	}
	finish_swait(&vcpu->wq);
}

/* HLT: wait for an interrupt, or for the guest's own timer (or the VM's end, which looks the same).
 */
static void kvm_vcpu_halt(struct kvm_vcpu *vcpu)
{
	vs_ps start = vs_now_ps(), halt = vs_guest_halt_ps();
	vs_ps until = halt == VS_PS_NEVER ? VS_PS_NEVER : start + halt;
	struct vs_halt_poll p;
	vs_ps poll;

	vs_guest_halt_poll(&p);
	poll = p.max_ns ? READ_ONCE(vcpu->halt_poll_ns) : 0;
	if (!poll || !kvm_vcpu_poll(vcpu, poll * VS_PS_PER_NS, until))
		kvm_vcpu_block(vcpu, until);
	if (p.max_ns)
		kvm_vcpu_adjust_poll(vcpu, &p, (vs_now_ps() - start) / VS_PS_PER_NS);
}

static void kvm_vcpu_run(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = vcpu->kvm;
	enum vs_exit why;

	vcpu_load(vcpu);
	vcpu->srcu_idx = srcu_read_lock(&kvm->srcu);
	do {
		why = vcpu_enter_guest(vcpu);
		if (why == VS_EXIT_OPERATION)
			vs_guest_operation();
		if (why == VS_EXIT_PAUSE)
			kvm_vcpu_on_spin(vcpu);
		srcu_read_unlock(&kvm->srcu, vcpu->srcu_idx);
		if (why == VS_EXIT_HLT)
			kvm_vcpu_halt(vcpu);
		xfer_to_guest_mode_handle_work();
		vcpu->srcu_idx = srcu_read_lock(&kvm->srcu);
	} while (why != VS_EXIT_STOP);
	srcu_read_unlock(&kvm->srcu, vcpu->srcu_idx);
	vcpu_put(vcpu);
}

#endif
