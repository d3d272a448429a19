/* Does not see that an id is taken. Caught: what a create that must fail returned, and its vCPU. */
#include "../../../models/tables/fixed.h"

#define kvm_get_vcpu_by_id(kvm, id) ((void)(kvm), (void)(id), (struct kvm_vcpu *)NULL)

#define KVM_TABLE_NAME "planted-twice"
#define KVM_TABLE_SUMMARY "deliberately broken, for the checkers' tests"
#include "../../../models/callsites/module.h"
