/*
 * Spinlocks: a word that says "held", and behind it a queue for those who do not get it at once, as
 * Linux's queued spinlocks have it. Who finds the lock free and nobody waiting takes the word with
 * one atomic and touches nothing else. Others line up (the queue of Mellor-Crummey and Scott), each
 * spinning on a node of its own; only the first in line spins on the word.
 *
 * Ordering: taking the word is a full barrier, releasing it a release.
 */
#include <linux/atomic.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

#define SPIN_LOCKED 1ul

static struct spin_node *claim_node(void)
{
	struct task_struct *task = current_area();

	for (int i = 0; i < VS_SPIN_NEST; i++) {
		struct spin_node *node = &task->spin[i];

		if (node->used)
			continue;
		node->used = 1;
		WRITE_ONCE(node->next, NULL); /* who was behind us the last time wrote it */
		node->granted = 0;
		return node;
	}
	BUG(); /* nested too deeply */
}

/* Nodes are line-aligned: without those 6 bits there is room for a whole byte "held" below. */
static inline unsigned long tail_word(const struct spin_node *node)
{
	return (unsigned long)node >> 6 << 8;
}

static inline struct spin_node *tail_of(unsigned long word)
{
	return (struct spin_node *)(word >> 8 << 6);
}

/* Puts the node at the end of the line; returns the one before it. */
static struct spin_node *line_up(spinlock_t *lock, struct spin_node *node)
{
	unsigned long old = READ_ONCE(lock->word), seen;

	for (;;) {
		seen = cmpxchg(&lock->word, old, tail_word(node) | (old & SPIN_LOCKED));
		if (seen == old)
			return tail_of(old);
		old = seen;
	}
}

/* First in line: take the lock as soon as it is free, and let the next be first. */
static void take_in_turn(spinlock_t *lock, struct spin_node *node)
{
	struct spin_node *next;
	unsigned long word;

	while ((word = READ_ONCE(lock->word)) & SPIN_LOCKED)
		cpu_relax();
	if (tail_of(word) == node && cmpxchg(&lock->word, word, SPIN_LOCKED) == word)
		return;                      /* nobody is behind us */
	smp_store_release(&lock->locked, 1); /* ours to write: the line is not empty */
	while (!(next = READ_ONCE(node->next)))
		cpu_relax(); /* it has queued and is about to say so */
	smp_store_release(&next->granted, 1);
}

static void lock_in_line(spinlock_t *lock)
{
	struct spin_node *node = claim_node(), *before = line_up(lock, node);

	if (before) {
		WRITE_ONCE(before->next, node);
		while (!smp_load_acquire(&node->granted))
			cpu_relax();
	}
	take_in_turn(lock, node);
	node->used = 0;
}

void spin_lock(spinlock_t *lock)
{
	preempt_disable();
	if (cmpxchg(&lock->word, 0, SPIN_LOCKED))
		lock_in_line(lock);
}

bool spin_trylock(spinlock_t *lock)
{
	if (READ_ONCE(lock->word))
		return false;
	preempt_disable();
	if (!cmpxchg(&lock->word, 0, SPIN_LOCKED))
		return true;
	preempt_enable();
	return false;
}

void spin_unlock(spinlock_t *lock)
{
	smp_store_release(&lock->locked, 0);
	preempt_enable();
}
