/* Puts the rooms together for one run, and what they measured into a struct vs_run. */
#include "sim/cli/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "models/kernel/rcu.h"
#include "models/kernel/slab.h"
#include "models/kernel/workers.h"
#include "sim/check/check.h"
#include "sim/check/site.h"
#include "sim/cli/guard.h"
#include "sim/cli/hot.h"
#include "sim/cli/measured.h"
#include "sim/cli/refuse.h"
#include "sim/host/host.h"
#include "sim/hw/hw.h"
#include "sim/io/result.h"
#include "sim/io/scenario.h"
#include "sim/trace/trace.h"
#include "sim/workload/workload.h"

#define RUNNING_LINES 20 /* of threads that run, in the message of a run that stopped */
#define BLOCKED_LINES 40 /* of those that wait */
#define LINE_BYTES 512   /* at most */

struct run {
	const struct vs_scenario *s;
	const struct vs_table_ref *table;
	struct vs_run *out;
	struct vs_progress *progress;
	struct vs_engine *engine;
	struct vs_hw *hw;
	struct vs_host *host;
	struct vs_slab *slab;
	struct vs_rcu *rcu;
	struct vs_checker *checker;
	struct vs_workload *workload;
	struct vs_measured *measured;
	struct vs_op_sink sink;
	struct vs_trace *trace; /* or NULL */
	struct vs_sites *sites; /* made when first asked */
	const struct vs_execution *x;
};

static void end_as(struct run *r, enum vs_run_status status, const char *message)
{
	if (r->out->status != VS_RUN_OK)
		return;
	r->out->status = status;
	r->out->message = strdup(message);
}

static void on_op(void *ctx, enum vs_op op, vs_ps start, vs_ps end, const vs_ps *parts, bool error)
{
	struct run *r = ctx;
	struct vs_hw_stats st;

	if (!vs_measured_op(r->measured, op, start, end, parts, error)) {
		end_as(r, VS_RUN_CRASHED, "an operation's parts do not add up to its latency");
		vs_engine_abort(r->engine);
	}
	if (r->trace)
		vs_trace_op(r->trace, vs_core_now->id, vs_task_current(), vs_op_name(op), start,
			    end, parts);
	if (!r->progress)
		return;
	vs_hw_stats(r->hw, &st);
	uint64_t done, total;

	vs_workload_progress(r->workload, &done, &total);
	r->progress->done = done;
	r->progress->total = total;
	r->progress->simulated_ps = end;
	r->progress->accesses = st.accesses;
}

static void on_latency(void *ctx, enum vs_op op, enum vs_latency_kind kind, vs_ps ps)
{
	struct run *r = ctx;

	vs_measured_latency(r->measured, op, kind, ps);
}

static void on_note(void *ctx, uint32_t cpu, vs_ps now, enum vs_note what, const void *obj,
		    uint64_t a)
{
	struct run *r = ctx;

	(void)cpu;
	(void)now;
	vs_workload_note(r->workload, what, obj, a);
}

static void on_booted(void *ctx)
{
	struct run *r = ctx;

	vs_check_booting(r->checker, false);
}

/* Not on a simulated thread, whose stack is too small for it. */
static const char *name_place(void *ctx, uintptr_t pc, char *buf, size_t size)
{
	struct run *r = ctx;

	if (!r->sites)
		r->sites = vs_sites_new();
	return vs_site_name(r->sites, pc, buf, size);
}

static void on_deadlock(void *ctx, const char *text)
{
	struct run *r = ctx;

	end_as(r, VS_RUN_DEADLOCK, text);
	vs_engine_abort(r->engine);
}

static void on_bug(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line, const char *what)
{
	struct run *r = ctx;
	char text[512];

	vs_check_bugged(r->checker, cpu, now, file, line, what);
	snprintf(text, sizeof(text), "BUG on CPU %u at %llu ps: %s (%s:%d)", cpu,
		 (unsigned long long)now, what, file, line);
	end_as(r, VS_RUN_CRASHED, text);
}

static void on_warn(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		    const char *what)
{
	struct run *r = ctx;

	vs_check_warned(r->checker, cpu, now, file, line, what);
}

static void on_grace_period(void *ctx, uint32_t cpu, vs_ps now, const void *domain, uint64_t number,
			    bool begins)
{
	vs_trace_gp(ctx, cpu, now, domain, number, begins);
}

static void on_gp_step(void *ctx, uint32_t cpu, vs_ps now, uint64_t number, enum vs_rcu_step step)
{
	vs_trace_gp_step(ctx, cpu, now, number, step);
}

static void on_quiescent(void *ctx, uint32_t by, vs_ps now, uint64_t number, uint32_t cpu,
			 bool expedited)
{
	vs_trace_quiescent(ctx, by, now, number, cpu, expedited);
}

static bool start_trace(struct run *r, const struct vs_execution *x)
{
	struct vs_gp_listener listener = {
		.gp = on_grace_period, .step = on_gp_step, .quiescent = on_quiescent};

	if (!x->trace)
		return true;
	r->trace = vs_trace_new(r->s->cpus, x->trace_from, x->trace_until);
	if (!r->trace)
		return false;
	vs_trace_attach(r->trace, r->host);
	listener.ctx = r->trace;
	vs_check_hear_grace_periods(r->checker, &listener);
	return true;
}

static bool put_trace(FILE *to, const void *run)
{
	const struct run *r = run;
	size_t n = strlen(r->x->trace);
	bool gzip = n > 3 && strcmp(r->x->trace + n - 3, ".gz") == 0;

	vs_ps end = VS_PS_NEVER; /* whatever happened last */

	if (r->out->status == VS_RUN_OK || r->out->status == VS_RUN_CHECK_FAILED)
		end = r->out->simulated_ps;
	else if (r->out->status == VS_RUN_LIMIT)
		end = r->s->limit_ps;
	return vs_trace_write(r->trace, r->host, end, gzip, to);
}

/* The run stands whatever becomes of its picture. */
static void write_trace(struct run *r)
{
	struct vs_errors errs;

	if (!r->trace)
		return;
	vs_errors_init(&errs);
	bool ok = vs_file_write(r->x->trace, put_trace, r, &errs);

	if (r->progress)
		r->progress->traced = ok ? VS_TRACED : VS_TRACE_FAILED;
	vs_errors_print(&errs, stderr);
	vs_errors_release(&errs);
	vs_trace_free(r->trace);
}

static void on_unexpected(void *ctx, uint32_t cpu, vs_ps now, const char *what, uint64_t found,
			  uint64_t expected)
{
	struct run *r = ctx;

	vs_check_unexpected(r->checker, cpu, now, what, found, expected);
}

static bool build(struct run *r, const struct vs_modules *m, uint32_t replication,
		  const struct vs_execution *x)
{
	const struct vs_machine *machine = &r->s->machine;
	struct vs_engine_options o = {
		.n_cores = r->s->cpus,
		.delays = vs_hw_delays(machine, x->window_set ? x->window_ps : machine->window_ps),
		.strict = x->strict,
		.order = x->order,
		.backend = x->bare ? VS_BACKEND_BARE : VS_BACKEND_SIMGRID};
	uint32_t notes = 1u << VS_NOTE_VCPU_READY | 1u << VS_NOTE_VCPU_GONE |
			 1u << VS_NOTE_IPI_POSTED | 1u << VS_NOTE_IPI_TAKEN;
	struct vs_bug_sink bugs = {
		.ctx = r, .bug = on_bug, .warn = on_warn, .unexpected = on_unexpected};
	uint32_t params[VS_TABLE_PARAMS_MAX];

	for (uint32_t k = 0; k < r->table->n_params; k++)
		params[k] = r->table->param[k].value;
	r->engine = vs_engine_new(&o);
	r->hw = vs_hw_new(r->engine, machine, r->s->cpus);
	if (x->paranoid)
		vs_hw_set_paranoid(r->hw);
	vs_hw_set_pricing(r->hw, false);
	r->measured = vs_measured_new(r->s->cpus, r->s->n_plain);
	r->checker = vs_check_new(r->engine, r->hw, machine->window_ps);
	if (!r->measured || !r->checker || !vs_modules_map(m, r->hw))
		return false;
	vs_check_attach(r->checker);
	r->host = vs_host_new(r->engine, r->hw, r->s);
	if (!r->host)
		return false;
	vs_host_set_bug_sink(r->host, &bugs);
	vs_refuse_install(r->hw);
	vs_host_set_namer(r->host, name_place, r);
	r->slab = vs_slab_new(r->host, r->hw, r->s->cpus);
	r->rcu = vs_rcu_new(r->host);
	r->sink = (struct vs_op_sink){.ctx = r, .op = on_op, .latency = on_latency};
	r->workload =
		vs_workload_new(r->host, r->hw, r->s,
				r->s->no_vm ? NULL : vs_modules_table(m, r->table->table, NULL),
				params, replication, &r->sink);
	if (!r->slab || !r->rcu || !r->workload || !vs_workers_new(r->host) || !start_trace(r, x))
		return false;
	vs_workload_on_booted(r->workload, on_booted, r);
	vs_check_hear_notes(r->checker, notes, on_note, r);
	vs_host_watch_deadlocks(r->host, on_deadlock, r);
	return true;
}

static uint64_t moved(void *ctx)
{
	const struct run *r = ctx;
	const struct vs_engine_stats *e = vs_engine_stats(r->engine);
	struct vs_hw_stats h;

	vs_hw_stats(r->hw, &h);
	return h.accesses + e->windows + e->resumes + e->agent_events + e->local_events +
	       (vs_core_now ? vs_core_now->clock : 0);
}

static void take_violations(struct run *r);

static void on_fatal(void *ctx, const char *text, bool crashed)
{
	struct run *r = ctx;

	end_as(r, VS_RUN_CRASHED, text);
	if (vs_core_now)
		r->out->simulated_ps = vs_core_now->clock;
	if (!crashed)
		take_violations(r);
	r->x->fatal(r->x->fatal_ctx, r->out);
}

/* The engine's run, watched. */
static enum vs_stop run_engine(struct run *r)
{
	struct vs_guard g = {.silent_s = r->x->silent_s,
			     .moved = moved,
			     .moved_ctx = r,
			     .fatal = on_fatal,
			     .fatal_ctx = r};
	enum vs_stop why;

	if (r->x->fatal)
		vs_guard_start(&g);
	why = vs_engine_run(r->engine, r->s->limit_ps);
	if (r->x->fatal)
		vs_guard_stop();
	return why;
}

static size_t report_blocked(const struct run *r, char *buf, size_t size)
{
	return vs_host_report_blocked(r->host, VS_PS_NEVER, buf, size);
}

static size_t report_running(const struct run *r, char *buf, size_t size)
{
	return vs_host_report_running(r->host, buf, size);
}

/* The first lines of a report (those that matter come first), and how many more there are. */
static void add_lines(const struct run *r,
		      size_t (*report)(const struct run *r, char *buf, size_t size), int most,
		      const char *more_text, char *text, size_t size)
{
	size_t used = strlen(text), more = 0;
	size_t all = report(r, NULL, 0) + 1;
	char *lines = malloc(all), *line = lines;

	if (!lines)
		return;
	report(r, lines, all);
	for (int n = 0; *line; n++) {
		size_t length = strcspn(line, "\n") + 1;

		if (n < most)
			used += snprintf(text + used, size - used, "%.*s", (int)length, line);
		else
			more++;
		line += length;
	}
	if (more)
		snprintf(text + used, size - used, "and %zu more%s\n", more, more_text);
	free(lines);
}

static void add_blocked(const struct run *r, char *text, size_t size)
{
	add_lines(r, report_blocked, BLOCKED_LINES, "", text, size);
}

/* A deadlock was found while others could still run: who else waits now? */
static void judge_deadlock(struct run *r, char *text, size_t size)
{
	snprintf(text, size, "%sall that wait now:\n", r->out->message ? r->out->message : "");
	add_blocked(r, text, size);
	free(r->out->message);
	r->out->message = strdup(text);
}

static void judge_stop(struct run *r, enum vs_stop why)
{
	static const char *const text_of[] = {
		[VS_STOP_LIMIT] = "the simulated time is up (limits.simulated_ms)",
		[VS_STOP_QUIET] = "deadlock: nothing can happen any more",
		[VS_STOP_DONE] = "stopped before its end",
		[VS_STOP_ABORTED] = "stopped"};
	char text[(RUNNING_LINES + BLOCKED_LINES) * LINE_BYTES];
	const char *what;
	int error = vs_workload_boot_error(r->workload, &what);
	vs_ps end;

	if (vs_refuse_text(text, sizeof(text)))
		end_as(r, VS_RUN_CRASHED, text);
	if (error) {
		snprintf(text, sizeof(text), "%s did not boot: %s", what, strerror(abs(error)));
		end_as(r, VS_RUN_CRASHED, text);
	}
	if (r->out->status == VS_RUN_DEADLOCK)
		judge_deadlock(r, text, sizeof(text));
	if (vs_workload_done(r->workload, &end) || r->out->status != VS_RUN_OK)
		return;
	snprintf(text, sizeof(text), "%s\n", text_of[why]);
	if (why == VS_STOP_LIMIT)
		add_lines(r, report_running, RUNNING_LINES, " that run", text, sizeof(text));
	add_blocked(r, text, sizeof(text));
	end_as(r, why == VS_STOP_LIMIT ? VS_RUN_LIMIT : VS_RUN_DEADLOCK, text);
}

static void take_violations(struct run *r)
{
	size_t n;
	const struct vs_verdict *v = vs_check_finish(r->checker, &n);
	struct vs_run *out = r->out;

	out->violations = calloc(VS_CHECK_KINDS, sizeof(*out->violations));
	if (!out->violations)
		return;
	for (int kind = 0; kind < VS_CHECK_KINDS; kind++) {
		struct vs_violation *to = &out->violations[out->n_violations];
		uint64_t count = vs_check_count(r->checker, kind);

		if (!count)
			continue;
		snprintf(to->check, sizeof(to->check), "%s", vs_check_kind_name(kind));
		to->count = count;
		for (size_t i = 0; i < n && !to->message; i++)
			if ((int)v[i].kind == kind) {
				to->message = strdup(v[i].text);
				to->first_ps = v[i].time;
			}
		out->n_violations++;
	}
	if (out->n_violations)
		end_as(r, VS_RUN_CHECK_FAILED, "a check failed");
}

static void take_memory(struct run *r)
{
	const struct vs_mem_record *rec;

	for (uint32_t cpu = 0; cpu < r->s->cpus; cpu++) {
		size_t n = vs_mem_records(r->slab, cpu, &rec);

		for (size_t i = 0; i < n; i++)
			if (rec[i].class == VS_MEM_TABLE)
				vs_measured_bytes(r->measured, cpu, rec[i].time, rec[i].bytes);
	}
}

static void count(struct vs_run *out, const char *name, uint64_t value)
{
	struct vs_counter *c =
		realloc(out->counters, (out->n_counters + 1) * sizeof(*out->counters));

	if (!c)
		return;
	out->counters = c;
	snprintf(c[out->n_counters].name, VS_NAME_MAX, "%s", name);
	c[out->n_counters++].value = value;
}

static void take_counters(struct run *r, uint64_t wall_ns)
{
	const struct vs_engine_stats *e = vs_engine_stats(r->engine);
	struct vs_hw_stats h;
	struct vs_host_stats t;

	vs_hw_stats(r->hw, &h);
	vs_host_stats(r->host, &t);
	count(r->out, "wall_ns", wall_ns);
	count(r->out, "windows", e->windows);
	count(r->out, "resumes", e->resumes);
	count(r->out, "agent_events", e->agent_events);
	count(r->out, "local_events", e->local_events);
	count(r->out, "accesses", h.accesses);
	count(r->out, "l1_hits", h.l1_hits);
	count(r->out, "l2_hits", h.l2_hits);
	count(r->out, "misses", h.misses);
	count(r->out, "upgrades", h.upgrades);
	count(r->out, "prefetches", h.prefetches);
	count(r->out, "bulk_lines", h.bulk_lines);
	count(r->out, "context_switches", t.switches);
	count(r->out, "wakes", t.wakes);
	count(r->out, "ticks", t.ticks);
	count(r->out, "guest_entries", t.guest_entries);
	count(r->out, "kicks", t.kicks);
	count(r->out, "migrations", t.migrations);
	count(r->out, "pulls", t.pulls);
	count(r->out, "preemptions", t.preemptions);
	count(r->out, "exits_interrupt", t.exits[VS_EXIT_INTERRUPT]);
	count(r->out, "exits_hlt", t.exits[VS_EXIT_HLT]);
	count(r->out, "exits_operation", t.exits[VS_EXIT_OPERATION]);
	count(r->out, "exits_pause", t.exits[VS_EXIT_PAUSE]);
	count(r->out, "boosts", t.boosts);
	count(r->out, "guest_locks_contended", t.locks_contended);
	count(r->out, "halt_polls", t.polls);
	count(r->out, "halt_poll_hits", t.poll_hits);
	memcpy(r->out->exits, t.exits, sizeof(r->out->exits));
	vs_host_vcpu_time(r->host, r->out->vcpu_time_ps);
}

/* Of vCPUs and open streams */
static bool take_load(struct run *r)
{
	struct vs_run *out = r->out;

	out->open_streams =
		calloc(r->s->n_streams ? r->s->n_streams : 1, sizeof(*out->open_streams));
	if (!out->open_streams ||
	    !vs_host_vcpu_steal(r->host, &out->vcpu_steal_ps.min_ps, &out->vcpu_steal_ps.p50_ps,
				&out->vcpu_steal_ps.max_ps))
		return false;
	for (uint32_t n = 0; n < r->s->n_streams; n++)
		if (r->s->streams[n].arrival == VS_ARRIVAL_OPEN)
			vs_workload_open_stream(r->workload, n,
						&out->open_streams[out->n_open_streams++]);
	return true;
}

/* Transfers and memory are booked nowhere else: what threads were booked is what lines cost. */
static bool waits_add_up(const struct run *r)
{
	vs_u128 booked[VS_CAUSES] = {0};
	const struct vs_task *t;

	for (uint32_t id = 0; (t = vs_host_task(r->host, id)); id++)
		for (int c = VS_CAUSE_XFER_SAME_L3; c <= VS_CAUSE_MEMORY; c++)
			booked[c] += vs_task_books(t)[c];
	for (int c = VS_CAUSE_XFER_SAME_L3; c <= VS_CAUSE_MEMORY; c++)
		if (booked[c] != r->out->line_wait_ps[c])
			return false;
	return true;
}

static void take_hot_lines(struct run *r)
{
	char unused[1];

	if (r->out->status != VS_RUN_OK && r->out->status != VS_RUN_CHECK_FAILED &&
	    r->out->status != VS_RUN_LIMIT)
		return; /* cut short at no particular time */
	name_place(r, 0, unused, sizeof(unused));
	if (!vs_hot_take(r->hw, r->checker, r->sites, r->out))
		end_as(r, VS_RUN_CRASHED, "out of memory while looking for hot lines");
	else if (!waits_add_up(r))
		end_as(r, VS_RUN_CRASHED, "waits for lines do not add up to the threads' books");
}

static uint64_t wall_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void vs_run_execute(const struct vs_scenario *s, const struct vs_table_ref *table,
		    const struct vs_modules *m, uint32_t replication, const struct vs_execution *x,
		    struct vs_progress *progress, struct vs_run *out)
{
	struct run r = {.s = s, .table = table, .out = out, .progress = progress, .x = x};
	uint64_t start = wall_now_ns();

	memset(out, 0, sizeof(*out));
	snprintf(out->table, sizeof(out->table), "%s", table->name);
	out->replication = replication;
	if (!build(&r, m, replication, x)) {
		end_as(&r, VS_RUN_CRASHED, "out of memory while setting up");
		return;
	}
	judge_stop(&r, run_engine(&r));
	vs_workload_done(r.workload, &out->simulated_ps);
	take_violations(&r);
	take_memory(&r);
	if (!vs_measured_take(r.measured, s, out) || !take_load(&r))
		end_as(&r, VS_RUN_CRASHED, "out of memory while measuring");
	take_hot_lines(&r);
	write_trace(&r);
	take_counters(&r, wall_now_ns() - start);
	vs_sites_free(r.sites);
}
