/*
 * rcu-array-section: `rcu-array` with one RCU section around the whole of a walk: the patch's
 * kvm_for_each_vcpu_rcu.
 *
 * Drawing, ordering and lifetime: rcu-array.h, but
 *  O5  A walk looks the pointer up once and goes through that array.
 *  L3  The body of a walk does not sleep. A vCPU that was found is good until the section's end, so
 *      that it may be taken out and freed after a grace period.
 * Progress
 *  P1  Readers: no locks, no writes of shared memory.
 *  P2  Every create copies the whole array and waits a grace period, after dropping the lock; so
 *      does an unplug, without the copy.
 */
#ifndef VS_TABLE_RCU_ARRAY_SECTION_H
#define VS_TABLE_RCU_ARRAY_SECTION_H

#define KVM_ARRAY_WALK_SECTION
#include "rcu-array.h"

#endif
