/*
 * Callbacks: queued per CPU, given a grace period and found ripe in the softirq of that CPU's
 * ticks, invoked in batches by a kernel thread of that CPU.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/kernel/rcu_private.h"
#include "sim/hw/access.h"

#define FLOOD 10000
#define FLOOD_SHIFT 7

/* -- lists ---------------------------------------------------------------------------------------
 */

static uint32_t count(const struct vs_rcu_cbs *l)
{
	return l->n - l->first;
}

static struct vs_rcu_cb *add(struct vs_rcu_cbs *l, uint32_t n)
{
	if (l->n + n > l->cap) {
		l->cap = 2 * (l->n + n);
		l->cb = realloc(l->cb, l->cap * sizeof(*l->cb));
		if (!l->cb) {
			fputs("vcpusim: out of memory\n", stderr);
			abort();
		}
	}
	l->n += n;
	return &l->cb[l->n - n];
}

static struct vs_rcu_cb take(struct vs_rcu_cbs *l)
{
	struct vs_rcu_cb cb = l->cb[l->first++];

	if (l->first == l->n)
		l->first = l->n = 0;
	return cb;
}

static void move_all(struct vs_rcu_cbs *to, struct vs_rcu_cbs *from)
{
	uint32_t n = count(from);

	memcpy(add(to, n), &from->cb[from->first], n * sizeof(*from->cb));
	from->first = from->n = 0;
}

static void stamp_holds(struct vs_rcu_cpu *rc, vs_ps now, bool holds)
{
	const struct vs_history *h = &rc->holds;

	if (h->stamp[h->n - 1].value != holds)
		vs_history_put(&rc->holds, now, holds, now > VS_PS_PER_MS ? now - VS_PS_PER_MS : 0);
}

/* On the CPU itself. */
static void enqueue(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, struct vs_rcu_cb cb)
{
	vs_ps now;

	vs_host_here(rcu->host, &now);
	*add(&rc->next, 1) = cb;
	rc->next_stamp = now;
	stamp_holds(rc, now, true);
	vs_host_keep_tick(rcu->host);
}

/* -- softirq -------------------------------------------------------------------------------------
 */

bool vs_rcu_cbs_pending(const struct vs_rcu_cpu *rc)
{
	return count(&rc->next) || count(&rc->wait);
}

static bool ripe(const struct vs_rcu_cpu *rc, uint64_t state)
{
	return count(&rc->wait) && vs_gp_ended(state) >= rc->wait_gp;
}

/* The state was seen as of `as_of`: who was queued later might miss a grace period's beginning. */
static bool may_be_given(const struct vs_rcu_cpu *rc, vs_ps as_of)
{
	return count(&rc->next) && rc->next_stamp <= as_of;
}

bool vs_rcu_cbs_due(const struct vs_rcu_cpu *rc, uint64_t state, vs_ps as_of)
{
	return ripe(rc, state) || (!count(&rc->wait) && may_be_given(rc, as_of));
}

void vs_rcu_cbs_advance(struct vs_rcu *rcu, struct vs_rcu_cpu *rc, uint64_t state, vs_ps as_of)
{
	if (ripe(rc, state)) {
		move_all(&rc->done, &rc->wait);
		vs_task_wake(rc->worker);
	}
	if (!count(&rc->wait) && may_be_given(rc, as_of)) {
		move_all(&rc->wait, &rc->next);
		rc->wait_gp = vs_gp_after(state);
		vs_host_message(rcu->host, rcu->gp_cpu, vs_rcu_on_want, rcu, rc->wait_gp);
	}
}

/* -- the worker ----------------------------------------------------------------------------------
 */

static void invoke(struct vs_rcu_cpu *rc, struct vs_rcu_cb cb)
{
	if (cb.barrier) {
		vs_gather_answer(cb.barrier);
		return;
	}
	rc->invoking = true;
	vs_access((uintptr_t)cb.head, sizeof(*cb.head), VS_READ, (uintptr_t)cb.func);
	rc->invoked++;
	cb.func(cb.head);
	rc->invoking = false;
}

static uint32_t batch_size(const struct vs_rcu *rcu, uint32_t ready)
{
	uint32_t share = ready >> FLOOD_SHIFT;

	if (ready > FLOOD)
		return ready;
	return share > rcu->params.batch ? share : rcu->params.batch;
}

void vs_rcu_worker(void *arg)
{
	struct vs_rcu *rcu = arg;
	struct vs_rcu_cpu *rc = &rcu->cpu[vs_cpu_id()];

	for (;;) {
		vs_host_view(rcu->host);
		for (uint32_t n = batch_size(rcu, count(&rc->done)); n && count(&rc->done); n--) {
			invoke(rc, take(&rc->done));
			vs_host_view(rcu->host);
		}
		if (count(&rc->done)) {
			vs_cond_resched();
			continue;
		}
		stamp_holds(rc, vs_now_ps(), vs_rcu_cbs_pending(rc));
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
	enqueue(rcu, &rcu->cpu[vs_cpu_id()], (struct vs_rcu_cb){.head = head, .func = func});
}

static void on_barrier(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	struct vs_rcu *rcu = ctx;
	struct vs_rcu_gather *g = (struct vs_rcu_gather *)(uintptr_t)arg;
	struct vs_rcu_cpu *rc = &rcu->cpu[cpu];

	(void)now;
	if (vs_rcu_cbs_pending(rc) || count(&rc->done) || rc->invoking)
		enqueue(rcu, rc, (struct vs_rcu_cb){.barrier = g});
	else
		vs_gather_answer(g);
}

/* A marker behind what is queued on each CPU that holds callbacks; done when the last is reached.
 */
void vs_rcu_barrier(void)
{
	const struct vs_rcu_watch *w = vs_rcu_watching();
	struct vs_rcu *rcu = vs_rcu_here();
	struct vs_rcu_gather g;

	if (w && w->synchronizing)
		w->synchronizing(w->ctx, vs_cpu_id(), vs_task_id(vs_task_current()), vs_now_ps(),
				 NULL, (uintptr_t)__builtin_return_address(0));
	vs_host_view(rcu->host);
	vs_gather_init(&g, rcu);
	vs_preempt_disable();
	for (uint32_t i = 0; i < rcu->n_cpus; i++) {
		vs_ps as_of = vs_host_view(rcu->host);

		if (i != g.home && !vs_history_get(&rcu->cpu[i].holds, as_of)->value)
			continue;
		g.left++;
		vs_host_call_cpu(rcu->host, i, on_barrier, rcu, (uintptr_t)&g);
	}
	vs_preempt_enable();
	vs_gather_wait(&g);
}
