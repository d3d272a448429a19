/* A create that fails for want of a descriptor leaves its entry behind, and the vCPU is freed.
 * Caught: use after free. */
#include "models/tables/sized.h"

#define kvm_table_cancel(kvm, ins) kvm_table_insert(kvm, ins)

#define KVM_TABLE_NAME "mutant-entry-behind"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
