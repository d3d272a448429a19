/*
 * VMs: birth and end. Compiled against the table that was included before.
 */
#ifndef VS_CALLSITES_VM_H
#define VS_CALLSITES_VM_H

#include <linux/kernel.h>
#include <linux/kvm_host.h>

#include "apic_map.h"

static int kvm_create_vm(int max_vcpus, const struct kvm_table_params *params, struct kvm **out)
{
	struct kvm *kvm;
	int r;

	if (max_vcpus < 1 || max_vcpus > KVM_MAX_VCPUS)
		return -EINVAL;
	kvm = kvzalloc(sizeof(*kvm) + kvm_table_tail(max_vcpus, params) * sizeof(kvm->tail[0]),
		       GFP_KERNEL);
	if (!kvm)
		return -ENOMEM;
	kvm->params = *params;
	spin_lock_init(&kvm->mmu_lock);
	mutex_init(&kvm->slots_lock);
	mutex_init(&kvm->lock);
	mutex_init(&kvm->arch.apic_map_lock);
	spin_lock_init(&kvm->arch.start_stop_lock);
	INIT_LIST_HEAD(&kvm->vm_list);
	kvm->max_vcpus = max_vcpus;
	r = init_srcu_struct_gfp(&kvm->srcu, GFP_KERNEL | __GFP_HOST);
	if (r)
		goto free_kvm;
	r = kvm_table_init(kvm);
	if (r)
		goto free_srcu;
	vs_note(VS_NOTE_VM_CREATED, kvm, 0);
	*out = kvm;
	return 0;

free_srcu:
	cleanup_srcu_struct(&kvm->srcu);
free_kvm:
	kvfree(kvm);
	return r;
}

/* Undoes kvm_vcpu_alloc(), whole or in part. */
static void kvm_vcpu_free(struct kvm_vcpu *vcpu)
{
	kfree(vcpu->arch.file);
	kfree(vcpu->arch.apic);
	kfree(vcpu);
}

/* Nobody uses the VM any more: vCPU threads have left, creates have returned. */
static void kvm_destroy_vm(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu, *passed = NULL; /* the walk may go on through the vCPU it is at */
	int i, cookie;

	cookie = kvm_vcpus_read_lock(kvm);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_VCPU_GONE, vcpu, (u32)i);
		if (passed)
			kvm_vcpu_free(passed);
		passed = vcpu;
	}
	kvm_vcpus_read_unlock(kvm, cookie);
	if (passed)
		kvm_vcpu_free(passed);
	kvm_table_destroy(kvm);
	kvm_free_apic_map(kvm);
	kvfree(kvm->memslots);
	cleanup_srcu_struct(&kvm->srcu);
	kvfree(kvm);
	vs_note(VS_NOTE_VM_DESTROYED, kvm, 0);
}

#endif
