/*
 * rcu-array-double: `rcu-array`, twice as long whenever it is full.
 *
 *	struct kvm
 *	  vcpus.array ----> { online = 3, room = 4 | 0 | 1 | 2 | . }
 *	        :
 *	        : readers that came before      { online = 2, room = 2 | 0 | 1 }
 *
 * Ordering and lifetime: rcu-array.h.
 * Progress
 *  P1  Readers: no locks, no writes of shared memory; a read barrier.
 *  P2  A create that finds no room copies the array and waits a grace period: 13 of 4,096. The
 *      others do neither.
 */
#ifndef VS_TABLE_RCU_ARRAY_DOUBLE_H
#define VS_TABLE_RCU_ARRAY_DOUBLE_H

#define KVM_ARRAY_ROOM(kvm, n) KVM_ARRAY_DOUBLED(n)
#include "rcu-array.h"

#endif
