/* From records to slices: each track's states one after the other, flows, grace periods in lanes.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/trace/private.h"

/* What a track is in, since when. name NULL: nothing. */
struct state {
	vs_ps since;
	const char *name;
	uint64_t arg;
};

struct cut {
	struct vs_trace *tr;
	const struct vs_host *h;
	vs_ps end;
	struct state *cpu, *task; /* by number; by number + 1 */
	uint32_t n_tasks;
	struct vs_trace_slices *out;
};

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_time(const void *x, const void *y)
{
	const struct vs_trace_record *a = x, *b = y;
	int o = order(a->at, b->at);

	if (!o)
		o = order(a->cpu, b->cpu);
	return o ? o : order(a->seq, b->seq);
}

static int ops_by_start(const void *x, const void *y)
{
	const struct vs_trace_op *a = x, *b = y;
	int o = order(a->start, b->start);

	if (!o)
		o = order(a->task, b->task);
	return o ? o : order(a->seq, b->seq);
}

static int by_track(const void *x, const void *y)
{
	const struct vs_trace_slice *a = x, *b = y;
	int o = order(a->ts, b->ts);

	if (!o)
		o = order(a->pid, b->pid);
	if (!o)
		o = order(a->tid, b->tid);
	return o ? o : order(a->order, b->order);
}

static void put(struct vs_trace_slices *out, struct vs_trace_slice s)
{
	if (out->n == out->cap) {
		size_t cap = out->cap ? 2 * out->cap : 1024;
		struct vs_trace_slice *v = realloc(out->v, cap * sizeof(*v));

		if (!v) {
			out->failed = true;
			return;
		}
		out->v = v;
		out->cap = cap;
	}
	s.order = (uint32_t)out->n;
	out->v[out->n++] = s;
}

/* What the track was in ends, and `next` begins. */
static void change(struct cut *c, struct state *is, uint32_t pid, uint32_t tid, struct state next)
{
	if (is->name && next.name == is->name && next.arg == is->arg)
		return;
	if (next.since < c->tr->from)
		next.since = c->tr->from;
	if (is->name && next.since > is->since)
		put(c->out, (struct vs_trace_slice){.ts = is->since,
						    .end = next.since,
						    .name = is->name,
						    .arg = is->arg,
						    .pid = pid,
						    .tid = tid,
						    .ph = 'X'});
	*is = next;
}

/* -- CPUs and threads -------------------------------------------------------------------------- */

static void change_cpu(struct cut *c, const struct vs_trace_record *r)
{
	const char *name = "switching";

	if (r->what == VS_HOST_RUNS)
		name = r->task ? vs_task_name(vs_host_task(c->h, r->task - 1)) : "idle";
	change(c, &c->cpu[r->cpu], VS_PID_CPUS, 2 * r->cpu, (struct state){r->at, name, 0});
}

static uint32_t pid_of(const struct cut *c, uint32_t task)
{
	return vs_task_kind(vs_host_task(c->h, task - 1)) == VS_TASK_VCPU ? VS_PID_VCPUS
									  : VS_PID_THREADS;
}

static void change_task(struct cut *c, const struct vs_trace_record *r)
{
	static const char *const names[] = {
		[VS_IN_GUEST] = "guest",    [VS_IN_HOST] = "host",
		[VS_IN_STEAL] = "runnable", [VS_IN_HALTED] = "halted",
		[VS_IN_LOCK] = "lock",      [VS_IN_GRACE_PERIOD] = "grace period",
		[VS_IN_TIMER] = "timer",    [VS_IN_WORK] = "no work",
		[VS_IN_NOTHING] = NULL};
	uint32_t pid = pid_of(c, r->task);
	const char *name = r->a == VS_IN_HOST && pid == VS_PID_THREADS ? "running" : names[r->a];

	change(c, &c->task[r->task], pid, r->task - 1, (struct state){r->at, name, r->b});
}

static void put_irq(struct cut *c, const struct vs_trace_record *r)
{
	static const char *const names[] = {
		[VS_IRQ_TIMER] = "timer", [VS_IRQ_RESCHED] = "resched",
		[VS_IRQ_KICK] = "kick",   [VS_IRQ_NOTIFY] = "notification",
		[VS_IRQ_CALL] = "call",   [VS_IRQ_TICK] = "tick"};
	struct state *free = &c->cpu[c->tr->n_cpus + r->cpu]; /* since: handlers run up to there */
	vs_ps ts = r->at > free->since ? r->at : free->since;
	vs_ps end = r->b < c->end ? r->b : c->end;

	if (ts < c->tr->from)
		ts = c->tr->from;
	if (end < ts)
		end = ts;
	free->since = end;
	put(c->out, (struct vs_trace_slice){.ts = ts,
					    .end = end,
					    .name = names[r->a],
					    .pid = VS_PID_CPUS,
					    .tid = 2 * r->cpu + 1,
					    .ph = 'X'});
}

static void walk(struct cut *c)
{
	const struct vs_trace_records *all = &c->tr->records;

	for (uint32_t i = 0; i < c->tr->n_cpus; i++)
		change_cpu(c, &c->tr->cpu_before[i]);
	for (uint32_t i = 1; i < c->tr->task_before.n; i++)
		if (c->tr->task_before.v[i].task)
			change_task(c, &c->tr->task_before.v[i]);
	for (size_t i = 0; i < all->n && all->v[i].at < c->end; i++) {
		const struct vs_trace_record *r = &all->v[i];

		if (r->what == VS_HOST_RUNS || r->what == VS_HOST_LEAVES)
			change_cpu(c, r);
		else if (r->what == VS_HOST_STATE)
			change_task(c, r);
		else if (r->what == VS_HOST_IRQ)
			put_irq(c, r);
	}
	struct state over = {.since = c->end};

	for (uint32_t i = 0; i < c->tr->n_cpus; i++)
		change(c, &c->cpu[i], VS_PID_CPUS, 2 * i, over);
	for (uint32_t i = 1; i <= c->n_tasks; i++)
		change(c, &c->task[i], pid_of(c, i), i - 1, over);
}

/* -- flows ------------------------------------------------------------------------------------- */

static int by_number(const void *x, const void *y)
{
	const struct vs_trace_record *a = x, *b = y;
	int o = order(a->a, b->a);

	return o ? o : order(a->what, b->what); /* sent before taken */
}

/* Those whose both ends are here, numbered anew. */
static void put_flows(struct cut *c)
{
	const struct vs_trace_records *all = &c->tr->records;
	struct vs_trace_record *v = calloc(all->n + 1, sizeof(*v));
	uint64_t number = 0;
	size_t n = 0;

	c->out->failed |= !v;
	for (size_t i = 0; v && i < all->n && all->v[i].at < c->end; i++)
		if (all->v[i].what == VS_HOST_SENT || all->v[i].what == VS_HOST_TAKEN)
			v[n++] = all->v[i];
	if (v)
		qsort(v, n, sizeof(*v), by_number);
	for (size_t i = 1; i < n; i++) {
		struct vs_trace_slice s = {.ts = v[i - 1].at,
					   .name = "interrupt",
					   .arg = number + 1,
					   .pid = VS_PID_CPUS,
					   .tid = 2 * v[i - 1].cpu,
					   .ph = 's'};

		if (v[i].a != v[i - 1].a)
			continue;
		number++;
		put(c->out, s);
		s.ts = v[i].at;
		s.tid = 2 * v[i].cpu + 1;
		s.ph = 'f';
		put(c->out, s);
	}
	free(v);
}

/* -- operations and grace periods ------------------------------------------------------------- */

/* One after the other on each thread's track: what was due before the one before had ended begins
 * there. */
static void put_ops(struct cut *c)
{
	struct vs_trace *tr = c->tr;

	if (tr->n_ops)
		qsort(tr->ops, tr->n_ops, sizeof(*tr->ops), ops_by_start);
	for (uint32_t i = 0; i <= c->n_tasks; i++)
		c->task[i].since = tr->from;
	for (size_t i = 0; i < tr->n_ops; i++) {
		const struct vs_trace_op *o = &tr->ops[i];
		vs_ps *since = &c->task[o->task].since, end = o->end < c->end ? o->end : c->end;
		vs_ps ts = o->start > *since ? o->start : *since;

		if (ts >= end)
			continue;
		*since = end;
		put(c->out, (struct vs_trace_slice){.ts = ts,
						    .end = end,
						    .name = o->name,
						    .op = o,
						    .pid = VS_PID_OPS,
						    .tid = o->task - 1,
						    .ph = 'X'});
	}
}

#define LANES 8 /* of one kind; more at once are not shown */

/* False: there was no room, or nothing of it to be seen. */
static bool put_gp(struct cut *c, vs_ps lane[3 * LANES], const struct vs_trace_record *begin,
		   vs_ps end, uint32_t *tid)
{
	static const char *const names[] = {"RCU", "RCU expedited", "SRCU"};
	uint32_t kind = begin->a ? 2 : begin->b >> 63, i = kind * LANES;
	vs_ps ts = begin->at > c->tr->from ? begin->at : c->tr->from;

	while (i < (kind + 1) * LANES && lane[i] > ts)
		i++;
	if (i == (kind + 1) * LANES || ts >= end)
		return false;
	lane[i] = end;
	*tid = i;
	put(c->out, (struct vs_trace_slice){.ts = ts,
					    .end = end,
					    .name = names[kind],
					    .arg = begin->b << 1 >> 1,
					    .pid = VS_PID_GRACE_PERIODS,
					    .tid = i,
					    .ph = 'X'});
	return true;
}

/*
 * What RCU's grace period goes through: records from the first on. A CPU may report what a scan has
 * seen before, and what nobody waits for any more: that is left out. The last step comes after the
 * end.
 */
static void put_instants(struct cut *c, const struct vs_trace_record *begin, size_t first,
			 vs_ps end, uint32_t tid)
{
	static const char *const steps[] = {[VS_RCU_GP_START] = "started",
					    [VS_RCU_GP_INITED] = "initialised",
					    [VS_RCU_GP_SCAN] = "scan",
					    [VS_RCU_GP_CLEAR] = "clear",
					    [VS_RCU_GP_END] = "ended"};
	const struct vs_trace_records *all = &c->tr->records;
	bool over = begin->a != 0, expedited = begin->b & VS_TRACE_EXPEDITED;

	for (size_t i = first; !over && i < all->n && all->v[i].at < c->end; i++) {
		const struct vs_trace_record *r = &all->v[i];
		bool step = r->what == VS_TRACE_GP_STEP;

		over = r->at > end && expedited;
		if (r->b != begin->b || (!step && r->what != VS_TRACE_QUIESCENT) ||
		    (!step && r->at > end))
			continue;
		put(c->out, (struct vs_trace_slice){.ts = r->at,
						    .name = step ? steps[r->a] : "quiescent",
						    .arg = r->b << 1 >> 1,
						    .quiescent = step ? NULL : r,
						    .pid = VS_PID_GRACE_PERIODS,
						    .tid = tid,
						    .ph = 'i'});
		over = step && r->a == VS_RCU_GP_END;
	}
}

static void put_gps(struct cut *c)
{
	struct vs_trace_records *open = &c->tr->gp_before, *all = &c->tr->records;
	vs_ps lane[3 * LANES] = {0};
	size_t n = open->n;
	uint32_t tid;

	if (n)
		qsort(open->v, n, sizeof(*open->v), by_time);
	for (size_t k = 0; k < n + all->n; k++) {
		const struct vs_trace_record *r = k < n ? &open->v[k] : &all->v[k - n];
		size_t first = k < n ? 0 : k - n;
		vs_ps end = c->end;

		if (r->what != VS_TRACE_GP_BEGIN || r->at >= c->end)
			continue;
		for (size_t i = first; i < all->n && all->v[i].at < c->end; i++)
			if (all->v[i].what == VS_TRACE_GP_END && all->v[i].a == r->a &&
			    all->v[i].b == r->b) {
				end = all->v[i].at;
				break;
			}
		if (put_gp(c, lane, r, end, &tid))
			put_instants(c, r, first, end, tid);
	}
}

void vs_trace_cut(struct vs_trace *tr, const struct vs_host *h, vs_ps end,
		  struct vs_trace_slices *out)
{
	struct cut c = {.tr = tr, .h = h, .end = end < tr->until ? end : tr->until, .out = out};

	for (size_t i = 0; end == VS_PS_NEVER && i < tr->records.n; i++)
		if (c.end == tr->until || tr->records.v[i].at > c.end)
			c.end = tr->records.v[i].at;
	while (vs_host_task(h, c.n_tasks))
		c.n_tasks++;
	c.cpu = calloc(2 * (size_t)tr->n_cpus, sizeof(*c.cpu));
	c.task = calloc(c.n_tasks + 1, sizeof(*c.task));
	out->failed = !c.cpu || !c.task || tr->failed;
	if (!out->failed && c.end > tr->from) {
		if (tr->records.n)
			qsort(tr->records.v, tr->records.n, sizeof(*tr->records.v), by_time);
		walk(&c);
		put_flows(&c);
		put_ops(&c);
		put_gps(&c);
	}
	free(c.cpu);
	free(c.task);
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_track);
}
