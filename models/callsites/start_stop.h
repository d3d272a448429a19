/*
 * SIGP start and stop, as s390 has them: a CPU may run faster while it is the only one that is
 * started, so it must be known when their number changes from 0 to 1, from 1 to 2, and back.
 *
 * How they are counted: by a walk; by a walk that ends at the second; by a counter kept under the
 * lock, which walks only to find the last one left. The lock spins, so the table's section is
 * entered before it.
 */
#ifndef VS_CALLSITES_START_STOP_H
#define VS_CALLSITES_START_STOP_H

#include <vcpusim/module.h>

#include "ipi.h"

/* The number started, 2 for more than that if `how` stops there; *last is one of them. */
static u32 kvm_count_started(struct kvm *kvm, enum vs_count how, struct kvm_vcpu **last)
{
	struct kvm_vcpu *vcpu;
	u32 started = 0;
	bool early = false;
	int i;

	vs_note(VS_NOTE_WALK_BEGIN, kvm, 0);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		if (READ_ONCE(vcpu->arch.stopped))
			continue;
		*last = vcpu;
		early = ++started == 2 && how == VS_COUNT_BREAK;
		if (early)
			break;
	}
	vs_note(VS_NOTE_WALK_END, kvm, early);
	return started;
}

/* What a change of its way to run is to a vCPU: a request that it has to look at. */
static void kvm_change_ibs(struct kvm_vcpu *vcpu)
{
	kvm_make_request(KVM_REQ_TLB_FLUSH, vcpu);
	kvm_vcpu_kick(vcpu);
}

static void kvm_change_ibs_on_all(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	int i;

	vs_note(VS_NOTE_WALK_BEGIN, kvm, 0);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		kvm_change_ibs(vcpu);
	}
	vs_note(VS_NOTE_WALK_END, kvm, 0);
}

/* The lock is held. How many are started; *last, if it is asked for, is the one if it is one. */
static u32 kvm_started(struct kvm *kvm, enum vs_count how, struct kvm_vcpu **last)
{
	struct kvm_vcpu *any = NULL;
	u32 n = (u32)atomic_read(&kvm->online_vcpus) - kvm->arch.stopped;

	if (how != VS_COUNT_COUNTER || (n == 1 && last))
		n = kvm_count_started(kvm, how, &any);
	if (last)
		*last = any;
	return n;
}

static void kvm_vcpu_start(struct kvm_vcpu *vcpu, enum vs_count how)
{
	struct kvm *kvm = vcpu->kvm;
	u32 others = kvm_started(kvm, how, NULL);

	if (others == 0)
		kvm_change_ibs(vcpu);
	else if (others == 1)
		kvm_change_ibs_on_all(kvm);
	WRITE_ONCE(vcpu->arch.stopped, false);
	kvm->arch.stopped--;
}

static void kvm_vcpu_stop(struct kvm_vcpu *vcpu, enum vs_count how)
{
	struct kvm_vcpu *last;

	WRITE_ONCE(vcpu->arch.stopped, true);
	vcpu->kvm->arch.stopped++;
	if (kvm_started(vcpu->kvm, how, &last) == 1 && last)
		kvm_change_ibs(last);
}

/* Starts a vCPU that is stopped, stops one that is started. False: there is none. */
static bool kvm_start_stop(struct kvm *kvm, u32 index, enum vs_count how)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	struct kvm_vcpu *vcpu = kvm_get_told(kvm, index);

	if (vcpu) {
		spin_lock(&kvm->arch.start_stop_lock);
		if (vcpu->arch.stopped)
			kvm_vcpu_start(vcpu, how);
		else
			kvm_vcpu_stop(vcpu, how);
		spin_unlock(&kvm->arch.start_stop_lock);
	}
	kvm_vcpus_read_unlock(kvm, cookie);
	return vcpu != NULL;
}

#endif
