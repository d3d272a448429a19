/*
 * Sleepable RCU: readers, and a domain's beginning and end.
 *
 * Ordering: a reader's count is followed, and its end preceded, by a full barrier; so are the two
 * sums of a scan and the flip. A reader that a scan misses therefore sees everything that was done
 * before the grace period began.
 */
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>

#include "srcu_private.h"

#define CALLER ((uintptr_t)__builtin_return_address(0))

int init_srcu_struct_gfp(struct srcu_struct *ssp, gfp_t gfp)
{
	struct srcu_usage *sup = kzalloc(sizeof(*sup), gfp);

	ssp->idx = 0;
	ssp->sup = sup;
	ssp->sda = sup ? kcalloc(nr_cpu_ids, sizeof(*ssp->sda), gfp) : NULL;
	if (!ssp->sda)
		goto no_memory;
	sup->ssp = ssp;
	sup->gfp = gfp;
	sup->last_gp_end = vs_now_ps();
	spin_lock_init(&sup->lock);
	mutex_init(&sup->barrier_mutex);
	INIT_WORK(&sup->work, srcu_visit);
	for (u32 cpu = 0; cpu < nr_cpu_ids; cpu++)
		srcu_init_data(ssp, cpu);
	if (srcu_tree_wanted()) {
		if (!srcu_make_tree(ssp, gfp))
			goto no_memory;
		sup->size = SRCU_BIG;
	}
	return 0;

no_memory:
	kfree(ssp->sda);
	kfree(sup);
	return -ENOMEM;
}

/* -- readers -------------------------------------------------------------------------------- */

int srcu_count_in(struct srcu_struct *ssp)
{
	int idx = READ_ONCE(ssp->idx) & 1;
	unsigned long *count = &ssp->sda[get_cpu()].lock_count[idx];

	WRITE_ONCE(*count, *count + 1);
	put_cpu();
	smp_mb(); /* counted before anything of the section */
	return idx;
}

void srcu_count_out(struct srcu_struct *ssp, int idx)
{
	unsigned long *count;

	smp_mb(); /* everything of the section before it is counted out */
	count = &ssp->sda[get_cpu()].unlock_count[idx];
	WRITE_ONCE(*count, *count + 1);
	put_cpu();
}

int srcu_read_lock(struct srcu_struct *ssp)
{
	int idx = srcu_count_in(ssp);

	vs_srcu_event(VS_SRCU_LOCK, ssp, (u32)idx, CALLER);
	return idx;
}

void srcu_read_unlock(struct srcu_struct *ssp, int idx)
{
	vs_srcu_event(VS_SRCU_UNLOCK, ssp, (u32)idx, CALLER);
	srcu_count_out(ssp, idx);
}

/* Unlocks are summed first: a reader that begins in between can only make the sums differ. */
bool srcu_drained(struct srcu_struct *ssp, int idx)
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

/* -- the end -------------------------------------------------------------------------------- */

static bool readers_active(struct srcu_struct *ssp)
{
	return !srcu_drained(ssp, 0) || !srcu_drained(ssp, 1);
}

/* What is wrong is leaked rather than freed under somebody. */
void cleanup_srcu_struct(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;
	unsigned int cpu;

	if (WARN_ON(!srcu_delay(ssp)) || WARN_ON(readers_active(ssp)))
		return;
	flush_work(&sup->work);
	for_each_possible_cpu (cpu) {
		struct srcu_data *sdp = &ssp->sda[cpu];

		cancel_delayed_work_sync(&sdp->timer);
		flush_work(&sdp->work);
		if (WARN_ON(sdp->n_cbs))
			return; /* srcu_barrier() was forgotten */
	}
	if (WARN_ON(sup->gp_seq != sup->gp_seq_needed) || WARN_ON(readers_active(ssp)))
		return;
	kfree(sup->node);
	kfree(ssp->sda);
	kfree(sup);
	ssp->sda = NULL;
	ssp->sup = NULL;
}
