/*
 * Callbacks: per CPU, in segments by the grace period they wait for. The softirq of the CPU's ticks
 * gives them one and finds them ready; a thread of that CPU invokes them in batches, as with
 * rcutree.use_softirq=0. What only ends somebody's wait needs no thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/kernel/rcu_private.h"
#include "sim/hw/access.h"

#define BATCH 10       /* rcutree.blimit */
#define FLOOD 10000    /* rcutree.qhimark */
#define FLOOD_SHIFT 7  /* rcutree.rcu_divisor */
#define OVERLOAD 20000 /* rcutree.qovld: twice qhimark */

/* -- segments ------------------------------------------------------------------------------------
 */

static uint32_t total(const struct vs_rcu_cbs *l)
{
	return l->end[VS_SEG_NEXT] - l->first;
}

static uint32_t ready(const struct vs_rcu_cbs *l)
{
	return l->end[VS_SEG_DONE] - l->first;
}

static uint32_t seg_begin(const struct vs_rcu_cbs *l, int seg)
{
	return seg == VS_SEG_DONE ? l->first : l->end[seg - 1];
}

static void reserve(struct vs_rcu_cbs *l)
{
	if (l->end[VS_SEG_NEXT] < l->cap)
		return;
	l->cap = l->cap ? 2 * l->cap : 16;
	l->cb = realloc(l->cb, l->cap * sizeof(*l->cb));
	if (!l->cb) {
		fputs("vcpusim: out of memory\n", stderr);
		abort();
	}
}

/* Behind all others; it waits for what the segment waits for. */
static void add(struct vs_rcu_cbs *l, enum vs_seg seg, const struct vs_rcu_cb *cb)
{
	reserve(l);
	l->cb[l->end[VS_SEG_NEXT]] = *cb;
	for (int i = seg; i < VS_SEGS; i++)
		l->end[i]++;
}

static struct vs_rcu_cb take(struct vs_rcu_cbs *l)
{
	struct vs_rcu_cb cb = l->cb[l->first++];

	if (!total(l)) {
		l->first = 0;
		memset(l->end, 0, sizeof(l->end));
	}
	return cb;
}

/* Grace period `gp` has ended: who waited for it is done, younger ones move up. */
static void move_up(struct vs_rcu_cbs *l, uint64_t gp)
{
	int from = VS_SEG_WAIT, to = VS_SEG_WAIT;

	while (from < VS_SEG_NEXT && l->gp[from] <= gp)
		l->end[VS_SEG_DONE] = l->end[from++];
	if (from == VS_SEG_WAIT)
		return;
	for (; from < VS_SEG_NEXT; from++, to++) {
		l->end[to] = l->end[from];
		l->gp[to] = l->gp[from];
	}
	for (; to < VS_SEG_NEXT; to++) {
		l->end[to] = l->end[to - 1];
		l->gp[to] = 0;
	}
}

/*
 * All without a grace period may go with `gp`, and so may those that wait for a later one. They
 * join the last segment that waits for no later one, or become the one after it. Returns whether
 * anything has changed.
 */
static bool give(struct vs_rcu_cbs *l, uint64_t gp)
{
	int seg = VS_SEG_NEXT_READY;

	while (seg > VS_SEG_DONE && (seg_begin(l, seg) == l->end[seg] || l->gp[seg] >= gp))
		seg--;
	if (++seg == VS_SEG_NEXT || seg_begin(l, seg) == l->end[VS_SEG_NEXT])
		return false;
	for (; seg < VS_SEG_NEXT; seg++) {
		l->end[seg] = l->end[VS_SEG_NEXT];
		l->gp[seg] = gp;
	}
	return true;
}

/* -- softirq -------------------------------------------------------------------------------------
 */

bool vs_rcu_cbs_pending(const struct vs_rcu_cpu *rc)
{
	return total(&rc->cbs);
}

/* Some have no grace period yet, nor can be given one too early: others are seen as of `as_of`, and
 * one that is younger might miss a beginning. */
static bool may_be_given(const struct vs_rcu_cpu *rc, vs_ps as_of)
{
	const struct vs_rcu_cbs *l = &rc->cbs;

	return l->end[VS_SEG_NEXT] != l->end[VS_SEG_NEXT_READY] && l->newest <= as_of;
}

static uint64_t state(const struct vs_rcu *rcu, vs_ps as_of)
{
	return vs_history_get(&rcu->gp, as_of)->value;
}

bool vs_rcu_cbs_due(const struct vs_rcu *rcu, const struct vs_rcu_cpu *rc, vs_ps as_of)
{
	return ready(&rc->cbs) || (may_be_given(rc, as_of) && !(state(rcu, as_of) & 1));
}

void vs_rcu_cbs_advance(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, vs_ps as_of)
{
	uint64_t gp = vs_gp_after(state(rcu, as_of));

	move_up(&rc->cbs, vs_gp_ended(rc->seen));
	if (may_be_given(rc, as_of) && give(&rc->cbs, gp))
		vs_rcu_want(rcu, gp);
}

static void stamp_holds(struct vs_rcu_cpu *rc, vs_ps now)
{
	const struct vs_history *h = &rc->holds;
	bool holds = total(&rc->cbs) || rc->invoking;

	if (h->stamp[h->n - 1].value != holds)
		vs_history_put(&rc->holds, now, holds, vs_rcu_before(now, VS_PS_PER_MS));
}

static void count_overload(struct vs_rcu *rcu, struct vs_rcu_cpu *rc)
{
	bool is = total(&rc->cbs) > OVERLOAD;

	if (is == rc->overloaded)
		return;
	rc->overloaded = is;
	vs_rcu_overload(rcu, is);
}

static void invoke(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, const struct vs_rcu_cb *cb);

/* Softirq: done ones that only end a wait are dealt with, the first that does more wakes the
 * thread. */
void vs_rcu_cbs_ready(struct vs_rcu *rcu, struct vs_rcu_cpu *rc)
{
	vs_ps now;

	while (ready(&rc->cbs) && !rc->invoking && !rc->cbs.cb[rc->cbs.first].func) {
		struct vs_rcu_cb cb = take(&rc->cbs);

		invoke(rcu, rc, &cb);
	}
	if (ready(&rc->cbs)) {
		vs_task_wake(rc->worker);
		return;
	}
	vs_host_here(rcu->host, &now);
	stamp_holds(rc, now);
}

/* On the CPU itself. */
static void enqueue(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, const struct vs_rcu_cb *cb)
{
	vs_ps now;

	vs_host_here(rcu->host, &now);
	add(&rc->cbs, VS_SEG_NEXT, cb);
	rc->cbs.newest = now;
	stamp_holds(rc, now);
	count_overload(rcu, rc);
	vs_host_keep_tick(rcu->host);
}

/* -- the worker ----------------------------------------------------------------------------------
 */

static void on_gathered(struct vs_task *t, void *arg)
{
	struct vs_rcu_gather *g = arg;

	g->done = true;
	vs_task_wake(t);
}

/* On the home CPU: one answer, or (from the caller himself) the end of asking. */
static void on_answer(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu_gather *g = ctx;

	(void)cpu;
	(void)now;
	(void)arg;
	if (--g->left == 0)
		vs_task_post(g->task, on_gathered, g);
}

static void answer(struct vs_rcu_gather *g)
{
	vs_host_message(g->rcu->host, g->home, on_answer, g, 0);
}

static void invoke(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, const struct vs_rcu_cb *cb)
{
	if (cb->barrier) {
		answer(cb->barrier);
	} else if (cb->waiter) {
		vs_host_charge(rcu->host, rcu->m->wake_send_ps, VS_CAUSE_INTERRUPT);
		vs_rcu_waiter_done(cb->waiter);
	} else {
		rc->invoking = true;
		vs_access((uintptr_t)cb->head, sizeof(*cb->head), VS_READ, (uintptr_t)cb->func);
		rc->invoked++;
		cb->func(cb->head);
		rc->invoking = false;
	}
}

/* So many are invoked before the thread offers to give way. */
uint32_t vs_rcu_batch(uint32_t queued, uint32_t n_ready)
{
	uint32_t share = n_ready >> FLOOD_SHIFT;

	if (queued > FLOOD)
		return n_ready;
	return share > BATCH ? share : BATCH;
}

void vs_rcu_worker(void *arg)
{
	struct vs_rcu *rcu = arg;
	struct vs_rcu_cpu *rc = &rcu->cpu[vs_cpu_id()];

	for (;;) {
		vs_host_view(rcu->host);
		for (uint32_t n = vs_rcu_batch(total(&rc->cbs), ready(&rc->cbs));
		     n && ready(&rc->cbs); n--) {
			struct vs_rcu_cb cb = take(&rc->cbs);

			invoke(rcu, rc, &cb);
			vs_host_view(rcu->host);
		}
		count_overload(rcu, rc);
		if (ready(&rc->cbs)) {
			vs_cond_resched();
			continue;
		}
		stamp_holds(rc, vs_now_ps());
		vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
	}
}

/* -- what threads call ---------------------------------------------------------------------------
 */

void vs_rcu_call(struct vs_rcu_head *head, void (*func)(struct vs_rcu_head *head))
{
	struct vs_rcu *rcu = vs_rcu_here();

	vs_access((uintptr_t)head, sizeof(*head), VS_WRITE, (uintptr_t)__builtin_return_address(0));
	head->next = NULL;
	head->func = func;
	vs_host_view(rcu->host);
	enqueue(rcu, &rcu->cpu[vs_cpu_id()], &(struct vs_rcu_cb){.head = head, .func = func});
}

/* The caller's own callback, on his own CPU: it comes back when a grace period has. */
void vs_rcu_wait_callback(struct vs_rcu *rcu)
{
	struct vs_rcu_waiter w = {.task = vs_task_current()};

	vs_host_view(rcu->host);
	enqueue(rcu, &rcu->cpu[vs_cpu_id()], &(struct vs_rcu_cb){.waiter = &w});
	while (!w.done)
		vs_task_block(VS_WAIT_GRACE_PERIOD, NULL, rcu->row[VS_GP_NORMAL].kthread,
			      VS_PS_NEVER);
}

/* Behind the last callback, with which it goes. */
static void on_barrier(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_gather *g = (struct vs_rcu_gather *)(uintptr_t)arg;
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];
	int seg = VS_SEG_NEXT;

	(void)now;
	if (!total(&rc->cbs) && !rc->invoking) {
		answer(g);
		return;
	}
	while (seg > VS_SEG_DONE && seg_begin(&rc->cbs, seg) == rc->cbs.end[seg])
		seg--;
	add(&rc->cbs, seg, &(struct vs_rcu_cb){.barrier = g});
}

/* Done when the last CPU that holds callbacks has come to the end of them. */
void vs_rcu_barrier(void)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_rcu *rcu = vs_rcu_here();
	struct vs_rcu_gather g;

	if (w && w->synchronizing)
		w->synchronizing(w->ctx, vs_cpu_id(), vs_task_id(vs_task_current()), vs_now_ps(),
				 NULL, (uintptr_t)__builtin_return_address(0));
	vs_host_view(rcu->host);
	g = (struct vs_rcu_gather){
		.rcu = rcu, .task = vs_task_current(), .home = vs_cpu_id(), .left = 1};
	vs_preempt_disable();
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		vs_ps as_of = vs_host_view(rcu->host);

		if (i != g.home && !vs_history_get(&rcu->cpu[i].holds, as_of)->value)
			continue;
		g.left++;
		vs_host_call_cpu(rcu->host, i, on_barrier, rcu, (uintptr_t)&g);
	}
	vs_preempt_enable();
	vs_host_view(rcu->host);
	if (--g.left == 0)
		return;
	while (!g.done)
		vs_task_block(VS_WAIT_GRACE_PERIOD, NULL, NULL, VS_PS_NEVER);
}
