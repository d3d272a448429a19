/* Finds by id whoever has the id below it, if it is taken at all. Caught: the vCPU of another id.
 */
#define kvm_get_vcpu_by_id good_get_vcpu_by_id
#include "models/tables/chunked.h"
#undef kvm_get_vcpu_by_id

static inline struct kvm_vcpu *kvm_get_vcpu_by_id(struct kvm *kvm, int id)
{
	struct kvm_vcpu *vcpu = good_get_vcpu_by_id(kvm, id);

	return vcpu && id ? good_get_vcpu_by_id(kvm, id - 1) : vcpu;
}

#define KVM_TABLE_NAME "mutant-wrong-id"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
