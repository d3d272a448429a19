/*
 * What the planted faults have in common: the fixed table with one call replaced. A fault strikes
 * in get(), which smoke-sized scenarios call from host threads while guests run and tick.
 */
#ifndef PLANTED_H
#define PLANTED_H

#include <linux/delay.h>
#include <linux/mutex.h>

#define kvm_get_vcpu good_get_vcpu
#include "../../../models/tables/fixed.h"
#undef kvm_get_vcpu

static void planted_fault(struct kvm *kvm, int i);

static inline struct kvm_vcpu *kvm_get_vcpu(struct kvm *kvm, int i)
{
	planted_fault(kvm, i);
	return good_get_vcpu(kvm, i);
}

#define KVM_TABLE_SUMMARY "deliberately broken, for tests of the command line"

#endif
