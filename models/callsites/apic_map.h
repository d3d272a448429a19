/*
 * From an APIC id to its vCPU: what directed sends look up, whatever the table is.
 *
 *	kvm->arch.apic_map --> | rcu | max_apic_id | phys_map[0] | ... | phys_map[max_apic_id] |
 *
 * The map is never changed: every vCPU that comes or goes builds a new one by two walks over all
 * vCPUs, under a mutex of its own, publishes it and frees the old one after a grace period; a vCPU
 * that goes is freed after one too. Readers look it up and use what they found inside one RCU
 * section. A map that cannot be allocated is none: senders then find their targets by the table,
 * until the next hotplug.
 *
 * x2APIC ids: a cluster is 16 ids in a row, so that the one array serves logical addressing too.
 */
#ifndef VS_CALLSITES_APIC_MAP_H
#define VS_CALLSITES_APIC_MAP_H

#include <linux/rcupdate.h>

#include "lookup.h"

struct kvm_apic_map {
	struct rcu_head rcu;
	u32 max_apic_id;
	struct kvm_lapic *phys_map[];
};

static u32 kvm_max_apic_id(struct kvm *kvm)
{
	struct kvm_vcpu *vcpu;
	u32 max = 0;
	int i, cookie;

	cookie = kvm_walk_begin(kvm);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		if (vcpu->arch.apic->id > max)
			max = vcpu->arch.apic->id;
	}
	kvm_walk_end(kvm, cookie);
	return max;
}

static void kvm_fill_apic_map(struct kvm *kvm, struct kvm_apic_map *map)
{
	struct kvm_vcpu *vcpu;
	int i, cookie;

	cookie = kvm_walk_begin(kvm);
	kvm_for_each_vcpu (i, vcpu, kvm) {
		struct kvm_lapic *apic = vcpu->arch.apic;

		vs_note(VS_NOTE_WALK_VISIT, vcpu, (u32)i);
		if (apic->id <= map->max_apic_id) /* who came since the first walk builds its own */
			map->phys_map[apic->id] = apic;
	}
	kvm_walk_end(kvm, cookie);
}

/* The table has changed. May sleep. */
static void kvm_recalculate_apic_map(struct kvm *kvm)
{
	struct kvm_apic_map *new, *old;
	u32 max;

	if (!kvm->arch.has_apic_map)
		return;
	mutex_lock(&kvm->arch.apic_map_lock);
	max = kvm_max_apic_id(kvm);
	new = kvzalloc(sizeof(*new) + ((size_t)max + 1) * sizeof(new->phys_map[0]),
		       GFP_KERNEL | __GFP_HOST);
	if (new) {
		new->max_apic_id = max;
		kvm_fill_apic_map(kvm, new);
	}
	old = rcu_dereference_protected(kvm->arch.apic_map,
					mutex_is_locked(&kvm->arch.apic_map_lock));
	rcu_assign_pointer(kvm->arch.apic_map, new);
	mutex_unlock(&kvm->arch.apic_map_lock);
	if (old)
		kfree_rcu(old, rcu);
}

/* Nobody uses the VM any more. Maps that still wait for their grace period are part of it. */
static void kvm_free_apic_map(struct kvm *kvm)
{
	if (!kvm->arch.has_apic_map)
		return;
	kvfree(kvm->arch.apic_map);
	rcu_barrier();
}

/* Inside an RCU section; without a map, in one of the table's. NULL: nobody has this id. */
static struct kvm_vcpu *kvm_vcpu_by_apic_id(struct kvm *kvm, struct kvm_apic_map *map, u32 id)
{
	struct kvm_lapic *apic;

	if (!map)
		return kvm_get_told_by_id(kvm, id);
	if (id > map->max_apic_id)
		return NULL;
	apic = READ_ONCE(map->phys_map[id]);
	return apic ? apic->vcpu : NULL;
}

#endif
