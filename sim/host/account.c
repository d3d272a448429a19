/*
 * What a vCPU thread's time goes into: guest, host, steal, halted. Every change of state closes the
 * span before it, so the four add up to the time since the start; what the books say, which are
 * kept by whoever charges, must agree.
 *
 * A context switch counts as steal of the thread that is switched in, as do leaving idle and
 * moving: it could run and does not yet. Sleeping for a lock or a grace period is the host's.
 */
#include "sim/host/private.h"

void vs_account_start(struct vs_task *t, vs_ps at)
{
	t->started = t->in_since = at;
}

void vs_account(struct vs_task *t, enum vs_vcpu_time in, vs_ps at)
{
	if (t->kind != VS_TASK_VCPU)
		return;
	VS_ASSERT(at >= t->in_since);
	t->time[t->in] += at - t->in_since;
	t->in = in;
	t->in_since = at;
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

	if (t->kind != VS_TASK_VCPU)
		return;
	if (t->state == VS_RUNNABLE)
		in = VS_VCPU_STEAL;
	else if (t->state == VS_BLOCKED && vs_wait_cause(t->wait.why) == VS_CAUSE_IDLE)
		in = VS_VCPU_HALTED;
	vs_account(t, in, at);
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
