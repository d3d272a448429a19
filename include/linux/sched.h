/*
 * linux/sched.h - threads.
 *
 * struct task_struct is what the kernel room keeps for each thread, in the memory that comes with
 * it: all that others link to while the thread waits. Nothing of the kind is ever on a stack,
 * which no other thread may touch.
 */
#ifndef VCPUSIM_LINUX_SCHED_H
#define VCPUSIM_LINUX_SCHED_H

#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/swait.h>
#include <linux/workqueue.h>

struct mutex_waiter {
	struct list_head list;
	struct vs_task *task;
};

struct swait_queue {
	struct list_head task_list;
	struct vs_task *task;
	struct swait_queue_head *queue; /* in it; NULL: in none */
};

/* A callback that ends the wait of the thread it belongs to. */
struct rcu_synchronize {
	struct rcu_head head;
	struct completion done;
};

struct work_flush {
	struct work_struct work;
	struct completion done;
};

struct kvm_vcpu;

struct task_struct {
	struct spin_node spin[VS_SPIN_NEST]; /* a line each: others write there while we spin */
	struct mutex_waiter mutex ____cacheline_aligned;
	struct swait_queue swait ____cacheline_aligned;
	union { /* a worker waits for nobody, and nobody waits for two at once */
		struct worker_pool pool;
		struct rcu_synchronize sync;
		struct work_flush flush;
	} ____cacheline_aligned;
	struct vs_task *vs ____cacheline_aligned; /* set by the first use of `current` */
	int rcu_read_lock_nesting;                /* models/kernel/rcu.c counts elsewhere */
	struct kvm_vcpu *vcpu;                    /* linux/kvm_running.h */
};

BUILD_BUG_ON(sizeof(struct task_struct) > VS_TASK_AREA_BYTES);

/* The area itself, without looking into it. */
static inline struct task_struct *current_area(void)
{
	return vs_task_area(vs_task_current());
}

static inline struct task_struct *get_current(void)
{
	struct vs_task *t = vs_task_current();
	struct task_struct *task = vs_task_area(t);

	if (unlikely(!task->vs))
		task->vs = t;
	return task;
}

#define current get_current()

/* The thread has used `current` before, as whoever published a pointer to it has. */
static inline void wake_up_process(struct task_struct *task)
{
	vs_task_wake(task->vs);
}

/* Sleep until woken; may return without a reason. */
static inline void schedule(void)
{
	vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
}

#define cond_resched() vs_cond_resched()
/* Before guest mode is entered: gives way if asked to, however the kernel preempts. */
#define xfer_to_guest_mode_handle_work() vs_resched()
#define cpu_relax() vs_cpu_relax()

#endif
