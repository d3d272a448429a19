/*
 * Simple wait queues. The queue's lock covers the list and the `queue` word of its members.
 */
#include <linux/atomic.h>
#include <linux/sched.h>
#include <linux/swait.h>

void init_swait_queue_head(struct swait_queue_head *q)
{
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->task_list);
}

void prepare_to_swait(struct swait_queue_head *q)
{
	struct swait_queue *node = &current_area()->swait;

	spin_lock(&q->lock);
	if (!node->queue) {
		node->task = vs_task_current();
		node->queue = q;
		list_add_tail(&node->task_list, &q->task_list);
	}
	BUG_ON(node->queue != q);
	spin_unlock(&q->lock);
	smp_mb(); /* in the queue before the condition is read */
}

void finish_swait(struct swait_queue_head *q)
{
	struct swait_queue *node = &current_area()->swait;

	if (!READ_ONCE(node->queue))
		return; /* a waker took us out and is done with the node */
	spin_lock(&q->lock);
	if (node->queue) {
		list_del(&node->task_list);
		node->queue = NULL;
	}
	spin_unlock(&q->lock);
}

/* q->lock is held and the queue not empty */
static void wake_first(struct swait_queue_head *q)
{
	struct swait_queue *node = list_first_entry(&q->task_list, struct swait_queue, task_list);
	struct vs_task *task = node->task;

	list_del(&node->task_list);
	WRITE_ONCE(node->queue, NULL); /* the last we do with it */
	vs_task_wake(task);
}

void swake_up(struct swait_queue_head *q)
{
	spin_lock(&q->lock);
	if (!list_empty(&q->task_list))
		wake_first(q);
	spin_unlock(&q->lock);
}

void swake_up_all(struct swait_queue_head *q)
{
	spin_lock(&q->lock);
	while (!list_empty(&q->task_list))
		wake_first(q);
	spin_unlock(&q->lock);
}
