/*
 * Reading the table: what the checkers are told of it.
 */
#ifndef VS_CALLSITES_LOOKUP_H
#define VS_CALLSITES_LOOKUP_H

#include <linux/kvm_host.h>

/* Inside a section of the table. NULL: there is none. */
static __always_inline struct kvm_vcpu *kvm_get_told(struct kvm *kvm, u32 index)
{
	struct kvm_vcpu *vcpu;

	vs_note(VS_NOTE_GET_BEGIN, NULL, index);
	vcpu = index < KVM_MAX_VCPUS ? kvm_get_vcpu(kvm, (int)index) : NULL;
	vs_note(VS_NOTE_GET_END, vcpu, index);
	return vcpu;
}

/* The same by id. */
static __always_inline struct kvm_vcpu *kvm_get_told_by_id(struct kvm *kvm, u32 id)
{
	struct kvm_vcpu *vcpu;

	vs_note(VS_NOTE_GET_ID_BEGIN, NULL, id);
	vcpu = id < KVM_MAX_VCPU_ID ? kvm_get_vcpu_by_id(kvm, (int)id) : NULL;
	vs_note(VS_NOTE_GET_ID_END, vcpu, id);
	return vcpu;
}

/* What these two return may be told from others; it is not to be looked into. */
static struct kvm_vcpu *kvm_lookup(struct kvm *kvm, u32 index)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	struct kvm_vcpu *vcpu = kvm_get_told(kvm, index);

	kvm_vcpus_read_unlock(kvm, cookie);
	return vcpu;
}

static struct kvm_vcpu *kvm_lookup_by_id(struct kvm *kvm, u32 id)
{
	int cookie = kvm_vcpus_read_lock(kvm);
	struct kvm_vcpu *vcpu = kvm_get_told_by_id(kvm, id);

	kvm_vcpus_read_unlock(kvm, cookie);
	return vcpu;
}

/* Around every walk whose visits are told. */
static inline int kvm_walk_begin(struct kvm *kvm)
{
	vs_note(VS_NOTE_WALK_BEGIN, kvm, 0);
	return kvm_vcpus_read_lock(kvm);
}

/* vCPUs did not always know their index (before Linux 5.1): -1 if it is not there. */
static int kvm_index_of(struct kvm *kvm, const struct kvm_vcpu *wanted)
{
	struct kvm_vcpu *vcpu;
	int i, found = -1, cookie = kvm_walk_begin(kvm);

	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		if (vcpu == wanted) {
			found = i;
			break;
		}
	}
	kvm_vcpus_read_unlock(kvm, cookie);
	vs_note(VS_NOTE_WALK_END, kvm, found >= 0);
	return found;
}

static inline void kvm_walk_end(struct kvm *kvm, int cookie)
{
	kvm_vcpus_read_unlock(kvm, cookie);
	vs_note(VS_NOTE_WALK_END, kvm, 0);
}

#endif
