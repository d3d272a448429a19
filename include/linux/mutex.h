/*
 * linux/mutex.h - a lock that sleeps.
 *
 * Invariants: the owner word holds the owning thread and two flags. Waiters queue in order of
 * arrival. A newcomer may take a free mutex before a waiter that is being woken has got to it,
 * once: the waiter then asks for a hand-off, and the next unlock makes it the owner directly.
 * Unlike Linux' mutex, a newcomer never spins while the owner runs.
 */
#ifndef VCPUSIM_LINUX_MUTEX_H
#define VCPUSIM_LINUX_MUTEX_H

#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/spinlock.h>
#include <vcpusim/port.h>

struct mutex {
	unsigned long owner; /* struct vs_task *, with the flags of models/kernel/mutex.c */
	spinlock_t wait_lock;
	struct list_head wait_list;
};

void mutex_init(struct mutex *lock);
void mutex_lock(struct mutex *lock); /* may switch */
/* Where waiting for the mutex is a part of waiting for something else, it is booked as that. */
void mutex_lock_as(struct mutex *lock, enum vs_wait why);
bool mutex_trylock(struct mutex *lock);
void mutex_unlock(struct mutex *lock); /* by the owner */

static inline bool mutex_is_locked(const struct mutex *lock)
{
	return READ_ONCE(lock->owner) != 0;
}

#endif
