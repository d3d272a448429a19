/*
 * linux/rwlock.h - many readers or one writer, spinning: a queued lock.
 *
 * Invariants: a holder has preemption off. Who finds a writer in the way, or is one, stands in a
 * queue in order of arrival (wait_lock); so a writer waits for the readers that were there and no
 * others. A reader in no writer's way costs one atomic, and dirties the lock's line all the same.
 */
#ifndef VCPUSIM_LINUX_RWLOCK_H
#define VCPUSIM_LINUX_RWLOCK_H

#include <linux/spinlock.h>

typedef struct {
	union {
		unsigned int word; /* readers, and two flags of models/kernel/rwlock.c */
		u8 writer;         /* the byte of who holds it for writing */
	};
	spinlock_t wait_lock;
} rwlock_t;

void rwlock_init(rwlock_t *lock);
void read_lock(rwlock_t *lock);
void read_unlock(rwlock_t *lock); /* may switch, if preemption is on again */
void write_lock(rwlock_t *lock);
void write_unlock(rwlock_t *lock); /* as read_unlock */

#endif
