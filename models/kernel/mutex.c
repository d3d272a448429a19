/*
 * Mutexes: a word that names the owner, and a queue of sleepers.
 *
 *	owner: [ struct vs_task * | HANDOFF | WAITERS ]
 *
 * WAITERS: the queue is not empty, so the unlock has somebody to wake. HANDOFF: the first waiter
 * was woken once and found the mutex taken again; the unlock gives it to that waiter and newcomers
 * keep off.
 *
 * Why no wake-up is lost: a waiter queues and sets WAITERS under wait_lock, and only then looks
 * once more whether the mutex is free. An unlock that came before is seen by that look; one that
 * comes after finds WAITERS and wakes.
 */
#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#define CALLER ((uintptr_t)__builtin_return_address(0))

#define MUTEX_WAITERS 1ul
#define MUTEX_HANDOFF 2ul
#define MUTEX_FLAGS (MUTEX_WAITERS | MUTEX_HANDOFF)

static inline unsigned long me(void)
{
	return (unsigned long)vs_task_current();
}

static inline struct vs_task *owner_of(unsigned long word)
{
	return (struct vs_task *)(word & ~MUTEX_FLAGS);
}

void mutex_init(struct mutex *lock)
{
	lock->owner = 0;
	spin_lock_init(&lock->wait_lock);
	INIT_LIST_HEAD(&lock->wait_list);
}

/* Take it if it is free; for the first waiter, also if it has been handed over. */
static bool mutex_take(struct mutex *lock, bool first)
{
	unsigned long old = READ_ONCE(lock->owner), found;

	for (;;) {
		if (owner_of(old))
			return first && owner_of(old) == vs_task_current();
		if ((old & MUTEX_HANDOFF) && !first)
			return false;
		found = cmpxchg(&lock->owner, old, me() | (old & MUTEX_WAITERS));
		if (found == old)
			return true;
		old = found;
	}
}

static bool is_first(struct mutex *lock, struct mutex_waiter *w)
{
	return list_first_entry(&lock->wait_list, struct mutex_waiter, list) == w;
}

static void mutex_lock_slow(struct mutex *lock, enum vs_wait why, uintptr_t site)
{
	struct mutex_waiter *w = &current_area()->mutex;

	spin_lock(&lock->wait_lock);
	w->task = vs_task_current();
	list_add_tail(&w->list, &lock->wait_list);
	__atomic_fetch_or(&lock->owner, MUTEX_WAITERS, __ATOMIC_SEQ_CST);
	for (bool woken = false;; woken = true) {
		bool first = is_first(lock, w);
		struct vs_task *owner;

		if (mutex_take(lock, first))
			break;
		if (first && woken) {
			__atomic_fetch_or(&lock->owner, MUTEX_HANDOFF, __ATOMIC_SEQ_CST);
			/* It may have been let go before the flag stood there. */
			if (mutex_take(lock, first))
				break;
		}
		owner = owner_of(READ_ONCE(lock->owner)); /* not us: wait_lock is held */
		spin_unlock(&lock->wait_lock);
		vs_task_block_at(why, lock, owner, VS_PS_NEVER, site);
		spin_lock(&lock->wait_lock);
	}
	list_del(&w->list);
	if (list_empty(&lock->wait_list))
		__atomic_fetch_and(&lock->owner, ~MUTEX_FLAGS, __ATOMIC_SEQ_CST);
	spin_unlock(&lock->wait_lock);
}

static inline void mutex_lock_at(struct mutex *lock, enum vs_wait why, uintptr_t site)
{
	if (cmpxchg(&lock->owner, 0, me()) != 0)
		mutex_lock_slow(lock, why, site);
}

void mutex_lock_as(struct mutex *lock, enum vs_wait why)
{
	mutex_lock_at(lock, why, CALLER);
}

void mutex_lock(struct mutex *lock)
{
	mutex_lock_at(lock, VS_WAIT_LOCK, CALLER);
}

bool mutex_trylock(struct mutex *lock)
{
	return mutex_take(lock, false);
}

static void mutex_unlock_slow(struct mutex *lock)
{
	struct vs_task *next;
	unsigned long old;

	spin_lock(&lock->wait_lock);
	/* WAITERS was set, and no waiter leaves the queue while we own the mutex. */
	next = list_first_entry(&lock->wait_list, struct mutex_waiter, list)->task;
	old = READ_ONCE(lock->owner);
	if (old & MUTEX_HANDOFF)
		smp_store_release(&lock->owner, (unsigned long)next | MUTEX_WAITERS);
	else
		smp_store_release(&lock->owner, MUTEX_WAITERS);
	spin_unlock(&lock->wait_lock);
	vs_task_wake(next);
}

void mutex_unlock(struct mutex *lock)
{
	BUG_ON(owner_of(READ_ONCE(lock->owner)) != vs_task_current());
	if (cmpxchg(&lock->owner, me(), 0) != me())
		mutex_unlock_slow(lock);
}
