/*
 * The grace-period thread: start, sleep, look at the CPUs that have not reported, repeat, clean up,
 * wake who waits. And what else belongs to its CPU: who waits for which grace period.
 */
#include <stdio.h>

#include "models/kernel/rcu_private.h"

#define STALL_PS (21 * VS_PS_PER_S) /* CONFIG_RCU_CPU_STALL_TIMEOUT */
#define KEEP_PS VS_PS_PER_MS        /* nobody looks further back */

static struct vs_gp_row *normal(struct vs_rcu *rcu)
{
	return &rcu->row[VS_GP_NORMAL];
}

/* -- requests: handlers on the kthread's CPU -----------------------------------------------------
 */

/* Grace period `gp` is wanted: the thread starts as many as it takes. */
static void want(struct vs_gp_row *row, uint64_t gp)
{
	if (gp > row->wanted)
		row->wanted = gp;
	if (row->started == row->ended && row->wanted > row->ended)
		vs_task_wake(row->kthread);
}

static void on_want(void *ctx, uint32_t cpu, vs_ps now, uint64_t gp)
{
	(void)cpu;
	(void)now;
	want(normal(ctx), gp);
}

/* A waiter's request. He gets the first grace period that begins after its arrival, which he shares
 * with all who asked during the one before. */
static void request(struct vs_gp_row *row, struct vs_rcu_waiter *w)
{
	w->gp = row->started + 1;
	w->next = NULL;
	*row->tail = w;
	row->tail = &w->next;
	want(row, w->gp);
}

static void on_request(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	(void)cpu;
	(void)now;
	request(normal(ctx), (struct vs_rcu_waiter *)(uintptr_t)arg);
}

static void on_exp_request(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;

	(void)cpu;
	(void)now;
	request(&rcu->row[VS_GP_EXPEDITED], (struct vs_rcu_waiter *)(uintptr_t)arg);
}

/* On any CPU. Asking takes the leaf's lock, and those above it that have not been asked. */
static void charge_path(struct vs_rcu *rcu, enum vs_cause cause)
{
	vs_ps now;
	uint32_t cpu = vs_host_here(rcu->host, &now);

	for (const struct vs_rcu_node *n = vs_rcu_leaf(rcu, cpu); n; n = n->parent)
		vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, cpu, n), cause);
}

void vs_rcu_want(struct vs_rcu *rcu, uint64_t gp)
{
	charge_path(rcu, VS_CAUSE_INTERRUPT);
	vs_host_message(rcu->host, rcu->gp_cpu, on_want, rcu, gp);
}

static void on_overload(void *ctx, uint32_t cpu, vs_ps now, uint64_t more)
{
	struct vs_rcu *rcu = ctx;

	(void)cpu;
	(void)now;
	rcu->n_overloaded += more ? 1 : -1;
}

void vs_rcu_overload(struct vs_rcu *rcu, bool now_is)
{
	vs_host_message(rcu->host, rcu->gp_cpu, on_overload, rcu, now_is);
}

/* -- the thread ----------------------------------------------------------------------------------
 */

void vs_rcu_tell(const struct vs_rcu *rcu, enum vs_rcu_step step, vs_ps now)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();

	if (w && w->gp_step)
		w->gp_step(w->ctx, rcu->gp_cpu, now, rcu->row[VS_GP_NORMAL].started, step);
}

/* Node by node, the root first: takes its lock and writes the new state down, which is when its
 * CPUs can see it. */
static void visit_nodes(struct vs_rcu *rcu, uint64_t state, bool begin)
{
	for (uint32_t i = 0; i < rcu->n_nodes; i++) {
		struct vs_rcu_node *n = &rcu->node[i];
		vs_ps now, as_of;

		vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, rcu->gp_cpu, n), VS_CAUSE_COMPUTE);
		as_of = vs_host_view(rcu->host);
		now = vs_now_ps();
		if (begin)
			vs_rcu_node_begin(rcu, n, VS_GP_NORMAL);
		vs_history_put(&n->gp, now, state, vs_rcu_before(now, KEEP_PS));
		if (n == vs_rcu_leaf(rcu, rcu->gp_cpu))
			vs_rcu_notice(rcu, rcu->gp_cpu, &n->gp.stamp[n->gp.n - 1], as_of);
	}
}

static void start(struct vs_rcu *rcu)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_rcu_cpu *own = &rcu->cpu[rcu->gp_cpu];
	struct vs_gp_row *row = normal(rcu);

	vs_host_view(rcu->host);
	rcu->start = vs_now_ps();
	rcu->stall_told = false;
	row->clear = false;
	row->started++;
	if (w && w->gp_begin)
		w->gp_begin(w->ctx, rcu->gp_cpu, rcu->start, NULL, row->started);
	vs_history_put(&rcu->gp, rcu->start, 2 * row->started - 1,
		       vs_rcu_before(rcu->start, KEEP_PS));
	vs_rcu_tell(rcu, VS_RCU_GP_START, rcu->start);
	visit_nodes(rcu, 2 * row->started - 1, true);
	vs_rcu_tell(rcu, VS_RCU_GP_INITED, vs_now_ps());
	if (!rcu->params.gp_self_report)
		return;
	/* the thread itself is no reader, and nobody else was running here */
	own->needs_qs = false;
	if (w && w->qs_reported)
		w->qs_reported(w->ctx, rcu->gp_cpu, vs_now_ps(), row->started, rcu->gp_cpu, false);
	vs_rcu_settle(rcu, vs_rcu_leaf(rcu, rcu->gp_cpu), VS_GP_NORMAL, vs_rcu_bit(rcu->gp_cpu));
}

static uint64_t jiffies(const struct vs_rcu *rcu, vs_ps at)
{
	return at / vs_host_tick_ps(rcu->host);
}

/* The timer wheel fires at the tick after the one that the delay ends with, never early. */
static vs_ps timer(const struct vs_rcu *rcu)
{
	uint32_t delay = rcu->params.scan_jiffies;

	if (rcu->n_overloaded)
		delay = (delay + 2) / 3;
	return (jiffies(rcu, vs_now_ps()) + (delay ? delay : 1) + 1) * vs_host_tick_ps(rcu->host);
}

static void sleep_until(struct vs_rcu *rcu, vs_ps due)
{
	vs_host_view(rcu->host);
	while (!normal(rcu)->clear && vs_now_ps() < due)
		vs_task_block(VS_WAIT_TIMER, NULL, NULL, due);
}

/* The CPU has not reported, and the grace period is that old. */
static void escalate(struct vs_rcu *rcu, uint32_t cpu, uint64_t age)
{
	uint64_t urgent = rcu->params.urgent_jiffies;
	vs_ps now = vs_now_ps(), tick_ps = vs_host_tick_ps(rcu->host);

	if (age > 2 * urgent || rcu->n_overloaded)
		vs_host_message(rcu->host, cpu, vs_rcu_on_urgent, rcu, true);
	else if (age > urgent)
		vs_host_message(rcu->host, cpu, vs_rcu_on_urgent, rcu, false);
	if (vs_nohz_full(rcu->scenario, cpu) &&
	    jiffies(rcu, now) > rcu->resched_sent[cpu] / tick_ps + 3 * urgent) {
		rcu->resched_sent[cpu] = now;
		vs_host_call_cpu(rcu->host, cpu, vs_rcu_on_resched, rcu, 0);
	}
}

/* First look: a CPU that is in an extended quiescent state holds no reader that was not preempted.
 * Later ones: nor does one that has been in one. */
static bool credit(struct vs_rcu *rcu, uint32_t cpu, bool first)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	vs_ps as_of = vs_rcu_scan_view(rcu);
	uint64_t count;
	bool quiet = vs_rcu_extended(rcu, cpu, as_of, &count);

	if (first)
		rcu->snapshot[cpu] = count;
	if (!quiet && count == rcu->snapshot[cpu])
		return false;
	if (w && w->qs_reported)
		w->qs_reported(w->ctx, rcu->gp_cpu, vs_now_ps(), normal(rcu)->started, cpu, false);
	return true;
}

static void scan_leaf(struct vs_rcu *rcu, struct vs_rcu_node *leaf, bool first)
{
	uint64_t age, credited = 0;

	vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, rcu->gp_cpu, leaf), VS_CAUSE_COMPUTE);
	for (uint32_t cpu = leaf->lo; cpu < leaf->lo + leaf->n; cpu++) {
		if (!(leaf->waits[VS_GP_NORMAL] & vs_rcu_bit(cpu)))
			continue;
		vs_host_charge(rcu->host, rcu->m->rcu_scan_cpu_ps, VS_CAUSE_COMPUTE);
		age = jiffies(rcu, vs_now_ps()) - jiffies(rcu, rcu->start);
		if (credit(rcu, cpu, first))
			credited |= vs_rcu_bit(cpu);
		else if (!first)
			escalate(rcu, cpu, age);
	}
	vs_rcu_settle(rcu, leaf, VS_GP_NORMAL, credited);
}

/* Names CPUs and preempted readers, as many as there is room for. */
static void tell_stall(struct vs_rcu *rcu)
{
	struct vs_rcu_text *t = vs_rcu_zeroed(1, sizeof(*t));
	size_t size = sizeof(t->text), room = size - 64;
	size_t n = snprintf(t->text, size, "no quiescent state for 21 s:");

	rcu->stall_told = true;
	t->next = rcu->texts;
	rcu->texts = t;
	for (uint32_t cpu = 0; cpu < rcu->n_cpus && n < room; cpu++)
		if (vs_rcu_leaf(rcu, cpu)->waits[VS_GP_NORMAL] & vs_rcu_bit(cpu))
			n += snprintf(t->text + n, size - n, " CPU %u", cpu);
	for (uint32_t i = 0; i < rcu->cap_readers && n < room; i++)
		if (rcu->reader[i].holds[VS_GP_NORMAL])
			n += snprintf(t->text + n, size - n, " reader %s, preempted on CPU %u",
				      vs_task_name(vs_host_task(rcu->host, i)), rcu->reader[i].cpu);
	vs_warn(__FILE__, __LINE__, t->text);
}

/* Returns whether the next look will be the first. */
static bool scan(struct vs_rcu *rcu, bool first)
{
	if (vs_rcu_scan_view(rcu) <= rcu->start)
		return first; /* nothing is known since then */
	vs_rcu_tell(rcu, VS_RCU_GP_SCAN, vs_now_ps());
	rcu->stats.scans++;
	for (uint32_t i = rcu->n_nodes - rcu->n_leaves; i < rcu->n_nodes; i++)
		scan_leaf(rcu, &rcu->node[i], first);
	if (!normal(rcu)->clear && !rcu->stall_told && vs_now_ps() - rcu->start > STALL_PS)
		tell_stall(rcu);
	return false;
}

static void on_done(struct vs_task *t, void *arg)
{
	struct vs_rcu_waiter *w = arg;

	w->done = true;
	vs_task_wake(t);
}

void vs_rcu_waiter_done(struct vs_rcu_waiter *w)
{
	vs_task_post(w->task, on_done, w);
}

void vs_rcu_wake_waiters(struct vs_rcu *rcu, enum vs_gp_kind kind)
{
	struct vs_gp_row *row = &rcu->row[kind];

	/* in order of arrival, so in order of grace period */
	while (row->waiters && row->waiters->gp <= row->ended) {
		struct vs_rcu_waiter *w = row->waiters;

		row->waiters = w->next;
		if (!row->waiters)
			row->tail = &row->waiters;
		vs_host_charge(rcu->host, rcu->m->wake_send_ps, VS_CAUSE_INTERRUPT);
		vs_rcu_waiter_done(w);
	}
}

static void clean_up(struct vs_rcu *rcu)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_gp_row *row = normal(rcu);
	vs_ps now;

	vs_host_view(rcu->host);
	vs_rcu_tell(rcu, VS_RCU_GP_CLEAR, vs_now_ps());
	if (w && w->gp_end)
		w->gp_end(w->ctx, rcu->gp_cpu, vs_now_ps(), NULL, row->started);
	visit_nodes(rcu, 2 * row->started, false);
	now = vs_now_ps();
	vs_history_put(&rcu->gp, now, 2 * row->started, vs_rcu_before(now, KEEP_PS));
	row->ended = row->started;
	rcu->stats.grace_periods++;
	vs_rcu_tell(rcu, VS_RCU_GP_END, now);
	vs_rcu_wake_waiters(rcu, VS_GP_NORMAL);
}

static void run_gp(struct vs_rcu *rcu)
{
	bool first = true;

	start(rcu);
	while (!normal(rcu)->clear) {
		sleep_until(rcu, timer(rcu));
		if (!normal(rcu)->clear)
			first = scan(rcu, first);
	}
	clean_up(rcu);
}

void vs_rcu_gp_thread(void *arg)
{
	struct vs_rcu *rcu = arg;

	for (;;) {
		vs_host_view(rcu->host);
		if (normal(rcu)->wanted > normal(rcu)->ended)
			run_gp(rcu);
		else
			vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
	}
}

/* -- who waits -----------------------------------------------------------------------------------
 */

void vs_rcu_wait_row(struct vs_rcu *rcu, enum vs_gp_kind kind)
{
	struct vs_rcu_waiter w = {.task = vs_task_current()};

	vs_host_view(rcu->host);
	charge_path(rcu, VS_CAUSE_GRACE_PERIOD);
	vs_host_message(rcu->host, rcu->gp_cpu, kind == VS_GP_NORMAL ? on_request : on_exp_request,
			rcu, (uintptr_t)&w);
	while (!w.done)
		vs_task_block(VS_WAIT_GRACE_PERIOD, NULL, rcu->row[kind].kthread, VS_PS_NEVER);
}
