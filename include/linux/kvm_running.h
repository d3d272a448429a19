/*
 * linux/kvm_running.h - the vCPU that the calling thread is in KVM_RUN for. Kept only if the table
 * stops vCPUs.
 */
#ifndef VCPUSIM_LINUX_KVM_RUNNING_H
#define VCPUSIM_LINUX_KVM_RUNNING_H

#include <linux/kvm_types.h>
#include <linux/sched.h>

static inline void kvm_set_running_vcpu(struct kvm_vcpu *vcpu)
{
	current_area()->vcpu = vcpu;
}

/* NULL: none */
static inline struct kvm_vcpu *kvm_get_running_vcpu(void)
{
	return current_area()->vcpu;
}

#endif
