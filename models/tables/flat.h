/*
 * flat: the update side of tables with room for every vCPU from the start. Included instead of
 * stable.h.
 */
#ifndef VS_TABLE_FLAT_H
#define VS_TABLE_FLAT_H

static inline int kvm_table_init(struct kvm *kvm)
{
	(void)kvm; /* zeroed with struct kvm */
	return 0;
}

static inline void kvm_table_destroy(struct kvm *kvm)
{
	(void)kvm;
}

static inline int kvm_table_reserve(struct kvm *kvm, struct kvm_vcpu *vcpu,
				    struct kvm_table_insert *ins)
{
	ins->vcpu = vcpu;
	ins->index = atomic_read(&kvm->online_vcpus);
	return 0;
}

static inline void kvm_table_cancel(struct kvm *kvm, struct kvm_table_insert *ins)
{
	(void)kvm;
	(void)ins;
}

#include "stable.h"

#endif
