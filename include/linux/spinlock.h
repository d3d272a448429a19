/*
 * linux/spinlock.h - short critical sections: a queued lock.
 *
 * Invariants: a holder has preemption off. Waiters stand in a queue in order of arrival, each
 * spinning on a node of its own in its thread's area, so that a hand-over touches one line of the
 * next waiter and nothing of the others. A thread holds at most VS_SPIN_NEST of them at once.
 */
#ifndef VCPUSIM_LINUX_SPINLOCK_H
#define VCPUSIM_LINUX_SPINLOCK_H

#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define VS_SPIN_NEST 4

struct spin_node {
	struct spin_node *next; /* who waits behind */
	const void *lock;       /* held or waited for; NULL: node is free */
	int granted;
} ____cacheline_aligned;

typedef struct spinlock {
	struct spin_node *tail; /* last waiter, or the holder; NULL: free */
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->tail = NULL;
}

void spin_lock(spinlock_t *lock);
bool spin_trylock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock); /* may switch, if preemption is on again */

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->tail) != NULL;
}

#endif
