/* Recording: cheap, and nothing but appending. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "sim/trace/private.h"

struct vs_trace *vs_trace_new(uint32_t n_cpus, vs_ps from, vs_ps until)
{
	struct vs_trace *tr = calloc(1, sizeof(*tr));

	if (!tr)
		return NULL;
	tr->n_cpus = n_cpus;
	tr->from = from;
	tr->until = until;
	tr->seq = calloc(n_cpus, sizeof(*tr->seq));
	tr->cpu_before = calloc(n_cpus, sizeof(*tr->cpu_before));
	if (!tr->seq || !tr->cpu_before) {
		vs_trace_free(tr);
		return NULL;
	}
	for (uint32_t i = 0; i < n_cpus; i++) /* idle */
		tr->cpu_before[i] = (struct vs_trace_record){.cpu = i, .what = VS_HOST_RUNS};
	return tr;
}

void vs_trace_free(struct vs_trace *tr)
{
	if (!tr)
		return;
	free(tr->seq);
	free(tr->cpu_before);
	free(tr->records.v);
	free(tr->task_before.v);
	free(tr->gp_before.v);
	free(tr->ops);
	free(tr);
}

/* Room for element n, which is zero. */
static bool room(struct vs_trace_records *r, size_t n)
{
	size_t cap = r->cap ? r->cap : 256;
	struct vs_trace_record *v;

	while (cap <= n)
		cap *= 2;
	if (cap == r->cap)
		return true;
	v = realloc(r->v, cap * sizeof(*v));
	if (!v)
		return false;
	memset(v + r->cap, 0, (cap - r->cap) * sizeof(*v));
	r->v = v;
	r->cap = cap;
	return true;
}

static void append(struct vs_trace *tr, struct vs_trace_records *to,
		   const struct vs_trace_record *r)
{
	if (room(to, to->n))
		to->v[to->n++] = *r;
	else
		tr->failed = true;
}

static void drop_gp(struct vs_trace_records *open, const struct vs_trace_record *end)
{
	for (size_t i = 0; i < open->n; i++)
		if (open->v[i].a == end->a && open->v[i].b == end->b) {
			open->v[i] = open->v[--open->n];
			return;
		}
}

/* Only what is still so at `from` matters. What one CPU or one thread does comes in order of time.
 */
static void before(struct vs_trace *tr, const struct vs_trace_record *r)
{
	struct vs_trace_records *tasks = &tr->task_before;

	switch (r->what) {
	case VS_HOST_RUNS:
	case VS_HOST_LEAVES:
		tr->cpu_before[r->cpu] = *r;
		return;
	case VS_HOST_STATE:
		if (!room(tasks, r->task)) {
			tr->failed = true;
			return;
		}
		tasks->v[r->task] = *r;
		if (tasks->n <= r->task)
			tasks->n = r->task + 1;
		return;
	case VS_TRACE_GP_BEGIN:
		append(tr, &tr->gp_before, r);
		return;
	case VS_TRACE_GP_END:
		drop_gp(&tr->gp_before, r);
		return;
	case VS_HOST_IRQ: /* b: when it ends */
		if (r->b > tr->from)
			append(tr, &tr->records, r);
		return;
	}
}

static void record(struct vs_trace *tr, uint32_t cpu, vs_ps at, unsigned what, uint32_t task,
		   uint64_t a, uint64_t b)
{
	struct vs_trace_record r = {.at = at,
				    .a = a,
				    .b = b,
				    .cpu = cpu,
				    .seq = tr->seq[cpu]++,
				    .task = task,
				    .what = (uint8_t)what};

	if (at < tr->from)
		before(tr, &r);
	else if (at < tr->until)
		append(tr, &tr->records, &r);
}

static void on_event(void *ctx, uint32_t cpu, vs_ps at, enum vs_host_event what,
		     const struct vs_task *t, uint64_t a, uint64_t b)
{
	record(ctx, cpu, at, what, t ? vs_task_id(t) + 1 : 0, a, b);
}

void vs_trace_attach(struct vs_trace *tr, struct vs_host *h)
{
	vs_host_set_tracer(h, &(struct vs_host_tracer){.ctx = tr, .event = on_event});
}

void vs_trace_gp(struct vs_trace *tr, uint32_t cpu, vs_ps now, const void *domain, uint64_t number,
		 bool begins)
{
	record(tr, cpu, now, begins ? VS_TRACE_GP_BEGIN : VS_TRACE_GP_END, 0, (uintptr_t)domain,
	       number);
}

void vs_trace_gp_step(struct vs_trace *tr, uint32_t cpu, vs_ps now, uint64_t number,
		      enum vs_rcu_step step)
{
	record(tr, cpu, now, VS_TRACE_GP_STEP, 0, step, number);
}

void vs_trace_quiescent(struct vs_trace *tr, uint32_t by, vs_ps now, uint64_t number, uint32_t cpu,
			bool expedited)
{
	record(tr, by, now, VS_TRACE_QUIESCENT, 0, cpu,
	       number | (expedited ? VS_TRACE_EXPEDITED : 0));
}

void vs_trace_op(struct vs_trace *tr, uint32_t cpu, const struct vs_task *t, const char *op,
		 vs_ps start, vs_ps end, const vs_ps parts[VS_CAUSES])
{
	struct vs_trace_op o = {.start = start,
				.end = end,
				.name = op,
				.cpu = cpu,
				.seq = tr->seq[cpu]++,
				.task = vs_task_id(t) + 1};

	if (end <= tr->from || start >= tr->until)
		return;
	memcpy(o.parts, parts, sizeof(o.parts));
	if (tr->n_ops == tr->cap_ops) {
		size_t cap = tr->cap_ops ? 2 * tr->cap_ops : 256;
		struct vs_trace_op *v = realloc(tr->ops, cap * sizeof(*v));

		if (!v) {
			tr->failed = true;
			return;
		}
		tr->ops = v;
		tr->cap_ops = cap;
	}
	tr->ops[tr->n_ops++] = o;
}
