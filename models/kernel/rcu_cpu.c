/*
 * A CPU's part in grace periods, driven by what really happens on it. It notices a grace period in
 * the softirq of a tick, records a quiescent state that comes after that, and reports it in the
 * softirq of a later tick.
 */
#include "models/kernel/rcu_private.h"

static void quiescent(struct vs_rcu *rcu, uint32_t cpu)
{
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];

	rc->passed = true;
	rc->urgent = false;
	if (rc->expedited)
		vs_rcu_answer_expedited(rcu, cpu);
}

/* The leaf's state has been looked at; as_of: callbacks that are older than that may go by it. */
void vs_rcu_notice(struct vs_rcu *rcu, uint32_t cpu, const struct vs_stamp *gp, vs_ps as_of)
{
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];

	if (gp->value == rc->seen)
		return;
	rc->seen = gp->value;
	rc->needs_qs = gp->value & 1;
	rc->passed = rc->urgent = rc->heavy = false;
	vs_rcu_cbs_advance(rcu, rc, as_of);
}

static bool has_work(const struct vs_rcu *rcu, const struct vs_rcu_cpu *rc,
		     const struct vs_stamp *gp, vs_ps as_of)
{
	return gp->value != rc->seen || (rc->needs_qs && rc->passed) ||
	       vs_rcu_cbs_due(rcu, rc, as_of);
}

static void softirq(struct vs_rcu *rcu, uint32_t cpu, const struct vs_stamp *gp, vs_ps as_of)
{
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];

	vs_host_charge(rcu->host, rcu->m->rcu_softirq_ps, VS_CAUSE_INTERRUPT);
	vs_rcu_notice(rcu, cpu, gp, as_of);
	if (rc->needs_qs && rc->passed) {
		rc->needs_qs = false;
		vs_rcu_report(rcu, cpu, VS_GP_NORMAL, (gp->value + 1) / 2);
		/* this grace period could not end before: all that is queued may go with the next
		 */
		vs_rcu_cbs_advance(rcu, rc, as_of);
	} else if (vs_rcu_cbs_due(rcu, rc, as_of)) {
		vs_rcu_cbs_advance(rcu, rc, as_of);
	}
	vs_rcu_cbs_ready(rcu, rc);
}

/* Could the tick have interrupted a reader? Where readers can be preempted, their count tells. */
static bool tick_is_quiescent(const struct vs_rcu *rcu, const struct vs_rcu_cpu *rc, bool user)
{
	struct vs_task *t = vs_host_current(rcu->host);

	if (user || rc->idle)
		return true;
	return rcu->preemptible && t && vs_task_preemptible(t) && !*vs_task_rcu_depth(t);
}

static void on_tick(void *ctx, uint32_t cpu, vs_ps now, bool user)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];
	vs_ps as_of = vs_rcu_before(now, rcu->window);
	const struct vs_stamp *gp = vs_history_get(&vs_rcu_leaf(rcu, cpu)->gp, as_of);

	if (tick_is_quiescent(rcu, rc, user))
		quiescent(rcu, cpu);
	if (rc->urgent) { /* still in the kernel */
		rc->urgent = false;
		vs_host_resched(rcu->host);
	}
	if (has_work(rcu, rc, gp, as_of))
		softirq(rcu, cpu, gp, as_of);
}

static void add_extra(struct vs_rcu_cpu *rc, vs_ps now, uint64_t n)
{
	vs_history_put(&rc->extra, now, rc->extra.stamp[rc->extra.n - 1].value + n,
		       vs_rcu_before(now, VS_PS_PER_MS));
}

/* The scan has asked twice: it shall see this quiescent state itself. */
static void show(struct vs_rcu_cpu *rc, vs_ps now)
{
	if (!rc->urgent || !rc->heavy)
		return;
	rc->heavy = false;
	add_extra(rc, now, 2);
}

/* A reader that is preempted is queued first; then nobody on this CPU is one. */
static void on_switch(void *ctx, uint32_t cpu, vs_ps now, struct vs_task *prev)
{
	struct vs_rcu *rcu = ctx;

	if (!rcu->preemptible)
		show(&rcu->cpu[cpu], now);
	else if (*vs_task_rcu_depth(prev) && !*vs_task_rcu_queued(prev)) {
		*vs_task_rcu_queued(prev) = true;
		vs_rcu_reader_preempted(rcu, cpu, prev);
	}
	quiescent(rcu, cpu);
}

static void on_idle(void *ctx, uint32_t cpu, vs_ps now, bool enter)
{
	struct vs_rcu *rcu = ctx;

	(void)now;
	rcu->cpu[cpu].idle = enter;
}

/* The entry counts, as one quiescent state; what follows is watched on nohz_full CPUs only. */
static void on_guest(void *ctx, uint32_t cpu, vs_ps now, bool enter)
{
	struct vs_rcu *rcu = ctx;

	if (enter)
		quiescent(rcu, cpu);
	if (vs_nohz_full(rcu->scenario, cpu)) {
		vs_host_here(rcu->host, &now);
		rcu->cpu[cpu].in_guest = enter;
		add_extra(&rcu->cpu[cpu], now, 1);
	}
}

/* A thread offers to give way. If the scan has asked, that is a quiescent state by itself. */
static void on_offer(void *ctx, uint32_t cpu, vs_ps now)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];

	if (!rc->urgent)
		return;
	show(rc, now);
	quiescent(rcu, cpu);
}

static bool needs_tick(void *ctx, uint32_t cpu)
{
	const struct vs_rcu *rcu = ctx;

	return vs_rcu_cbs_pending(&rcu->cpu[cpu]);
}

/* Messages and calls from a scan. */
void vs_rcu_on_urgent(void *ctx, uint32_t cpu, vs_ps now, uint64_t heavy)
{
	struct vs_rcu *rcu = ctx;

	(void)now;
	rcu->cpu[cpu].urgent = true;
	rcu->cpu[cpu].heavy |= heavy;
}

void vs_rcu_on_resched(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;

	(void)cpu;
	(void)now;
	(void)arg;
	vs_host_resched(rcu->host);
}

void vs_rcu_hook(struct vs_rcu *rcu)
{
	struct vs_host_hooks hooks = {.ctx = rcu,
				      .switched = on_switch,
				      .tick = on_tick,
				      .idle = on_idle,
				      .guest = on_guest,
				      .offered = rcu->preemptible ? NULL : on_offer,
				      .needs_tick = needs_tick};

	vs_host_set_hooks(rcu->host, &hooks);
}
