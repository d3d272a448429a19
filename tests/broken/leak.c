/* Leaves its chunks behind when the VM goes. Caught: leak. */
#define kvm_table_destroy good_destroy
#include "../../models/tables/chunked.h"
#undef kvm_table_destroy

static inline void kvm_table_destroy(struct kvm *kvm)
{
	(void)good_destroy;
	(void)kvm;
}

#define KVM_TABLE_NAME "broken-leak"
#include "broken.h"
