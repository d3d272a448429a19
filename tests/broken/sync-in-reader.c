/* Waits for a grace period of the domain that it reads. Caught: synchronize in a reader, and a
 * create that never ends. */
#define kvm_table_settle good_settle
#include "../../models/tables/srcu-array.h"
#undef kvm_table_settle

static inline void kvm_table_settle(struct kvm *kvm, struct kvm_table_insert *ins)
{
	int cookie = kvm_vcpus_read_lock(kvm);

	good_settle(kvm, ins);
	kvm_vcpus_read_unlock(kvm, cookie);
}

#define KVM_TABLE_NAME "broken-sync-in-reader"
#include "broken.h"
