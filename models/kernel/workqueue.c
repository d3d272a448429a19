/*
 * Work queues: per CPU a lock, a list of what is ready and one of what is delayed, in the area of
 * the thread that serves them.
 *
 * Why no wake-up is lost: the worker says that it sleeps under the lock under which it has found
 * nothing to do.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#define CALLER ((uintptr_t)__builtin_return_address(0))

static struct worker_pool *pool_of(u32 cpu)
{
	return &((struct task_struct *)vs_task_area(vs_cpu_worker(cpu)))->pool;
}

static void append(struct work_list *list, struct work_struct *work)
{
	work->next = NULL;
	if (list->last)
		list->last->next = work;
	else
		list->first = work;
	list->last = work;
}

/* The item after `before`, or the first. */
static void take_out(struct work_list *list, struct work_struct *before, struct work_struct *work)
{
	if (before)
		before->next = work->next;
	else
		list->first = work->next;
	if (list->last == work)
		list->last = before;
}

static bool find(struct work_list *list, struct work_struct *work, struct work_struct **before)
{
	*before = NULL;
	for (struct work_struct *w = list->first; w; *before = w, w = w->next)
		if (w == work)
			return true;
	return false;
}

/* -- queueing ------------------------------------------------------------------------------- */

static void unlock_and_wake(struct worker_pool *pool, u32 cpu)
{
	bool wake = !pool->awake;

	pool->awake = true;
	spin_unlock(&pool->lock);
	if (wake)
		vs_task_wake(vs_cpu_worker(cpu));
}

/* Locks the pool of that CPU, or the one where the work runs right now. */
static struct worker_pool *lock_pool_for(struct work_struct *work, u32 *cpu)
{
	struct worker_pool *pool;
	u32 last = READ_ONCE(work->cpu);

	if (last != *cpu) {
		pool = pool_of(last);
		spin_lock(&pool->lock);
		if (pool->running == work) {
			*cpu = last;
			return pool;
		}
		spin_unlock(&pool->lock);
	}
	pool = pool_of(*cpu);
	spin_lock(&pool->lock);
	return pool;
}

bool queue_work_on(u32 cpu, struct work_struct *work)
{
	struct worker_pool *pool;

	if (xchg(&work->pending, 1))
		return false;
	pool = lock_pool_for(work, &cpu);
	WRITE_ONCE(work->cpu, cpu);
	append(&pool->ready, work);
	unlock_and_wake(pool, cpu);
	return true;
}

/* A timer never fires early: the jiffy under way does not count. */
bool queue_delayed_work(struct work_struct *work, unsigned long delay)
{
	struct worker_pool *pool;
	u32 cpu;

	if (xchg(&work->pending, 1))
		return false;
	preempt_disable();
	cpu = smp_processor_id();
	pool = lock_pool_for(work, &cpu);
	WRITE_ONCE(work->cpu, cpu);
	work->due = delay ? jiffies_to_ps(jiffies + delay + 1) : 0;
	append(delay ? &pool->delayed : &pool->ready, work);
	unlock_and_wake(pool, cpu);
	preempt_enable();
	return true;
}

/* -- waiting for it -------------------------------------------------------------------------- */

static void flushed(struct work_struct *work)
{
	complete(&container_of(work, struct work_flush, work)->done);
}

/* Waits until the worker of that CPU has come to the end of what is ready now. */
static void flush_pool(struct worker_pool *pool, u32 cpu, uintptr_t site)
{
	struct work_flush *flush = &current_area()->flush;

	INIT_WORK(&flush->work, flushed);
	flush->work.pending = 1;
	flush->work.cpu = cpu;
	init_completion(&flush->done);
	append(&pool->ready, &flush->work);
	unlock_and_wake(pool, cpu);
	wait_for_completion_at(&flush->done, VS_WAIT_LOCK, pool, site);
}

static void drain_work(struct work_struct *work, bool drop, uintptr_t site)
{
	for (;;) {
		struct work_struct *before;
		u32 cpu = READ_ONCE(work->cpu);
		struct worker_pool *pool = pool_of(cpu);

		spin_lock(&pool->lock);
		if (find(&pool->delayed, work, &before)) {
			take_out(&pool->delayed, before, work);
			if (drop)
				WRITE_ONCE(work->pending, 0);
			else
				append(&pool->ready, work);
		}
		if (!READ_ONCE(work->pending) && pool->running != work) {
			spin_unlock(&pool->lock);
			return;
		}
		flush_pool(pool, cpu, site);
	}
}

void flush_work(struct work_struct *work)
{
	drain_work(work, false, CALLER);
}

void cancel_delayed_work_sync(struct work_struct *work)
{
	drain_work(work, true, CALLER);
}

/* -- the worker ------------------------------------------------------------------------------ */

/* Makes ready what is due. Returns when the next one will be. */
static vs_ps look_at_delayed(struct worker_pool *pool)
{
	struct work_struct *before = NULL, *next;
	vs_ps first = VS_PS_NEVER, now = vs_now_ps();

	for (struct work_struct *w = pool->delayed.first; w; w = next) {
		next = w->next;
		if (w->due <= now) {
			take_out(&pool->delayed, before, w);
			append(&pool->ready, w);
			continue;
		}
		if (w->due < first)
			first = w->due;
		before = w;
	}
	return first;
}

void worker_thread(void *unused)
{
	struct worker_pool *pool = &current_area()->pool;

	(void)unused;
	for (;;) {
		struct work_struct *work;
		vs_ps due;

		spin_lock(&pool->lock);
		due = look_at_delayed(pool);
		work = pool->ready.first;
		pool->running = work;
		pool->awake = work != NULL;
		if (work) {
			take_out(&pool->ready, NULL, work);
			WRITE_ONCE(work->pending, 0);
		}
		spin_unlock(&pool->lock);
		if (work) {
			smp_mb(); /* who finds it not pending will be seen by what it does */
			work->func(work);
			cond_resched();
		} else {
			vs_task_block(VS_WAIT_WORK, pool, NULL, due);
		}
	}
}
