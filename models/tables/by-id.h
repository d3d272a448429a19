/*
 * Look-up by id, for any table: the vCPU of that index if it has that id, as it mostly does; else a
 * walk. The walk doesn't sleep, so a table whose readers are cheaper for it may define brief ones:
 * kvm_brief_lock(), kvm_brief_unlock() and kvm_for_each_vcpu_brief().
 */
#ifndef VS_TABLE_BY_ID_H
#define VS_TABLE_BY_ID_H

#ifndef kvm_for_each_vcpu_brief
#define kvm_brief_lock(kvm) 0
#define kvm_brief_unlock(kvm, cookie) ((void)(cookie))
#define kvm_for_each_vcpu_brief kvm_for_each_vcpu
#endif

static inline struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu = kvm_get_vcpu(kvm, id), *found = NULL;
	int i, cookie;

	if (vcpu && vcpu->vcpu_id == id)
		return vcpu;
	cookie = kvm_brief_lock(kvm);
	kvm_for_each_vcpu_brief(i, vcpu, kvm)
	{
		if (vcpu->vcpu_id == id) {
			found = vcpu;
			break;
		}
	}
	kvm_brief_unlock(kvm, cookie);
	return found;
}

#endif
