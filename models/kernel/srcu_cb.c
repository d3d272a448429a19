/*
 * SRCU's callbacks: queued with a CPU's srcu_data, each with the grace period that it waits for,
 * invoked by that CPU's worker. Whoever synchronizes queues one that wakes him.
 *
 *	done | wait: for grace period n | next: for n + 1
 *
 * Two batches will do: while n is in progress, all that is wanted is n or n + 1.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/sched.h>

#include "srcu_private.h"

#define CALLER ((uintptr_t)__builtin_return_address(0))
#define EXP_HOLDOFF_PS (25 * VS_PS_PER_US) /* quiet for so long: expedite */

/* -- batches; sdp->lock is held ---------------------------------------------------------------- */

static void append(struct srcu_batch *to, struct rcu_head *first, struct rcu_head *last)
{
	last->next = NULL;
	if (to->first)
		to->last->next = first;
	else
		to->first = first;
	to->last = last;
}

static void move(struct srcu_batch *to, struct srcu_batch *from)
{
	if (from->first)
		append(to, from->first, from->last);
	from->first = NULL;
}

/* Grace periods up to seq are over. */
static void ripen(struct srcu_data *sdp, unsigned long seq)
{
	for (int i = 0; i < 2; i++) {
		if (sdp->wait.first && sdp->wait.gp_seq > seq)
			return;
		move(&sdp->done, &sdp->wait);
		sdp->wait.gp_seq = sdp->next.gp_seq;
		move(&sdp->wait, &sdp->next);
	}
}

static void enqueue(struct srcu_data *sdp, struct rcu_head *head, unsigned long s)
{
	struct srcu_batch *to = &sdp->wait;

	if (to->first && to->gp_seq != s)
		to = &sdp->next;
	BUG_ON(to->first && to->gp_seq != s);
	to->gp_seq = s;
	append(to, head, head);
	sdp->n_cbs++;
}

/* Behind all that are there. Returns false if there are none. */
static bool entrain(struct srcu_data *sdp, struct rcu_head *head)
{
	struct srcu_batch *to = sdp->next.first ? &sdp->next : &sdp->wait;

	if (!sdp->n_cbs)
		return false;
	if (!to->first)
		to = &sdp->done;
	append(to, head, head);
	sdp->n_cbs++;
	return true;
}

/* -- invoking ---------------------------------------------------------------------------------- */

static void timer_fired(struct work_struct *work)
{
	struct srcu_data *sdp = container_of(work, struct srcu_data, timer);

	queue_work_on(sdp->cpu, &sdp->work);
}

void srcu_init_data(struct srcu_struct *ssp, u32 cpu)
{
	struct srcu_data *sdp = &ssp->sda[cpu];

	spin_lock_init(&sdp->lock);
	sdp->cpu = cpu;
	sdp->ssp = ssp;
	INIT_WORK(&sdp->work, srcu_invoke);
	INIT_WORK(&sdp->timer, timer_fired);
}

void srcu_schedule_cbs(struct srcu_data *sdp, unsigned long delay)
{
	if (delay)
		queue_delayed_work(&sdp->timer, delay);
	else
		queue_work_on(sdp->cpu, &sdp->work);
}

void srcu_invoke(struct work_struct *work)
{
	struct srcu_data *sdp = container_of(work, struct srcu_data, work);
	struct rcu_head *head, *next;
	unsigned long n = 0;
	bool more;

	spin_lock(&sdp->lock);
	ripen(sdp, READ_ONCE(sdp->ssp->sup->gp_seq) & ~SRCU_STATE_MASK);
	head = sdp->done.first;
	sdp->done.first = NULL;
	spin_unlock(&sdp->lock);
	for (; head; head = next, n++) {
		next = head->next; /* func may free it */
		head->func(head);
	}
	spin_lock(&sdp->lock);
	sdp->n_cbs -= n;
	more = sdp->done.first != NULL;
	spin_unlock(&sdp->lock);
	if (more)
		srcu_schedule_cbs(sdp, 0);
}

static struct srcu_data *this_data(struct srcu_struct *ssp)
{
	return &ssp->sda[raw_smp_processor_id()];
}

/* -- wanting a grace period -------------------------------------------------------------------- */

/*
 * Inside a section, so that the domain does not move on too far meanwhile. Returns what gp_seq will
 * be when the grace period is over.
 */
static unsigned long want(struct srcu_struct *ssp, struct rcu_head *head, bool expedited)
{
	int idx = srcu_count_in(ssp);
	unsigned int size = smp_load_acquire(&ssp->sup->size);
	struct srcu_data *sdp = size < SRCU_WAIT_CALL ? &ssp->sda[0] : this_data(ssp);
	bool needs_gp, needs_expedited;
	unsigned long seq, s;

	srcu_lock_data(ssp, sdp);
	seq = READ_ONCE(ssp->sup->gp_seq);
	s = srcu_seq_after(seq);
	if (head) {
		ripen(sdp, seq & ~SRCU_STATE_MASK);
		enqueue(sdp, head, s);
	}
	needs_gp = sdp->gp_seq_needed < s;
	if (needs_gp)
		sdp->gp_seq_needed = s;
	needs_expedited = expedited && sdp->gp_seq_needed_exp < s;
	if (needs_expedited)
		sdp->gp_seq_needed_exp = s;
	spin_unlock(&sdp->lock);
	if (needs_gp)
		srcu_want_gp(ssp, sdp, s, expedited);
	else if (needs_expedited)
		srcu_want_expedited(ssp, size < SRCU_WAIT_BARRIER ? NULL : sdp->mynode, s);
	srcu_count_out(ssp, idx);
	return s;
}

void call_srcu(struct srcu_struct *ssp, struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	want(ssp, head, false);
}

unsigned long start_poll_synchronize_srcu(struct srcu_struct *ssp)
{
	return want(ssp, NULL, false);
}

bool poll_state_synchronize_srcu(struct srcu_struct *ssp, unsigned long cookie)
{
	if (READ_ONCE(ssp->sup->gp_seq) < cookie)
		return false;
	smp_mb(); /* the grace period, before what the caller does next */
	return true;
}

/* -- waiting for it ------------------------------------------------------------------------------
 */

static void wake_me(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_synchronize, head)->done);
}

static void synchronize(struct srcu_struct *ssp, bool expedited, uintptr_t caller)
{
	struct rcu_synchronize *sync = &current_area()->sync;

	vs_srcu_event(VS_SRCU_SYNCHRONIZING, ssp, 0, caller);
	if (vs_booting())
		return; /* there are no readers */
	init_completion(&sync->done);
	sync->head.func = wake_me;
	want(ssp, &sync->head, expedited);
	wait_for_completion_at(&sync->done, VS_WAIT_GRACE_PERIOD, ssp, caller);
	smp_mb();
}

void synchronize_srcu_expedited(struct srcu_struct *ssp)
{
	synchronize(ssp, true, CALLER);
}

/* Nothing waits on this CPU, the last one ended a while ago and none is wanted: probably so. */
static bool is_quiet(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;
	struct srcu_data *sdp = this_data(ssp);
	unsigned long seq;
	bool waiting;

	spin_lock(&sdp->lock);
	waiting = sdp->wait.first || sdp->next.first;
	spin_unlock(&sdp->lock);
	if (waiting || vs_now_ps() - READ_ONCE(sup->last_gp_end) < EXP_HOLDOFF_PS)
		return false;
	seq = READ_ONCE(sup->gp_seq);
	smp_mb();
	if (seq < READ_ONCE(sup->gp_seq_needed))
		return false;
	smp_mb();
	return seq == READ_ONCE(sup->gp_seq);
}

void synchronize_srcu(struct srcu_struct *ssp)
{
	synchronize(ssp, is_quiet(ssp), CALLER);
}

/* -- barrier -------------------------------------------------------------------------------------
 */

static void barrier_reached(struct rcu_head *head)
{
	struct srcu_data *sdp = container_of(head, struct srcu_data, barrier_head);
	struct srcu_usage *sup = sdp->ssp->sup;

	if (atomic_dec_and_test(&sup->barrier_left))
		complete(&sup->barrier_done);
}

static void follow_cbs(struct srcu_data *sdp)
{
	struct srcu_usage *sup = sdp->ssp->sup;

	spin_lock(&sdp->lock);
	atomic_inc(&sup->barrier_left);
	sdp->barrier_head.func = barrier_reached;
	if (!entrain(sdp, &sdp->barrier_head))
		atomic_dec(&sup->barrier_left);
	spin_unlock(&sdp->lock);
}

/* One more than asked until all have been asked. */
static void barrier_round(struct srcu_struct *ssp, uintptr_t caller)
{
	struct srcu_usage *sup = ssp->sup;
	u32 n;
	int idx;

	init_completion(&sup->barrier_done);
	atomic_set(&sup->barrier_left, 1);
	idx = srcu_count_in(ssp);
	n = smp_load_acquire(&sup->size) < SRCU_WAIT_BARRIER ? 1 : nr_cpu_ids;
	for (u32 cpu = 0; cpu < n; cpu++)
		follow_cbs(&ssp->sda[cpu]);
	srcu_count_out(ssp, idx);
	if (!atomic_dec_and_test(&sup->barrier_left))
		wait_for_completion_at(&sup->barrier_done, VS_WAIT_GRACE_PERIOD, ssp, caller);
}

/* Who waited for the mutex while another went all the way is served by that. */
void srcu_barrier(struct srcu_struct *ssp)
{
	struct srcu_usage *sup = ssp->sup;
	unsigned long s = srcu_seq_after(READ_ONCE(sup->barrier_seq));

	vs_srcu_event(VS_SRCU_SYNCHRONIZING, ssp, 0, CALLER);
	mutex_lock_as(&sup->barrier_mutex, VS_WAIT_GRACE_PERIOD);
	if (sup->barrier_seq < s) {
		WRITE_ONCE(sup->barrier_seq, sup->barrier_seq + 1);
		smp_mb();
		barrier_round(ssp, CALLER);
		smp_mb();
		WRITE_ONCE(sup->barrier_seq, (sup->barrier_seq | SRCU_STATE_MASK) + 1);
	}
	mutex_unlock(&sup->barrier_mutex);
}
