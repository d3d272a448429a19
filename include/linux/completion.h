/*
 * linux/completion.h - one thread waits until another is done.
 *
 * Invariants: one waiter. It is not touched any more once it is done, so that the waiter may free
 * it. It is in the waiter's area (struct task_struct) or in memory of its own, never on a stack.
 */
#ifndef VCPUSIM_LINUX_COMPLETION_H
#define VCPUSIM_LINUX_COMPLETION_H

#include <linux/barrier.h>
#include <linux/types.h>
#include <vcpusim/port.h>

struct completion {
	struct vs_task *waiter;
	int done;
};

/* By the thread that will wait. */
static inline void init_completion(struct completion *c)
{
	c->waiter = vs_task_current();
	c->done = 0;
}

static inline void complete(struct completion *c)
{
	struct vs_task *waiter = c->waiter;

	smp_store_release(&c->done, 1);
	vs_task_wake(waiter);
}

/* May switch. Reports say that the thread waits for `what` at `site`. */
static inline void wait_for_completion_at(struct completion *c, enum vs_wait why, const void *what,
					  uintptr_t site)
{
	while (!smp_load_acquire(&c->done))
		vs_task_block_at(why, what, NULL, VS_PS_NEVER, site);
}

static inline void wait_for_completion(struct completion *c)
{
	wait_for_completion_at(c, VS_WAIT_LOCK, c, (uintptr_t)__builtin_return_address(0));
}

#endif
