/*
 * Hyper-V: a guest names vCPUs by VP index, which the VMM may set. Mostly it is the vCPU's index in
 * the table, which is tried first; else all are walked.
 */
#ifndef VS_CALLSITES_VP_H
#define VS_CALLSITES_VP_H

#include <vcpusim/module.h>

#include "ipi.h"

/* Inside a section of the table. */
static struct kvm_vcpu *kvm_vcpu_by_vp(struct kvm *kvm, u32 vp)
{
	struct kvm_vcpu *vcpu = vp < KVM_MAX_VCPUS ? kvm_get_vcpu(kvm, (int)vp) : NULL;
	int i;

	if (vcpu && READ_ONCE(vcpu->arch.vp_index) == vp)
		return vcpu;
	kvm_for_each_vcpu (i, vcpu, kvm)
		if (READ_ONCE(vcpu->arch.vp_index) == vp)
			return vcpu;
	return NULL;
}

/* The hypercall that has the VPs of a set flush their TLBs before they run guest code again.
 * Returns the number asked. */
static u32 kvm_flush_vps(struct kvm *kvm, u32 first, const u64 *set)
{
	struct cpumask cpus;
	int cookie, cpu, me;
	u32 asked = 0;

	cpumask_clear(&cpus);
	cookie = kvm_vcpus_read_lock(kvm);
	me = (int)get_cpu();
	for (u32 n = 0; n < 128; n++) {
		struct kvm_vcpu *vcpu;

		if (!(set[n / 64] >> n % 64 & 1))
			continue;
		vcpu = kvm_vcpu_by_vp(kvm, first + n);
		if (!vcpu)
			continue;
		cpu = kvm_request_flush(vcpu, me, false);
		if (cpu >= 0)
			__cpumask_set_cpu((u32)cpu, &cpus);
		asked++;
	}
	vs_kick_cpus(cpus.bits, cpumask_words(), false);
	put_cpu();
	kvm_vcpus_read_unlock(kvm, cookie);
	return asked;
}

#endif
