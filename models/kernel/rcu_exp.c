/*
 * Expedited grace periods. Those who call while one runs share the next. It has a thread of its own
 * on the kthread's CPU, and one per leaf, all at work at the same time, each interrupting the CPUs
 * of its leaf one after the other.
 */
#include "models/kernel/rcu_private.h"

/* -- the CPU that is interrupted -----------------------------------------------------------------
 */

void vs_rcu_answer_expedited(struct vs_rcu *rcu, uint32_t cpu)
{
	uint64_t gp = rcu->cpu[cpu].expedited;

	rcu->cpu[cpu].expedited = 0;
	vs_rcu_report(rcu, cpu, VS_GP_EXPEDITED, gp);
}

/*
 * Idle CPUs hold no readers, and where readers count themselves one that does not is known not to
 * be one. Otherwise there may be one, which ends before the next switch, or is queued there.
 */
static void on_expedite(void *ctx, uint32_t cpu, vs_ps now, uint64_t gp)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];
	struct vs_task *t = vs_host_current(rcu->host);

	(void)now;
	rc->expedited = gp;
	if (rc->idle || rc->in_guest ||
	    (rcu->preemptible && vs_task_preemptible(t) && !*vs_task_rcu_depth(t)))
		vs_rcu_answer_expedited(rcu, cpu);
	else if (!rcu->preemptible || !*vs_task_rcu_depth(t))
		vs_host_resched(rcu->host);
}

/* -- a leaf's thread -----------------------------------------------------------------------------
 */

static void on_credit(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_node *leaf = &rcu->node[rcu->n_nodes - rcu->n_leaves + (arg >> 16)];

	(void)cpu;
	(void)now;
	vs_rcu_settle(rcu, leaf, VS_GP_EXPEDITED, arg & UINT16_MAX);
}

static bool is_quiet(struct vs_rcu *rcu, uint32_t cpu)
{
	uint64_t count;
	vs_ps as_of;

	vs_host_charge(rcu->host, rcu->m->rcu_scan_cpu_ps, VS_CAUSE_COMPUTE);
	as_of = vs_rcu_scan_view(rcu);
	return vs_rcu_extended(rcu, cpu, as_of, &count);
}

static void ask_leaf(struct vs_rcu *rcu, uint32_t lo, uint64_t gp, vs_ps from)
{
	const struct vs_rcu_node *leaf = vs_rcu_leaf(rcu, lo);
	uint64_t quiet = vs_rcu_bit(lo); /* the thread itself, and who was here before gave way */
	vs_ps as_of;

	vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, lo, leaf), VS_CAUSE_COMPUTE);
	as_of = vs_rcu_scan_view(rcu);
	if (as_of <= from) /* what is seen must be younger than the grace period */
		vs_host_charge(rcu->host, from + 1 - as_of, VS_CAUSE_COMPUTE);
	for (uint32_t cpu = lo + 1; cpu < lo + leaf->n; cpu++)
		if (is_quiet(rcu, cpu))
			quiet |= vs_rcu_bit(cpu);
	for (uint32_t cpu = lo + 1; cpu < lo + leaf->n; cpu++)
		if (!(quiet & vs_rcu_bit(cpu))) {
			vs_host_view(rcu->host);
			vs_host_call_cpu(rcu->host, cpu, on_expedite, rcu, gp);
		}
	vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, lo, leaf), VS_CAUSE_COMPUTE);
	vs_host_view(rcu->host);
	vs_host_message(rcu->host, rcu->gp_cpu, on_credit, rcu,
			(uint64_t)(lo / VS_RCU_LEAF_FANOUT) << 16 | quiet);
}

void vs_rcu_exp_worker(void *arg)
{
	struct vs_rcu *rcu = arg;
	uint32_t lo = vs_cpu_id();
	uint64_t done = 0;

	for (;;) {
		vs_host_view(rcu->host);
		if (rcu->cpu[lo].exp_gp != done) {
			done = rcu->cpu[lo].exp_gp;
			ask_leaf(rcu, lo, done, rcu->cpu[lo].exp_from);
		} else {
			vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
		}
	}
}

static void on_work(void *ctx, uint32_t cpu, vs_ps now, uint64_t from)
{
	struct vs_rcu *rcu = ctx;

	(void)now;
	rcu->cpu[cpu].exp_gp++; /* it is asked for each of them */
	rcu->cpu[cpu].exp_from = from;
	vs_task_wake(vs_rcu_leaf(rcu, cpu)->worker);
}

/* -- the grace period ----------------------------------------------------------------------------
 */

#define NUMBER(row) (UINT64_C(1) << 63 | (row)->started) /* apart from normal ones */

static void run_exp(struct vs_rcu *rcu, struct vs_gp_row *row)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	vs_ps from = vs_now_ps();

	row->started++;
	row->clear = false;
	if (w && w->gp_begin)
		w->gp_begin(w->ctx, rcu->gp_cpu, from, NULL, NUMBER(row));
	for (uint32_t i = 0; i < rcu->n_nodes; i++) {
		vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, rcu->gp_cpu, &rcu->node[i]),
			       VS_CAUSE_COMPUTE);
		vs_host_view(rcu->host);
		vs_rcu_node_begin(rcu, &rcu->node[i], VS_GP_EXPEDITED);
	}
	for (uint32_t i = rcu->n_nodes - rcu->n_leaves; i < rcu->n_nodes; i++) {
		vs_host_charge(rcu->host, rcu->m->wake_send_ps, VS_CAUSE_COMPUTE);
		vs_host_view(rcu->host);
		vs_host_message(rcu->host, rcu->node[i].lo, on_work, rcu, from);
	}
	while (!row->clear)
		vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
	vs_host_view(rcu->host);
	if (w && w->gp_end)
		w->gp_end(w->ctx, rcu->gp_cpu, vs_now_ps(), NULL, NUMBER(row));
	row->ended = row->started;
	rcu->stats.expedited++;
	vs_rcu_wake_waiters(rcu, VS_GP_EXPEDITED);
}

void vs_rcu_exp_thread(void *arg)
{
	struct vs_rcu *rcu = arg;
	struct vs_gp_row *row = &rcu->row[VS_GP_EXPEDITED];

	for (;;) {
		vs_host_view(rcu->host);
		if (row->wanted > row->ended)
			run_exp(rcu, row);
		else
			vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
	}
}
