/*
 * linux/workqueue.h - functions that a kernel thread of some CPU calls later.
 *
 * Invariants: a work item is queued at most once at a time; it may be queued again, also by its own
 * function, as soon as that has begun. It never runs twice at once: queued while it runs, it stays
 * with the worker that runs it. A worker calls one function after the other, in the order of
 * queueing; a function may sleep, but nothing else of that CPU is called meanwhile.
 *
 * Unlike Linux's there is one set of workers, one thread per CPU, and delays are watched by the
 * worker, not by timer interrupts: queueing with a delay wakes it.
 */
#ifndef VCPUSIM_LINUX_WORKQUEUE_H
#define VCPUSIM_LINUX_WORKQUEUE_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <vcpusim/types.h>

struct work_struct {
	struct work_struct *next;
	void (*func)(struct work_struct *work);
	vs_ps due;   /* of one that is delayed */
	u32 cpu;     /* whose worker has it or had it last */
	u32 pending; /* queued or about to be, and not begun */
};

struct work_list {
	struct work_struct *first, *last;
};

/* In the area of the CPU's worker; nothing queued when all is zero. */
struct worker_pool {
	spinlock_t lock;
	struct work_list ready, delayed;
	struct work_struct *running;
	bool awake; /* else whoever queues wakes the worker */
};

static inline void INIT_WORK(struct work_struct *work, void (*func)(struct work_struct *work))
{
	*work = (struct work_struct){.func = func};
}

/* All return false if it was queued already. Work without a CPU runs on the caller's. */
bool queue_work_on(u32 cpu, struct work_struct *work);
bool queue_delayed_work(struct work_struct *work, unsigned long jiffies_from_now);

/* Nobody else queues it meanwhile, but for itself. A delay is cut short. Then return when it is
 * neither queued nor running. May switch. */
void flush_work(struct work_struct *work);
/* Likewise, but what is still delayed is dropped. */
void cancel_delayed_work_sync(struct work_struct *work);

/* The life of the workers: see vs_cpu_worker(). */
void worker_thread(void *unused);

#endif
