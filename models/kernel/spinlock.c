/*
 * Spinlocks: the queued lock of Mellor-Crummey and Scott.
 *
 * Ordering: taking the lock is a full barrier (the exchange), being granted it an acquire that
 * pairs with the release of the one before.
 */
#include <linux/atomic.h>
#include <linux/sched.h>
#include <linux/spinlock.h>

/* The calling thread's node for this lock (NULL: one that is free). */
static struct spin_node *find_node(const void *lock)
{
	struct task_struct *task = current_area();

	for (int i = 0; i < VS_SPIN_NEST; i++)
		if (task->spin[i].lock == lock)
			return &task->spin[i];
	BUG(); /* nested too deeply, or unlock of a lock not held */
}

static struct spin_node *claim_node(const void *lock)
{
	struct spin_node *node = find_node(NULL);

	node->lock = lock;
	node->next = NULL;
	node->granted = 0;
	return node;
}

void spin_lock(spinlock_t *lock)
{
	struct spin_node *node, *before;

	preempt_disable();
	node = claim_node(lock);
	before = xchg(&lock->tail, node);
	if (!before)
		return;
	WRITE_ONCE(before->next, node);
	while (!smp_load_acquire(&node->granted))
		cpu_relax();
}

bool spin_trylock(spinlock_t *lock)
{
	struct spin_node *node;

	if (READ_ONCE(lock->tail))
		return false;
	preempt_disable();
	node = claim_node(lock);
	if (!cmpxchg(&lock->tail, NULL, node))
		return true;
	node->lock = NULL;
	preempt_enable();
	return false;
}

void spin_unlock(spinlock_t *lock)
{
	struct spin_node *node = find_node(lock), *next = READ_ONCE(node->next);

	if (!next && cmpxchg(&lock->tail, node, NULL) != node) {
		/* Somebody has queued behind us and is about to say so. */
		while (!(next = READ_ONCE(node->next)))
			cpu_relax();
	}
	if (next)
		smp_store_release(&next->granted, 1);
	node->lock = NULL;
	preempt_enable();
}
