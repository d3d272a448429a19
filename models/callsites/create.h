/*
 * The KVM_CREATE_VCPU ioctl.
 *
 *	lock    count it (room is checked here)          created_vcpus
 *	        allocate, architecture's part
 *	lock    id taken?  room in the table  descriptor  publish
 *	        grace period, if the table wants one      online_vcpus
 *	        state of the APIC set: the apic map is built anew
 *
 * The descriptor exists before the table shows the vCPU: otherwise a failure to make one would free
 * a vCPU that others have found already. Every failure leaves all as it was.
 */
#ifndef VS_CALLSITES_CREATE_H
#define VS_CALLSITES_CREATE_H

#include "lookup.h"
#include "vm.h"

#define KVM_FILE_BYTES 256 /* what an open file costs the host */

static struct kvm_vcpu *kvm_vcpu_alloc(struct kvm *kvm, u32 id)
{
	struct kvm_vcpu *vcpu;

	BUILD_BUG_ON(sizeof(struct kvm_vcpu) > KVM_VCPU_BYTES);
	vcpu = kzalloc(KVM_VCPU_BYTES, GFP_KERNEL | __GFP_VCPU);
	if (!vcpu)
		return NULL;
	vcpu->kvm = kvm;
	vcpu->vcpu_id = (int)id;
	vcpu->cpu = -1;
	vcpu->mode = OUTSIDE_GUEST_MODE;
	vcpu->pre_pcpu = -1;
	INIT_LIST_HEAD(&vcpu->blocked_vcpu_list);
	mutex_init(&vcpu->mutex);
	init_swait_queue_head(&vcpu->wq);
	vcpu->arch.apic = kzalloc(sizeof(*vcpu->arch.apic), GFP_KERNEL | __GFP_VCPU);
	if (!vcpu->arch.apic) {
		kvm_vcpu_free(vcpu);
		return NULL;
	}
	vcpu->arch.apic->id = id;
	vcpu->arch.apic->vcpu = vcpu;
	vcpu->arch.apicv_active = kvm->arch.apicv;
	vs_work(VS_WORK_ARCH_CREATE);
	return vcpu;
}

static int create_vcpu_fd(struct kvm_vcpu *vcpu)
{
	vcpu->arch.file = kzalloc(KVM_FILE_BYTES, GFP_KERNEL | __GFP_HOST);
	return vcpu->arch.file ? 0 : -ENOMEM;
}

/* Not told: notes would have the compiler load anew what kvm_table_reserve() needs too. That a
 * duplicate must fail is checked by who asks for one. */
static bool kvm_id_is_taken(struct kvm *kvm, u32 id)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	bool taken = kvm_get_vcpu_by_id(kvm, (int)id);

	kvm_vcpus_read_unlock(kvm, cookie);
	return taken;
}

/* kvm->lock is held. On success the vCPU is in the table. */
static int kvm_vcpu_publish(struct kvm *kvm, struct kvm_vcpu *vcpu, struct kvm_table_insert *ins)
{
	u32 id = (u32)vcpu->vcpu_id;
	int r;

	if (kvm_id_is_taken(kvm, id))
		return -EEXIST;
	r = kvm_table_reserve(kvm, vcpu, ins);
	if (r)
		return r;
	r = create_vcpu_fd(vcpu);
	if (r) {
		kvm_table_cancel(kvm, ins);
		return r;
	}
	vcpu->arch.vp_index =
		(u32)(kvm->arch.vp_mismatched ? kvm->max_vcpus - 1 - ins->index : ins->index);
	vs_note(VS_NOTE_VCPU_ID, vcpu, id);
	vs_note(VS_NOTE_VCPU_READY, vcpu, (u32)ins->index);
	kvm_table_insert(kvm, ins);
	return 0;
}

static int kvm_vm_ioctl_create_vcpu(struct kvm *kvm, u32 id, struct kvm_vcpu **out)
{
	struct kvm_table_insert ins;
	struct kvm_vcpu *vcpu;
	int r = 0;

	if (id >= KVM_MAX_VCPU_ID)
		return -EINVAL;

	mutex_lock(&kvm->lock);
	if (kvm->created_vcpus == kvm->max_vcpus)
		r = -EINVAL;
	else
		kvm->created_vcpus++;
	mutex_unlock(&kvm->lock);
	if (r)
		return r;

	vcpu = kvm_vcpu_alloc(kvm, id);
	mutex_lock(&kvm->lock);
	r = vcpu ? kvm_vcpu_publish(kvm, vcpu, &ins) : -ENOMEM;
	if (r)
		kvm->created_vcpus--;
	mutex_unlock(&kvm->lock);
	if (r) {
		if (vcpu)
			kvm_vcpu_free(vcpu);
		return r;
	}
	kvm_table_settle(kvm, &ins);
	kvm_recalculate_apic_map(kvm);
	vs_note(VS_NOTE_VCPU_CREATED, vcpu, (u32)ins.index);
	*out = vcpu;
	return 0;
}

#endif
