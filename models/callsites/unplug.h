/*
 * Taking a vCPU out of its VM, for tables that allow it.
 *
 *	lock    the last one?  nobody runs it?  out of the table     online_vcpus, created_vcpus
 *	        wait until nobody has it, as the table does, and as the apic map does if there is
 *	        one
 *	free
 *
 * Only the vCPU with the highest index can go, so that those in the table are 0 ... online - 1 as
 * ever. Its thread has left KVM_RUN for good; interrupts and requests may still be sent to it until
 * it is out of the table, and are lost with it.
 */
#ifndef VS_CALLSITES_UNPLUG_H
#define VS_CALLSITES_UNPLUG_H

#include "lookup.h"
#include "vm.h"

#ifndef KVM_TABLE_NO_UNPLUG
/* kvm->lock is held */
static bool kvm_vcpu_is_last(struct kvm *kvm, struct kvm_vcpu *vcpu, int *index)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	bool last;

	*index = atomic_read(&kvm->online_vcpus) - 1;
	last = *index >= 0 && kvm_get_vcpu(kvm, *index) == vcpu && !kvm_get_vcpu(kvm, *index + 1);
	kvm_vcpus_read_unlock(kvm, cookie);
	return last;
}

static int kvm_vm_unplug_vcpu(struct kvm *kvm, struct kvm_vcpu *vcpu)
{
	struct kvm_table_insert ins = {.vcpu = vcpu};

	mutex_lock(&kvm->lock);
	if (!kvm_vcpu_is_last(kvm, vcpu, &ins.index) || mutex_is_locked(&vcpu->mutex)) {
		mutex_unlock(&kvm->lock);
		return -EBUSY;
	}
	vs_note(VS_NOTE_VCPU_LEAVING, vcpu, (u32)ins.index);
	kvm_table_remove(kvm, &ins);
	kvm->created_vcpus--;
	mutex_unlock(&kvm->lock);
	kvm_table_removed(kvm, &ins);
	kvm_recalculate_apic_map(kvm);
	if (kvm->arch.has_apic_map)
		synchronize_rcu();
	vs_note(VS_NOTE_VCPU_GONE, vcpu, (u32)ins.index);
	kvm_vcpu_free(vcpu);
	return 0;
}
#endif

#endif
