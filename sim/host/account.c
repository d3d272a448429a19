/*
 * What a vCPU thread's time goes into: guest, host, steal, halted. Every change of state closes the
 * span before it, so the four add up to the time since the start; what the books say, which are
 * kept by whoever charges, must agree.
 *
 * A context switch counts as steal of the thread that is switched in, as do leaving idle and
 * moving: it could run and does not yet. Sleeping for a lock or a grace period is the host's.
 */
#include <stdlib.h>

#include "sim/host/private.h"

void vs_account_start(struct vs_task *t, vs_ps at)
{
	t->started = t->in_since = at;
}

/* enum vs_task_in begins with the four that are accounted */
_Static_assert((int)VS_IN_GUEST == (int)VS_VCPU_GUEST && (int)VS_IN_HOST == (int)VS_VCPU_HOST &&
		       (int)VS_IN_STEAL == (int)VS_VCPU_STEAL &&
		       (int)VS_IN_HALTED == (int)VS_VCPU_HALTED,
	       "the same order");

static void account(struct vs_task *t, enum vs_vcpu_time in, vs_ps at)
{
	if (t->kind != VS_TASK_VCPU)
		return;
	VS_ASSERT(at >= t->in_since);
	t->time[t->in] += at - t->in_since;
	t->in = in;
	t->in_since = at;
}

void vs_account(struct vs_task *t, enum vs_vcpu_time in, vs_ps at)
{
	vs_tell(&t->host->cpus[t->cpu], at, VS_HOST_STATE, t, (uint64_t)in, 0);
	account(t, in, at);
}

static void tell_leaves(const struct vs_task *t, vs_ps at)
{
	static const enum vs_task_in waits[] = {[VS_WAIT_LOCK] = VS_IN_LOCK,
						[VS_WAIT_GRACE_PERIOD] = VS_IN_GRACE_PERIOD,
						[VS_WAIT_HALT] = VS_IN_HALTED,
						[VS_WAIT_TIMER] = VS_IN_TIMER,
						[VS_WAIT_WORK] = VS_IN_WORK};
	const struct vs_task *holder = t->state == VS_BLOCKED ? t->wait.owner : NULL;
	enum vs_task_in in = VS_IN_NOTHING;

	if (t->state == VS_RUNNABLE)
		in = VS_IN_STEAL;
	else if (t->state == VS_BLOCKED)
		in = waits[t->wait.why];
	vs_tell(&t->host->cpus[t->cpu], at, VS_HOST_STATE, t, in, holder ? holder->id + 1 : 0);
}

static void check_books(const struct vs_task *t, vs_ps at)
{
	vs_ps booked = 0, accounted = 0;

	for (int c = 0; c < VS_CAUSES; c++)
		booked += t->books[c];
	for (int i = 0; i < VS_VCPU_TIMES; i++)
		accounted += t->time[i];
	VS_ASSERT(booked == at && accounted == at - t->started);
	VS_ASSERT(t->time[VS_VCPU_STEAL] == t->books[VS_CAUSE_SCHED]);
	VS_ASSERT(t->time[VS_VCPU_HALTED] + t->started == t->books[VS_CAUSE_IDLE]);
}

void vs_account_leaves(struct vs_task *t, vs_ps at)
{
	enum vs_vcpu_time in = VS_VCPU_HOST;

	tell_leaves(t, at);
	if (t->kind != VS_TASK_VCPU)
		return;
	if (t->state == VS_RUNNABLE)
		in = VS_VCPU_STEAL;
	else if (t->state == VS_BLOCKED && vs_wait_cause(t->wait.why) == VS_CAUSE_IDLE)
		in = VS_VCPU_HALTED;
	account(t, in, at);
	if (t->state == VS_DEAD)
		check_books(t, at);
}

const vs_ps *vs_task_time(const struct vs_task *t)
{
	return t->time;
}

void vs_host_vcpu_time(const struct vs_host *h, vs_u128 sum[VS_VCPU_TIMES])
{
	for (int i = 0; i < VS_VCPU_TIMES; i++)
		sum[i] = 0;
	for (uint32_t k = 0; k < h->n_tasks; k++)
		for (int i = 0; i < VS_VCPU_TIMES; i++)
			sum[i] += h->tasks[k]->time[i];
}

static int ascending(const void *a, const void *b)
{
	vs_ps x = *(const vs_ps *)a, y = *(const vs_ps *)b;

	return (x > y) - (x < y);
}

static bool has_run(const struct vs_task *t)
{
	vs_ps elapsed = 0;

	for (int i = 0; i < VS_VCPU_TIMES; i++)
		elapsed += t->time[i];
	return elapsed > 0; /* threads that are no vCPUs have none */
}

bool vs_host_vcpu_steal(const struct vs_host *h, vs_ps *min, vs_ps *p50, vs_ps *max)
{
	vs_ps *steal = calloc(h->n_tasks ? h->n_tasks : 1, sizeof(*steal));
	size_t n = 0;

	*min = *p50 = *max = 0;
	if (!steal)
		return false;
	for (uint32_t k = 0; k < h->n_tasks; k++)
		if (has_run(h->tasks[k]))
			steal[n++] = h->tasks[k]->time[VS_VCPU_STEAL];
	if (n) {
		qsort(steal, n, sizeof(*steal), ascending);
		*min = steal[0];
		*p50 = steal[(n - 1) / 2];
		*max = steal[n - 1];
	}
	free(steal);
	return true;
}
