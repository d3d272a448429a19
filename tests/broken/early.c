/* Publishes before the descriptor exists, as KVM did until CVE-2024-58083 was fixed. Caught: handed
 * out before it was ready. */
#include <linux/delay.h>

#include "../../models/tables/fixed.h"

static inline int early_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				struct kvm_table_insert *ins)
{
	int r = kvm_table_reserve(kvm, vcpu, ins);

	if (r)
		return r;
	kvm_table_insert(kvm, ins);
	usleep_range(200, 200); /* time enough to be found */
	return 0;
}

static inline void early_insert(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	(void)ins;
}

/* The call sites see these; `struct kvm_table_insert` is not a call and stays. */
#define kvm_table_reserve(kvm, vcpu, ins) early_reserve(kvm, vcpu, ins)
#define kvm_table_insert(kvm, ins) early_insert(kvm, ins)

#define KVM_TABLE_NAME "broken-early"
#include "broken.h"
