/*
 * A CPU's part in grace periods, driven by what really happens on it. It notices a grace period in
 * the softirq of a tick, records a quiescent state that comes after that, and reports it in the
 * softirq of a later tick.
 */
#include "models/kernel/rcu_private.h"

static void quiescent(struct vs_rcu *rcu, struct vs_rcu_cpu *rc)
{
	rc->passed = true;
	if (rc->expedited)
		vs_rcu_answer_expedited(rcu, rc);
}

void vs_rcu_notice(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, const struct vs_stamp *gp)
{
	uint64_t number = (gp->value + 1) / 2;

	(void)rcu;
	if (!(gp->value & 1)) {
		rc->needs_qs = false; /* it has ended without us */
	} else if (number != rc->noticed) {
		rc->noticed = number;
		rc->noticed_start = gp->at;
		rc->needs_qs = true;
		rc->passed = false;
	}
}

static bool has_work(const struct vs_rcu_cpu *rc, const struct vs_stamp *gp, vs_ps as_of)
{
	bool new_one = (gp->value & 1) && (gp->value + 1) / 2 != rc->noticed;

	return new_one || (rc->needs_qs && rc->passed) || vs_rcu_cbs_due(rc, gp->value, as_of);
}

static void on_tick(void *ctx, uint32_t cpu, vs_ps now, bool user)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];
	vs_ps as_of = vs_rcu_as_of(rcu, now);
	const struct vs_stamp *gp = vs_history_get(&rcu->gp, as_of);

	if (user || rc->idle)
		quiescent(rcu, rc);
	if (has_work(rc, gp, as_of)) {
		vs_host_charge(rcu->host, rcu->m->rcu_softirq_ps, VS_CAUSE_INTERRUPT);
		vs_rcu_notice(rcu, rc, gp);
		if (rc->needs_qs && rc->passed) {
			rc->needs_qs = false;
			vs_rcu_report(rcu, cpu, rc->noticed);
		}
		vs_rcu_cbs_advance(rcu, rc, gp->value, as_of);
	}
	if (rc->needs_qs && !rc->passed &&
	    now - rc->noticed_start > rcu->params.urgent_jiffies * vs_host_tick_ps(rcu->host))
		vs_host_resched(rcu->host);
}

static void on_switch(void *ctx, uint32_t cpu, vs_ps now)
{
	struct vs_rcu *rcu = ctx;

	(void)now;
	quiescent(rcu, &rcu->cpu[cpu]);
}

static void on_idle(void *ctx, uint32_t cpu, vs_ps now, bool enter)
{
	struct vs_rcu *rcu = ctx;

	(void)now;
	rcu->cpu[cpu].idle = enter;
}

/* The entry counts, as one quiescent state; what follows is not watched. */
static void on_guest(void *ctx, uint32_t cpu, vs_ps now, bool enter)
{
	struct vs_rcu *rcu = ctx;

	(void)now;
	if (enter)
		quiescent(rcu, &rcu->cpu[cpu]);
}

static bool needs_tick(void *ctx, uint32_t cpu)
{
	const struct vs_rcu *rcu = ctx;

	return vs_rcu_cbs_pending(&rcu->cpu[cpu]);
}

void vs_rcu_hook(struct vs_rcu *rcu)
{
	struct vs_host_hooks hooks = {.ctx = rcu,
				      .switched = on_switch,
				      .tick = on_tick,
				      .idle = on_idle,
				      .guest = on_guest,
				      .needs_tick = needs_tick};

	vs_host_set_hooks(rcu->host, &hooks);
}
