/*
 * The tree: which CPUs and preempted readers a grace period still waits for. Reports clear bits
 * from a leaf up; when the root is clear, the grace period's thread is woken.
 *
 * All of it belongs to the kthread's CPU. Other CPUs change it by messages of one flight each, so
 * that what a CPU said first is also known first: a reader that was preempted is known before the
 * quiescent state that the preemption is.
 */
#include <stdio.h>
#include <stdlib.h>

#include "models/kernel/rcu_private.h"

#define FANOUT 64 /* of inner nodes */

/* -- geometry ------------------------------------------------------------------------------------
 */

static uint32_t parts(uint32_t n, uint32_t of)
{
	return (n + of - 1) / of;
}

/* Nodes of each level, the leaves first; returns the number of levels. */
static uint32_t levels(uint32_t n_cpus, uint32_t width[4])
{
	uint32_t n = 1;

	width[0] = parts(n_cpus, VS_RCU_LEAF_FANOUT);
	for (; width[n - 1] > 1; n++)
		width[n] = parts(width[n - 1], FANOUT);
	return n;
}

void vs_rcu_tree_new(struct vs_rcu *rcu)
{
	uint32_t width[4], n = levels(rcu->n_cpus, width), at = 0, span = VS_RCU_LEAF_FANOUT;

	for (uint32_t i = 0; i < n; i++)
		rcu->n_nodes += width[i];
	for (uint32_t i = 1; i < n; i++)
		span *= FANOUT;
	rcu->n_leaves = width[0];
	rcu->node = vs_rcu_zeroed(rcu->n_nodes, sizeof(*rcu->node));
	for (uint32_t level = n; level--; at += width[level], span /= FANOUT) {
		uint32_t below = level ? width[level - 1] : rcu->n_cpus;
		uint32_t fanout = level ? FANOUT : VS_RCU_LEAF_FANOUT;

		for (uint32_t i = 0; i < width[level]; i++) {
			struct vs_rcu_node *x = &rcu->node[at + i];

			x->lo = i * span;
			x->n = below - i * fanout < fanout ? below - i * fanout : fanout;
			x->bit = UINT64_C(1) << i % FANOUT;
			if (level + 1 < n)
				x->parent = &rcu->node[at - width[level + 1] + i / FANOUT];
			vs_history_init(&x->gp, 0);
		}
	}
}

void vs_rcu_tree_free(struct vs_rcu *rcu)
{
	for (uint32_t i = 0; i < rcu->n_nodes; i++)
		vs_history_release(&rcu->node[i].gp);
	free(rcu->node);
	free(rcu->reader);
}

/* What it costs a CPU to take the node's lock and change it: its line comes from elsewhere. */
vs_ps vs_rcu_node_ps(const struct vs_rcu *rcu, uint32_t cpu, const struct vs_rcu_node *n)
{
	return rcu->m->transfer_ps[vs_host_distance(rcu->host, cpu, n->lo)] + rcu->m->atomic_ps;
}

/* -- reports: on the kthread's CPU ---------------------------------------------------------------
 */

static void climb(struct vs_rcu *rcu, struct vs_rcu_node *n, enum vs_gp_kind kind)
{
	while (!n->waits[kind] && !n->readers[kind]) {
		if (!n->parent) {
			rcu->row[kind].clear = true;
			vs_task_wake(rcu->row[kind].kthread);
			return;
		}
		n->parent->waits[kind] &= ~n->bit;
		n = n->parent;
	}
}

void vs_rcu_settle(struct vs_rcu *rcu, struct vs_rcu_node *leaf, enum vs_gp_kind kind,
		   uint64_t bits)
{
	if (!(leaf->waits[kind] & bits))
		return;
	leaf->waits[kind] &= ~bits;
	climb(rcu, leaf, kind);
}

/* arg: the grace period times the number of CPUs, plus the CPU. A scan may have been quicker. */
static void take_report(struct vs_rcu *rcu, enum vs_gp_kind kind, uint64_t arg)
{
	uint32_t cpu = arg % rcu->n_cpus;

	if (arg / rcu->n_cpus == rcu->row[kind].started &&
	    rcu->row[kind].started != rcu->row[kind].ended)
		vs_rcu_settle(rcu, vs_rcu_leaf(rcu, cpu), kind, vs_rcu_bit(cpu));
}

static void on_report(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	(void)cpu;
	(void)now;
	take_report(ctx, VS_GP_NORMAL, arg);
}

static void on_exp_report(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	(void)cpu;
	(void)now;
	take_report(ctx, VS_GP_EXPEDITED, arg);
}

/* On `cpu`: it has passed a quiescent state of this grace period. */
void vs_rcu_report(struct vs_rcu *rcu, uint32_t cpu, enum vs_gp_kind kind, uint64_t gp)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	vs_ps now;

	vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, cpu, vs_rcu_leaf(rcu, cpu)),
		       VS_CAUSE_INTERRUPT);
	vs_host_here(rcu->host, &now);
	if (w && w->qs_reported)
		w->qs_reported(w->ctx, cpu, now, gp, cpu, kind == VS_GP_EXPEDITED);
	vs_host_message(rcu->host, rcu->gp_cpu, kind == VS_GP_NORMAL ? on_report : on_exp_report,
			rcu, gp * rcu->n_cpus + cpu);
}

/* -- readers that were preempted -----------------------------------------------------------------
 */

static struct vs_rcu_reader *reader_of(struct vs_rcu *rcu, uint32_t task)
{
	if (task >= rcu->cap_readers) {
		uint32_t cap = 2 * (task + 1);
		struct vs_rcu_reader *bigger = vs_rcu_zeroed(cap, sizeof(*bigger));

		for (uint32_t i = 0; i < rcu->cap_readers; i++)
			bigger[i] = rcu->reader[i];
		free(rcu->reader);
		rcu->reader = bigger;
		rcu->cap_readers = cap;
	}
	return &rcu->reader[task];
}

/*
 * Held are the grace periods that still wait for its CPU: the reader may have begun before them.
 * Arrives before anything that says otherwise of the CPU: see vs_rcu_scan_view().
 */
static void on_preempted(void *ctx, uint32_t self, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_reader *r = reader_of(rcu, arg / rcu->n_cpus);
	struct vs_rcu_node *leaf = vs_rcu_leaf(rcu, arg % rcu->n_cpus);

	(void)self;
	(void)now;
	r->queued = true;
	r->cpu = arg % rcu->n_cpus;
	for (int kind = 0; kind < VS_GP_KINDS; kind++) {
		r->holds[kind] =
			(leaf->waits[kind] & vs_rcu_bit(r->cpu)) && !rcu->params.forget_preempted;
		leaf->readers[kind] += r->holds[kind];
	}
	rcu->stats.preempted_readers++;
}

static void on_ended(void *ctx, uint32_t self, vs_ps now, uint64_t task)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_reader *r = reader_of(rcu, task);
	struct vs_rcu_node *leaf = vs_rcu_leaf(rcu, r->cpu);

	(void)self;
	(void)now;
	r->queued = false;
	for (int kind = 0; kind < VS_GP_KINDS; kind++) {
		if (!r->holds[kind])
			continue;
		r->holds[kind] = false;
		if (--leaf->readers[kind] == 0)
			climb(rcu, leaf, kind);
	}
}

void vs_rcu_reader_preempted(struct vs_rcu *rcu, uint32_t cpu, const struct vs_task *t)
{
	uint64_t arg = (uint64_t)vs_task_id(t) * rcu->n_cpus + cpu;

	vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, cpu, vs_rcu_leaf(rcu, cpu)),
		       VS_CAUSE_COMPUTE);
	if (cpu == rcu->gp_cpu) /* the thread that comes next may begin a grace period at once */
		on_preempted(rcu, cpu, 0, arg);
	else
		vs_host_message(rcu->host, rcu->gp_cpu, on_preempted, rcu, arg);
}

void vs_rcu_reader_ended(struct vs_rcu *rcu, const struct vs_task *t)
{
	vs_ps now;
	uint32_t cpu = vs_host_here(rcu->host, &now);

	vs_host_charge(rcu->host, vs_rcu_node_ps(rcu, cpu, vs_rcu_leaf(rcu, cpu)),
		       VS_CAUSE_COMPUTE);
	vs_host_message(rcu->host, rcu->gp_cpu, on_ended, rcu, vs_task_id(t));
}

/* A grace period begins for this node: it waits for all that is below. */
void vs_rcu_node_begin(struct vs_rcu *rcu, struct vs_rcu_node *n, enum vs_gp_kind kind)
{
	bool leaf = n >= &rcu->node[rcu->n_nodes - rcu->n_leaves];

	n->waits[kind] = n->n == 64 ? UINT64_MAX : (UINT64_C(1) << n->n) - 1;
	n->readers[kind] = 0;
	for (uint32_t i = 0; leaf && i < rcu->cap_readers; i++) {
		struct vs_rcu_reader *r = &rcu->reader[i];

		if (!r->queued || vs_rcu_leaf(rcu, r->cpu) != n || rcu->params.forget_preempted)
			continue;
		r->holds[kind] = true;
		n->readers[kind]++;
	}
}

/* -- looking at CPUs -----------------------------------------------------------------------------
 */

/* Is it in an extended quiescent state: idle, or in the guest where that is one? */
bool vs_rcu_extended(const struct vs_rcu *rcu, uint32_t cpu, vs_ps as_of, uint64_t *count)
{
	uint64_t idle = vs_host_idle_count(rcu->host, cpu, as_of);
	uint64_t extra = vs_history_get(&rcu->cpu[cpu].extra, as_of)->value;

	*count = idle + extra;
	return (idle | extra) & 1;
}

/*
 * Context code on the kthread's CPU or a leaf's: as of when others are looked at. A message's
 * flight ago, so that of a CPU seen idle all preempted readers are known.
 */
vs_ps vs_rcu_scan_view(struct vs_rcu *rcu)
{
	vs_host_view(rcu->host);
	return vs_rcu_before(vs_now_ps(), rcu->m->wake_flight_ps + 1);
}
