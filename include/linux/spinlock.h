/*
 * linux/spinlock.h - short critical sections: a queued lock.
 *
 * Invariants: a holder has preemption off. Waiters stand in a queue in order of arrival; only the
 * first spins on the lock itself, the others each on a node of its own in its thread's area. A lock
 * that nobody waits for costs one atomic and touches one line. A thread waits for at most
 * VS_SPIN_NEST of them at once.
 */
#ifndef VCPUSIM_LINUX_SPINLOCK_H
#define VCPUSIM_LINUX_SPINLOCK_H

#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>

#define VS_SPIN_NEST 4

struct spin_node {
	struct spin_node *next; /* who waits behind */
	int granted;            /* first in line now */
	int used;
} ____cacheline_aligned;

/* One word: a byte "held", above it the last node in line. The holder clears its byte alone. */
typedef struct spinlock {
	union {
		unsigned long word;
		u8 locked;
	};
} spinlock_t;

typedef spinlock_t raw_spinlock_t;

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->word = 0;
}

void spin_lock(spinlock_t *lock);
bool spin_trylock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock); /* may switch, if preemption is on again */

static inline bool spin_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->locked) != 0;
}

#include <linux/rwlock.h> /* reader-writer locks come with this header */

#endif
