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

static void vcpu_load(struct kvm_vcpu *vcpu)
{
	mutex_lock(&vcpu->mutex);
	WRITE_ONCE(vcpu->cpu, (int)get_cpu());
	put_cpu();
}

static void vcpu_put(struct kvm_vcpu *vcpu)
{
	mutex_unlock(&vcpu->mutex);
}

static inline bool kvm_request_pending(struct kvm_vcpu *vcpu)
{
	return READ_ONCE(vcpu->requests);
}

static void kvm_handle_requests(struct kvm_vcpu *vcpu)
{
	kvm_check_request(KVM_REQ_TLB_FLUSH, vcpu); /* nothing to flush here */
	if (kvm_check_request(KVM_REQ_EVENT, vcpu))
		kvm_apic_take(vcpu);
}

/* kvm->srcu is held, here and on return. VS_EXIT_INTERRUPT also if the guest was not entered. */
static enum vs_exit vcpu_enter_guest(struct kvm_vcpu *vcpu)
{
	struct kvm *kvm = vcpu->kvm;
	enum vs_exit why = VS_EXIT_INTERRUPT;

	if (kvm_request_pending(vcpu))
		kvm_handle_requests(vcpu);

	preempt_disable();
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
	if (!vs_guest_should_exit() && !kvm_request_pending(vcpu))
		why = vs_guest_run();
	WRITE_ONCE(vcpu->mode, OUTSIDE_GUEST_MODE);
	smp_wmb();
	preempt_enable();
	vcpu->srcu_idx = srcu_read_lock(&kvm->srcu);
	return why;
}

static bool kvm_vcpu_check_block(struct kvm_vcpu *vcpu)
{
	return test_bit(KVM_REQ_EVENT, &vcpu->requests);
}

/* HLT: sleep until an interrupt, or until the guest's own timer (or the VM's end, which looks the
 * same) ends it. */
static void kvm_vcpu_block(struct kvm_vcpu *vcpu)
{
	vs_ps halt = vs_guest_halt_ps();
	vs_ps until = halt == VS_PS_NEVER ? VS_PS_NEVER : vs_now_ps() + halt;

	prepare_to_swait(&vcpu->wq);
	while (!kvm_vcpu_check_block(vcpu)) {
		if (!vs_task_block(VS_WAIT_HALT, &vcpu->wq, NULL, until))
			break;
		prepare_to_swait(&vcpu->wq);
	}
	finish_swait(&vcpu->wq);
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
		srcu_read_unlock(&kvm->srcu, vcpu->srcu_idx);
		if (why == VS_EXIT_HLT)
			kvm_vcpu_block(vcpu);
		cond_resched();
		vcpu->srcu_idx = srcu_read_lock(&kvm->srcu);
	} while (why != VS_EXIT_STOP);
	srcu_read_unlock(&kvm->srcu, vcpu->srcu_idx);
	vcpu_put(vcpu);
}

#endif
