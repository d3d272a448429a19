/* Zeroes a chunk after it was published with a vCPU in it. Caught: lost. */
#include <linux/string.h>

#define kvm_table_settle good_settle
#include "models/tables/chunked.h"
#undef kvm_table_settle

static inline void kvm_table_settle(struct kvm *kvm, struct kvm_table_insert *ins)
{
	good_settle(kvm, ins);
	if (ins->fresh)
		memset(ins->fresh, 0, sizeof(*ins->fresh) << kvm->vcpus.shift);
}

#define KVM_TABLE_NAME "mutant-zero-late"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
