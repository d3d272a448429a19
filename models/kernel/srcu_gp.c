/*
 * SRCU's grace periods: a work item that visits the domain until nothing is wanted any more.
 *
 *	IDLE -> SCAN1: the index that new readers do not use -> flip -> SCAN2: the other -> IDLE
 *
 * A visit goes on until it meets a reader, and is queued again. Why two scans: a reader may have
 * loaded the index long ago and count only now. Draining the inactive index first makes sure that
 * such latecomers of the last flip are gone before that index is given to new readers.
 *
 * States are changed under sup->lock, out of IDLE by whoever wants a grace period, else by the
 * visit, of which there is never more than one at once.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>

#include "srcu_private.h"

#define RETRY_US 5   /* between two looks of one visit */
#define MAX_DELAY 10 /* jiffies */

/* -- pace ------------------------------------------------------------------------------------ */

/* Visits to come at once that one phase may ask for; each asks twice, before it looks and after. */
static unsigned long max_nodelay(void)
{
	unsigned long n = 2000000ul / HZ / RETRY_US;

	return n < 3 ? 3 : n > 1000 ? 1000 : n;
}

static bool expedited(const struct srcu_usage *sup)
{
	return READ_ONCE(sup->gp_seq) < READ_ONCE(sup->gp_seq_needed_exp);
}

/* Jiffies until the next visit: none if expedited, more the longer it lasts. */
unsigned long srcu_delay(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;
	unsigned long delay = expedited(sup) ? 0 : 1;

	if (srcu_state(READ_ONCE(sup->gp_seq)) != SRCU_IDLE) {
		unsigned long before = jiffies - 1;

		if ((long)(before - sup->gp_start) > 0)
			delay += before - sup->gp_start;
		if (!delay && ++sup->n_nodelay > max_nodelay())
			delay = 1;
	}
	return min(delay, (unsigned long)MAX_DELAY);
}

static unsigned long locked_delay(struct srcu_struct *ssp)
{
	unsigned long delay;

	spin_lock(&ssp->sup->lock);
	delay = srcu_delay(ssp);
	spin_unlock(&ssp->sup->lock);
	return delay;
}

/* Grace periods in a row that need no delay do not keep the CPU to themselves either. */
static unsigned long without_rush(struct srcu_usage *sup, unsigned long delay)
{
	unsigned long now = jiffies;

	if (delay || sup->rush_jiffy != now) {
		sup->n_rush = !delay;
		sup->rush_jiffy = now;
		return delay;
	}
	return ++sup->n_rush > max(max_nodelay(), 100ul);
}

/* -- states ----------------------------------------------------------------------------------- */

void srcu_start_gp(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;

	sup->gp_start = jiffies;
	sup->n_nodelay = 0;
	smp_mb(); /* what is wanted, before the grace period that is to cover it */
	WRITE_ONCE(sup->gp_seq, sup->gp_seq + SRCU_SCAN1);
	vs_srcu_event(VS_SRCU_GP_BEGIN, ssp, srcu_number(sup->gp_seq), 0);
	smp_mb(); /* ... and before any scan */
}

/* One more look where nothing else is waited for. */
static bool drained_in(struct srcu_struct *ssp, int idx, int looks)
{
	looks += locked_delay(ssp) == 0;
	while (!srcu_drained(ssp, idx)) {
		if (!--looks)
			return false;
		udelay(RETRY_US);
	}
	return true;
}

static void flip(struct srcu_struct *ssp)
{
	smp_mb(); /* the first scan is over before new readers use that index ... */
	WRITE_ONCE(ssp->idx, ssp->idx + 1);
	smp_mb(); /* ... and they do before the second begins */
	spin_lock(&ssp->sup->lock);
	WRITE_ONCE(ssp->sup->gp_seq, ssp->sup->gp_seq - SRCU_SCAN1 + SRCU_SCAN2);
	ssp->sup->n_nodelay = 0;
	spin_unlock(&ssp->sup->lock);
}

/* Is a grace period in progress or to be begun? Begins it. */
static bool is_wanted(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;
	bool wanted;

	spin_lock(&sup->lock);
	wanted = sup->gp_seq < sup->gp_seq_needed;
	if (wanted && srcu_state(sup->gp_seq) == SRCU_IDLE)
		srcu_start_gp(ssp);
	spin_unlock(&sup->lock);
	return wanted;
}

/* Callbacks of a grace period in no hurry are invoked a jiffy later; the next one, if it is wanted
 * already, is visited at once. */
static void end_gp(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;
	unsigned long seq, delay;
	unsigned int size;

	spin_lock(&sup->lock);
	delay = expedited(sup) ? 0 : 1;
	sup->n_nodelay = 0;
	WRITE_ONCE(sup->last_gp_end, vs_now_ps());
	vs_srcu_event(VS_SRCU_GP_END, ssp, srcu_number(sup->gp_seq), 0);
	smp_mb(); /* all that readers did, before it is known to be over */
	seq = sup->gp_seq - SRCU_SCAN2 + (1ul << SRCU_STATE_BITS);
	WRITE_ONCE(sup->gp_seq, seq);
	if (sup->gp_seq_needed_exp < seq)
		WRITE_ONCE(sup->gp_seq_needed_exp, seq);
	spin_unlock(&sup->lock);
	size = smp_load_acquire(&sup->size);
	srcu_schedule_all(ssp, size, seq, delay);
	if (is_wanted(ssp))
		queue_delayed_work(&sup->work, 0);
	srcu_grow(ssp, size);
}

static void advance(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;

	if (srcu_state(READ_ONCE(sup->gp_seq)) == SRCU_SCAN1) {
		if (!drained_in(ssp, !(ssp->idx & 1), 1))
			return;
		flip(ssp);
	}
	if (srcu_state(READ_ONCE(sup->gp_seq)) == SRCU_SCAN2 && drained_in(ssp, !(ssp->idx & 1), 2))
		end_gp(ssp);
}

/* Runs in a worker. */
void srcu_visit(struct work_struct *work)
{
	struct srcu_usage *sup = container_of(work, struct srcu_usage, work);
	struct srcu_struct *ssp = sup->ssp;
	unsigned long delay;

	if (!is_wanted(ssp))
		return;
	advance(ssp);
	delay = without_rush(sup, locked_delay(ssp));
	if (is_wanted(ssp))
		queue_delayed_work(&sup->work, delay);
}
