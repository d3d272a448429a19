/*
 * Spinning reader-writer locks, as Linux's queued ones.
 *
 *	word: [ readers | WAITING | WRITER ]
 *
 * A reader counts itself first and looks at the flags after: none set, it is in. Otherwise it takes
 * itself out again and queues on wait_lock; so does a writer unless the whole word is 0. Who has
 * wait_lock is next: a reader counts itself for good and waits for the writer there is; a writer
 * sets WAITING, which keeps new readers out, and waits for the word to be that alone.
 *
 * Ordering: taking it is a full barrier, releasing it a release.
 */
#include <linux/atomic.h>
#include <linux/preempt.h>
#include <linux/rwlock.h>
#include <linux/sched.h>

#define RW_WRITER 0xffu
#define RW_WAITING 0x100u
#define RW_READER 0x200u

void rwlock_init(rwlock_t *lock)
{
	lock->word = 0;
	spin_lock_init(&lock->wait_lock);
}

static void read_lock_in_line(rwlock_t *lock)
{
	__atomic_fetch_sub(&lock->word, RW_READER, __ATOMIC_SEQ_CST);
	spin_lock(&lock->wait_lock);
	__atomic_fetch_add(&lock->word, RW_READER, __ATOMIC_SEQ_CST);
	while (smp_load_acquire(&lock->word) & RW_WRITER)
		cpu_relax();
	spin_unlock(&lock->wait_lock);
}

void read_lock(rwlock_t *lock)
{
	preempt_disable();
	if (__atomic_add_fetch(&lock->word, RW_READER, __ATOMIC_SEQ_CST) & (RW_WRITER | RW_WAITING))
		read_lock_in_line(lock);
}

void read_unlock(rwlock_t *lock)
{
	__atomic_fetch_sub(&lock->word, RW_READER, __ATOMIC_SEQ_CST);
	preempt_enable();
}

static void write_lock_in_line(rwlock_t *lock)
{
	spin_lock(&lock->wait_lock);
	__atomic_fetch_or(&lock->word, RW_WAITING, __ATOMIC_SEQ_CST);
	for (;;) {
		if (READ_ONCE(lock->word) != RW_WAITING)
			cpu_relax();
		else if (cmpxchg(&lock->word, RW_WAITING, RW_WRITER) == RW_WAITING)
			break;
	}
	spin_unlock(&lock->wait_lock);
}

void write_lock(rwlock_t *lock)
{
	preempt_disable();
	if (cmpxchg(&lock->word, 0, RW_WRITER))
		write_lock_in_line(lock);
}

void write_unlock(rwlock_t *lock)
{
	smp_store_release(&lock->writer, 0);
	preempt_enable();
}
