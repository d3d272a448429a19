/*
 * rcu-array-prealloc: `rcu-array` with room for some vCPUs ahead, from the VM's birth on. Meant to
 * be done by the 2017 patch, and not.
 *
 *	struct kvm
 *	  vcpus.array ----> { online = 3, room = 64 | 0 | 1 | 2 | . | . | . ... }
 *
 * Ordering and lifetime: rcu-array.h.
 * Progress
 *  P1  Readers: no locks, no writes of shared memory; a read barrier.
 *  P2  One create in `ahead` copies the array and waits a grace period. The others do neither.
 */
#ifndef VS_TABLE_RCU_ARRAY_PREALLOC_H
#define VS_TABLE_RCU_ARRAY_PREALLOC_H

#define KVM_TABLE_PARAMS(P) P(ahead, 64, 1, 4096, 0, "vCPUs that the array is longer by each time")
#define KVM_ARRAY_ROOM(kvm, n)                                                                     \
	(((n) ? ((n) + (kvm)->params.ahead - 1) / (kvm)->params.ahead : 1) * (kvm)->params.ahead)
#include "rcu-array.h"

#endif
