/*
 * linux/swait.h - simple wait queues: sleep until a condition that others make true.
 *
 *	prepare_to_swait(q);
 *	while (!condition) { vs_task_block(...); prepare_to_swait(q); }
 *	finish_swait(q);
 *
 * Invariants: a thread waits in at most one queue, with the node of its area. A waker makes the
 * condition true first; since both sides have a full barrier in between, either it finds the
 * sleeper in the queue or the sleeper finds the condition true. Waking takes the sleeper out of
 * the queue.
 */
#ifndef VCPUSIM_LINUX_SWAIT_H
#define VCPUSIM_LINUX_SWAIT_H

#include <linux/list.h>
#include <linux/spinlock.h>

struct swait_queue_head {
	raw_spinlock_t lock;
	struct list_head task_list;
};

void init_swait_queue_head(struct swait_queue_head *q);
void prepare_to_swait(struct swait_queue_head *q); /* may be repeated; ends in a full barrier */
void finish_swait(struct swait_queue_head *q);

/* Is somebody in the queue? The caller has a full barrier since it made the condition true. */
static inline bool swait_active(const struct swait_queue_head *q)
{
	return !list_empty(&q->task_list);
}

/* Sleeps until the condition is true, which is looked at before each sleep. */
#define swait_event_exclusive(wq, condition)                                                       \
	do {                                                                                       \
		prepare_to_swait(&(wq));                                                           \
		while (!(condition)) {                                                             \
			vs_task_block(VS_WAIT_LOCK, &(wq), NULL, VS_PS_NEVER);                     \
			prepare_to_swait(&(wq));                                                   \
		}                                                                                  \
		finish_swait(&(wq));                                                               \
	} while (0)

void swake_up(struct swait_queue_head *q); /* the first, if any */
void swake_up_all(struct swait_queue_head *q);

#endif
