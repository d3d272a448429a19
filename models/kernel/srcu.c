/*
 * Sleepable RCU.
 *
 * Ordering: a reader's count is followed, and its end preceded, by a full barrier; so are the two
 * sums of a scan and the flip. A reader that a scan misses therefore sees everything that was done
 * before the grace period began.
 *
 * Why two scans: a reader may have loaded the index long ago and count only now. Draining the
 * inactive index first makes sure that such latecomers of the last flip are gone before that index
 * is given to new readers.
 *
 * The grace period is run by its caller; Linux has a worker thread do it, whose wake-up is not
 * modelled. Callers that come while one runs share the next.
 */
#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/srcu.h>

#define CALLER ((uintptr_t)__builtin_return_address(0))

#define RETRY_PS (5 * VS_PS_PER_US)        /* between two looks of one visit */
#define EXP_HOLDOFF_PS (25 * VS_PS_PER_US) /* quiet for so long: expedite */
#define MAX_DELAY 10                       /* jiffies */

int init_srcu_struct_gfp(struct srcu_struct *ssp, gfp_t gfp)
{
	ssp->sda = kcalloc(nr_cpu_ids, sizeof(*ssp->sda), gfp);
	if (!ssp->sda)
		return -ENOMEM;
	ssp->idx = 0;
	ssp->gp_seq = 0;
	atomic_set(&ssp->exp_waiters, 0);
	ssp->n_nodelay = 0;
	ssp->gp_start = 0;
	ssp->last_gp_end = vs_now_ps();
	mutex_init(&ssp->gp_mutex);
	return 0;
}

/* -- readers -------------------------------------------------------------------------------- */

int srcu_read_lock(struct srcu_struct *ssp)
{
	int idx = READ_ONCE(ssp->idx) & 1;
	unsigned long *count = &ssp->sda[get_cpu()].lock_count[idx];

	WRITE_ONCE(*count, *count + 1);
	put_cpu();
	smp_mb(); /* counted before anything of the section */
	vs_srcu_event(VS_SRCU_LOCK, ssp, (u32)idx, CALLER);
	return idx;
}

void srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	unsigned long *count;

	vs_srcu_event(VS_SRCU_UNLOCK, ssp, (u32)idx, CALLER);
	smp_mb(); /* everything of the section before it is counted out */
	count = &ssp->sda[get_cpu()].unlock_count[idx];
	WRITE_ONCE(*count, *count + 1);
	put_cpu();
}

/* -- grace periods ---------------------------------------------------------------------------- */

/* Unlocks are summed first: a reader that begins in between can only make the sums differ. */
static bool drained(struct srcu_struct *ssp, int idx)
{
	unsigned long locks = 0, unlocks = 0;
	unsigned int cpu;

	for_each_possible_cpu (cpu)
		unlocks += READ_ONCE(ssp->sda[cpu].unlock_count[idx]);
	smp_mb();
	for_each_possible_cpu (cpu)
		locks += READ_ONCE(ssp->sda[cpu].lock_count[idx]);
	return locks == unlocks;
}

static void sleep_until(struct srcu_struct *ssp, vs_ps deadline)
{
	while (vs_now_ps() < deadline && vs_task_block(VS_WAIT_GRACE_PERIOD, ssp, NULL, deadline))
		; /* woken by something else */
}

/* Zero-delay passes that one phase may have. */
static unsigned long max_nodelay(void)
{
	unsigned long n = 2000000ul / HZ / 5;

	return n < 3 ? 3 : n > 1000 ? 1000 : n;
}

/* Jiffies until the next visit: none if expedited, more the longer it lasts. */
static unsigned long next_delay(struct srcu_struct *ssp)
{
	unsigned long delay = atomic_read(&ssp->exp_waiters) ? 0 : 1, before = jiffies - 1;

	if ((long)(before - ssp->gp_start) > 0)
		delay += before - ssp->gp_start;
	if (!delay && ssp->n_nodelay >= max_nodelay())
		delay = 1;
	return min(delay, (unsigned long)MAX_DELAY);
}

/* A timer never fires early: the jiffy under way does not count. */
static void sleep_jiffies(struct srcu_struct *ssp, unsigned long delay)
{
	if (delay)
		sleep_until(ssp, jiffies_to_ps(jiffies + delay + 1));
	else
		cond_resched();
}

static bool drained_in(struct srcu_struct *ssp, int idx, int looks)
{
	while (!drained(ssp, idx)) {
		if (!--looks)
			return false;
		sleep_until(ssp, vs_now_ps() + RETRY_PS);
	}
	return true;
}

/* Visit until no reader of idx is left; `looks` per visit, one more where nothing else waits. */
static void drain(struct srcu_struct *ssp, int idx, int looks)
{
	unsigned long delay = next_delay(ssp);

	ssp->n_nodelay = 0;
	while (!drained_in(ssp, idx, looks + (delay == 0))) {
		if (!delay)
			ssp->n_nodelay++;
		delay = next_delay(ssp);
		sleep_jiffies(ssp, delay);
	}
}

static void run_grace_period(struct srcu_struct *ssp)
{
	unsigned int idx = ssp->idx;
	unsigned long seq = ssp->gp_seq + 1;

	smp_mb();
	WRITE_ONCE(ssp->gp_seq, seq);
	vs_srcu_event(VS_SRCU_GP_BEGIN, ssp, seq / 2, 0);
	smp_mb();
	ssp->gp_start = jiffies;
	sleep_jiffies(ssp, next_delay(ssp));
	drain(ssp, !(idx & 1), 1);
	smp_mb();
	WRITE_ONCE(ssp->idx, idx + 1);
	smp_mb();
	drain(ssp, idx & 1, 2);
	ssp->last_gp_end = vs_now_ps();
	vs_srcu_event(VS_SRCU_GP_END, ssp, seq / 2, 0);
	smp_mb();
	WRITE_ONCE(ssp->gp_seq, seq + 1);
}

static void synchronize(struct srcu_struct *ssp, bool expedited)
{
	unsigned long want;

	smp_mb(); /* what the caller unlinked, before the grace period that is to cover it */
	/* One that runs now may have begun before that: the next full one will do. */
	want = (READ_ONCE(ssp->gp_seq) + 3) & ~1ul;
	if (expedited)
		atomic_inc(&ssp->exp_waiters);
	mutex_lock_as(&ssp->gp_mutex, VS_WAIT_GRACE_PERIOD);
	if ((long)(ssp->gp_seq - want) < 0)
		run_grace_period(ssp);
	mutex_unlock(&ssp->gp_mutex);
	if (expedited)
		atomic_dec(&ssp->exp_waiters);
	smp_mb();
}

void synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	vs_srcu_event(VS_SRCU_SYNCHRONIZING, ssp, 0, CALLER);
	synchronize(ssp, true);
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	bool quiet = !(READ_ONCE(ssp->gp_seq) & 1) &&
		     vs_now_ps() - READ_ONCE(ssp->last_gp_end) >= EXP_HOLDOFF_PS;

	vs_srcu_event(VS_SRCU_SYNCHRONIZING, ssp, 0, CALLER);
	synchronize(ssp, quiet);
}

void cleanup_srcu_struct(struct srcu_struct *ssp)
{
	if (WARN_ON(!drained(ssp, 0) || !drained(ssp, 1) || (ssp->gp_seq & 1)))
		return; /* leaked rather than freed under a reader */
	kfree(ssp->sda);
	ssp->sda = NULL;
}
