/*
 * rcu-array-expedited: `rcu-array` whose creates ask RCU to hurry: every CPU that may have a reader
 * is interrupted, and the creator waits for less than a tick.
 *
 *	struct kvm
 *	  vcpus.array ----> { online = 3 | 0 | 1 | 2 }
 *	        :
 *	        : readers that came before      { online = 2 | 0 | 1 }    freed after a grace period
 *
 * Ordering and lifetime: rcu-array.h, L1 by an expedited grace period.
 * Progress
 *  P1  Readers: no locks, no writes of shared memory; but each create may interrupt them.
 *  P2  Every create copies the whole array and waits an expedited grace period.
 */
#ifndef VS_TABLE_RCU_ARRAY_EXPEDITED_H
#define VS_TABLE_RCU_ARRAY_EXPEDITED_H

#define KVM_ARRAY_WAIT() synchronize_rcu_expedited()
#include "rcu-array.h"

#endif
