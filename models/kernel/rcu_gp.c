/*
 * The grace-period thread and what belongs to its CPU: who waits for which grace period, which CPUs
 * have not reported, when to look at them.
 */
#include "models/kernel/rcu_private.h"

#define STALL_PS (21 * VS_PS_PER_S)

static bool in_progress(const struct vs_rcu *rcu)
{
	return rcu->started != rcu->ended;
}

/* -- requests and reports: handlers on the kthread's CPU -----------------------------------------
 */

/* Grace period `gp` is wanted: the thread starts as many as it takes. */
void vs_rcu_on_want(void *ctx, uint32_t cpu, vs_ps now, uint64_t gp)
{
	struct vs_rcu *rcu = ctx;

	(void)cpu;
	(void)now;
	if (gp > rcu->wanted)
		rcu->wanted = gp;
	if (!in_progress(rcu) && rcu->wanted > rcu->ended)
		vs_task_wake(rcu->kthread);
}

/* A waiter's request. He gets the first grace period that begins after its arrival, which he shares
 * with all who asked during the one before. */
static void on_request(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_waiter *w = (struct vs_rcu_waiter *)(uintptr_t)arg;

	w->gp = rcu->started + 1;
	w->next = NULL;
	*rcu->waiters_tail = w;
	rcu->waiters_tail = &w->next;
	vs_rcu_on_want(rcu, cpu, now, w->gp);
}

static void settle(struct vs_rcu *rcu, uint32_t cpu)
{
	rcu->pending[cpu] = false;
	rcu->n_pending--;
}

/* arg: the grace period times the number of CPUs, plus the CPU. A scan may have been quicker. */
static void on_report(void *ctx, uint32_t self, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;
	uint32_t cpu = arg % rcu->n_cpus;

	(void)self;
	(void)now;
	if (!in_progress(rcu) || arg / rcu->n_cpus != rcu->started || !rcu->pending[cpu])
		return;
	settle(rcu, cpu);
	if (!rcu->n_pending)
		vs_task_wake(rcu->kthread);
}

/* Handler on `cpu`: it has passed a quiescent state of this grace period. */
void vs_rcu_report(struct vs_rcu *rcu, uint32_t cpu, uint64_t gp)
{
	uint64_t arg = gp * rcu->n_cpus + cpu;

	if (cpu == rcu->gp_cpu)
		on_report(rcu, cpu, 0, arg);
	else
		vs_host_message(rcu->host, rcu->gp_cpu, on_report, rcu, arg);
}

/* -- the thread ----------------------------------------------------------------------------------
 */

static void start(struct vs_rcu *rcu)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_rcu_cpu *own = &rcu->cpu[rcu->gp_cpu];

	vs_host_view(rcu->host);
	rcu->start = vs_now_ps();
	rcu->started++;
	rcu->stall_told = false;
	rcu->n_pending = rcu->n_cpus;
	for (uint32_t i = 0; i < rcu->n_cpus; i++)
		rcu->pending[i] = true;
	vs_history_put(&rcu->gp, rcu->start, 2 * rcu->started - 1,
		       rcu->start > VS_PS_PER_MS ? rcu->start - VS_PS_PER_MS : 0);
	vs_rcu_notice(rcu, own, &rcu->gp.stamp[rcu->gp.n - 1]);
	if (w && w->gp_begin)
		w->gp_begin(w->ctx, rcu->gp_cpu, rcu->start, NULL, rcu->started);
	/* the thread itself is no reader, and nothing else was running here */
	if (rcu->params.gp_self_report) {
		own->needs_qs = false;
		settle(rcu, rcu->gp_cpu);
	}
}

/* The first tick at or after `from` + that many jiffies. */
static vs_ps tick_after(const struct vs_rcu *rcu, vs_ps from, uint32_t jiffies)
{
	vs_ps period = vs_host_tick_ps(rcu->host);

	return (from + period - 1) / period * period + jiffies * period;
}

static void sleep_until(struct vs_rcu *rcu, vs_ps due)
{
	vs_host_view(rcu->host);
	while (rcu->n_pending && vs_now_ps() < due)
		vs_task_block(VS_WAIT_TIMER, NULL, NULL, due);
}

/* First look: a CPU that is idle can hold no reader. Later ones: nor can one that has been. */
static void scan(struct vs_rcu *rcu, bool first)
{
	rcu->stats.scans++;
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		if (!rcu->pending[i])
			continue;
		vs_host_charge(rcu->host, rcu->m->rcu_scan_cpu_ps, VS_CAUSE_COMPUTE);
		uint64_t count = vs_host_idle_count(rcu->host, i, vs_host_view(rcu->host));

		if (!rcu->pending[i]) /* it reported just now */
			continue;
		if ((count & 1) || (!first && count != rcu->snapshot[i]))
			settle(rcu, i);
		else if (first)
			rcu->snapshot[i] = count;
	}
	if (rcu->n_pending && !rcu->stall_told && vs_now_ps() - rcu->start > STALL_PS) {
		rcu->stall_told = true;
		vs_warn(__FILE__, __LINE__, "no quiescent state of some CPU for 21 s");
	}
}

static void on_done(struct vs_task *t, void *arg)
{
	struct vs_rcu_waiter *w = arg;

	w->done = true;
	vs_task_wake(t);
}

static void clean_up(struct vs_rcu *rcu)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	vs_ps now;

	vs_host_view(rcu->host);
	now = vs_now_ps();
	rcu->ended = rcu->started;
	rcu->stats.grace_periods++;
	vs_history_put(&rcu->gp, now, 2 * rcu->ended, now > VS_PS_PER_MS ? now - VS_PS_PER_MS : 0);
	if (w && w->gp_end)
		w->gp_end(w->ctx, rcu->gp_cpu, now, NULL, rcu->ended);
	/* in order of arrival, so in order of grace period */
	while (rcu->waiters && rcu->waiters->gp <= rcu->ended) {
		struct vs_rcu_waiter *x = rcu->waiters;

		rcu->waiters = x->next;
		if (!rcu->waiters)
			rcu->waiters_tail = &rcu->waiters;
		vs_host_charge(rcu->host, rcu->m->wake_send_ps, VS_CAUSE_INTERRUPT);
		vs_task_post(x->task, on_done, x);
	}
}

static void run_gp(struct vs_rcu *rcu)
{
	vs_ps due;

	start(rcu);
	due = tick_after(rcu, rcu->start, rcu->params.first_scan_jiffies);
	for (bool first = true; rcu->n_pending; first = false) {
		sleep_until(rcu, due);
		if (rcu->n_pending)
			scan(rcu, first);
		if (rcu->params.scan_drifts)
			due = tick_after(rcu, vs_now_ps(), rcu->params.next_scan_jiffies);
		else
			due += rcu->params.next_scan_jiffies * vs_host_tick_ps(rcu->host);
	}
	clean_up(rcu);
}

void vs_rcu_gp_thread(void *arg)
{
	struct vs_rcu *rcu = arg;

	for (;;) {
		vs_host_view(rcu->host);
		if (rcu->wanted > rcu->ended)
			run_gp(rcu);
		else
			vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
	}
}

/* -- who waits -----------------------------------------------------------------------------------
 */

void vs_rcu_wait_gp(struct vs_rcu *rcu)
{
	struct vs_rcu_waiter w = {.task = vs_task_current()};

	vs_host_view(rcu->host);
	vs_host_charge(rcu->host, rcu->m->wake_send_ps, VS_CAUSE_INTERRUPT);
	vs_host_message(rcu->host, rcu->gp_cpu, on_request, rcu, (uintptr_t)&w);
	while (!w.done)
		vs_task_block(VS_WAIT_GRACE_PERIOD, NULL, rcu->kthread, VS_PS_NEVER);
}
