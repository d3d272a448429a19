/*
 * rcu-array-call: `rcu-array` whose old arrays are freed by a callback, so that a create doesn't
 * wait. A comment in the 2017 patch.
 *
 *	struct kvm
 *	  vcpus.array ----> { head, online = 4 | 0 | 1 | 2 | 3 }
 *
 *	  callbacks   ----> { head, online = 3 | 0 | 1 | 2 } --> { head, online = 2 | 0 | 1 } -->
 *...
 *
 * Ordering and lifetime: rcu-array.h, with array.h's L1 by call_rcu().
 * Progress
 *  P1  Readers: no locks, no writes of shared memory.
 *  P2  Every create copies the whole array and waits for nobody. What is not freed yet grows with
 *      the creates of a grace period, each as long as the table was.
 */
#ifndef VS_TABLE_RCU_ARRAY_CALL_H
#define VS_TABLE_RCU_ARRAY_CALL_H

#define KVM_ARRAY_DEFER
#include "rcu-array.h"

#endif
