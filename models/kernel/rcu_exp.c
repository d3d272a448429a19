/*
 * Expedited grace periods: interrupt every CPU that is not idle, have it give way, collect the
 * answers. Each caller runs one of its own; sharing comes with the tree.
 */
#include <stdio.h>
#include <stdlib.h>

#include "models/kernel/rcu_private.h"

/* -- collecting answers --------------------------------------------------------------------------
 */

void vs_gather_init(struct vs_rcu_gather *g, struct vs_rcu *rcu)
{
	*g = (struct vs_rcu_gather){
		.rcu = rcu, .task = vs_task_current(), .home = vs_cpu_id(), .left = 1};
}

static void on_gathered(struct vs_task *t, void *arg)
{
	struct vs_rcu_gather *g = arg;

	g->done = true;
	vs_task_wake(t);
}

/* On the home CPU: one answer, or (from the caller himself) the end of asking. */
void vs_gather_on_answer(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu_gather *g = ctx;

	(void)cpu;
	(void)now;
	(void)arg;
	if (--g->left == 0)
		vs_task_post(g->task, on_gathered, g);
}

/* Handler on the CPU that was asked. */
void vs_gather_answer(struct vs_rcu_gather *g)
{
	vs_host_message(g->rcu->host, g->home, vs_gather_on_answer, g, 0);
}

/* Everybody has been asked. */
void vs_gather_wait(struct vs_rcu_gather *g)
{
	vs_host_view(g->rcu->host);
	if (--g->left == 0)
		return;
	while (!g->done)
		vs_task_block(VS_WAIT_GRACE_PERIOD, NULL, NULL, VS_PS_NEVER);
}

/* -- the CPU that is interrupted -----------------------------------------------------------------
 */

/* Idle CPUs hold no readers. In the kernel there may be one, which ends before the next switch. */
static void on_expedite(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];
	struct vs_rcu_exp_node *node = (struct vs_rcu_exp_node *)(uintptr_t)arg;

	(void)now;
	if (rc->idle) {
		vs_gather_answer(node->gather);
		return;
	}
	node->next = rc->expedited;
	rc->expedited = node;
	vs_host_resched(rcu->host);
}

void vs_rcu_answer_expedited(struct vs_rcu *rcu, struct vs_rcu_cpu *rc)
{
	struct vs_rcu_exp_node *node = rc->expedited;

	rc->expedited = NULL;
	while (node) {
		struct vs_rcu_exp_node *next = node->next;

		vs_host_charge(rcu->host, rcu->m->wake_send_ps, VS_CAUSE_INTERRUPT);
		vs_gather_answer(node->gather);
		node = next;
	}
}

/* -- the caller ----------------------------------------------------------------------------------
 */

static void ask_all(struct vs_rcu *rcu, struct vs_rcu_gather *g, struct vs_rcu_exp_node *node)
{
	vs_preempt_disable();
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		if (i == g->home) /* we are no reader, and nobody else runs here */
			continue;
		vs_host_charge(rcu->host, rcu->m->rcu_scan_cpu_ps, VS_CAUSE_COMPUTE);
		if (vs_host_idle_count(rcu->host, i, vs_host_view(rcu->host)) & 1)
			continue;
		node[i].gather = g;
		g->left++;
		vs_host_call_cpu(rcu->host, i, on_expedite, rcu, (uintptr_t)&node[i]);
	}
	vs_preempt_enable();
}

void vs_rcu_expedite(struct vs_rcu *rcu)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_rcu_exp_node *node = calloc(rcu->n_cpus, sizeof(*node));
	struct vs_rcu_gather g;
	uint64_t seq;

	if (!node) {
		fputs("vcpusim: out of memory\n", stderr);
		abort();
	}
	vs_host_view(rcu->host);
	vs_gather_init(&g, rcu);
	seq = UINT64_C(1) << 63 | rcu->exp_seq[g.home]++ * rcu->n_cpus | g.home;
	if (w && w->gp_begin)
		w->gp_begin(w->ctx, g.home, vs_now_ps(), NULL, seq);
	/* Others are seen with a delay: a CPU seen idle must have been so after the call. */
	vs_host_charge(rcu->host, rcu->window, VS_CAUSE_GRACE_PERIOD);
	ask_all(rcu, &g, node);
	vs_gather_wait(&g);
	if (w && w->gp_end)
		w->gp_end(w->ctx, vs_cpu_id(), vs_now_ps(), NULL, seq);
	free(node);
}
