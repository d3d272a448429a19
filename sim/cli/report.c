#define _GNU_SOURCE /* asprintf */
#include "sim/cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/summarize.h"
#include "sim/cli/term.h"
#include "sim/io/scenario.h"

#define NAME_WIDTH 18 /* a longer name has a line of its own, so that rows fit VS_TERM_WIDTH */

struct cell {
	char text[24];
};

/* Three significant digits and the unit that fits. */
static struct cell time_cell(bool known, double ns)
{
	static const char *const unit[] = {"ns", "us", "ms", "s"};
	struct cell c = {"-"};
	int u = 0;

	if (!known)
		return c;
	while (ns >= 999.5 && u < 3) {
		ns /= 1000;
		u++;
	}
	snprintf(c.text, sizeof(c.text), "%.*f %s",
		 ns < 9.995   ? 2
		 : ns < 99.95 ? 1
			      : 0,
		 ns, unit[u]);
	return c;
}

static struct cell scaled_cell(bool known, double v, const char *const *unit, int units,
			       double step)
{
	struct cell c = {"-"};
	int u = 0;

	if (!known)
		return c;
	while (v >= step - 0.5 && u < units - 1) {
		v /= step;
		u++;
	}
	snprintf(c.text, sizeof(c.text), "%.*f%s", u && v < 99.95 ? (v < 9.995 ? 2 : 1) : 0, v,
		 unit[u]);
	return c;
}

static struct cell rate_cell(bool known, double v)
{
	static const char *const unit[] = {"", " k", " M", " G"};

	return scaled_cell(known, v, unit, 4, 1000);
}

static struct cell bytes_cell(bool known, double v)
{
	static const char *const unit[] = {" B", " KiB", " MiB", " GiB"};

	return scaled_cell(known, v, unit, 4, 1024);
}

static struct cell summary_cell(const struct vs_result *r, const char *table, enum vs_op op,
				const char *metric, bool rate)
{
	const struct vs_summary *s = vs_summary_find(r, table, op, metric);
	bool known = s && s->estimate.known;

	return rate ? rate_cell(known, known ? s->estimate.value : 0)
		    : time_cell(known, known ? s->estimate.value : 0);
}

static void sums(const struct vs_result *r, const char *table, enum vs_op op, uint64_t *count,
		 uint64_t *errors, vs_ps *max)
{
	*count = *errors = *max = 0;
	for (size_t i = 0; i < r->n_runs; i++) {
		if (strcmp(r->runs[i].table, table) != 0 || !vs_run_complete(&r->runs[i]))
			continue;
		for (size_t k = 0; k < r->runs[i].n_ops; k++) {
			const struct vs_op_result *o = &r->runs[i].ops[k];

			if (o->op != op)
				continue;
			*count += o->count;
			*errors += o->errors;
			if (o->count && o->latency[VS_LATENCY].max_ps > *max)
				*max = o->latency[VS_LATENCY].max_ps;
		}
	}
}

static void row(const struct vs_result *r, const char *name, const char *table, enum vs_op op,
		int width, const struct vs_term *t)
{
	FILE *to = t->to;

	uint64_t count, errors;
	const struct vs_summary *mem = vs_summary_find(r, table, VS_OPS, "memory_peak_bytes");
	vs_ps max;

	sums(r, table, op, &count, &errors, &max);
	if ((int)strlen(name) > width) {
		fprintf(to, "  %s\n", name);
		name = "";
	}
	fprintf(to, "  %-*s %8llu", width, name, (unsigned long long)count);
	fprintf(to, " %9s", summary_cell(r, table, op, "throughput_per_s", true).text);
	fprintf(to, " %9s", summary_cell(r, table, op, "latency_p50_pooled_ns", false).text);
	fprintf(to, " %9s", summary_cell(r, table, op, "latency_p90_pooled_ns", false).text);
	fprintf(to, " %9s", summary_cell(r, table, op, "latency_p99_pooled_ns", false).text);
	fprintf(to, " %9s", summary_cell(r, table, op, "latency_p999_pooled_ns", false).text);
	fprintf(to, " %9s", time_cell(count > 0, (double)max / 1000).text);
	if (!r->scenario->no_vm)
		fprintf(to, " %9s",
			bytes_cell(mem && mem->estimate.known,
				   mem && mem->estimate.known ? mem->estimate.value : 0)
				.text);
	fputc('\n', to);
	if (errors)
		fprintf(to, "  %s%*s %8llu failed%s\n", t->bad, width, "",
			(unsigned long long)errors, t->plain);
}

/* Is `table` better than every other one, each by an interval that excludes zero? */
static bool beats_all(const struct vs_result *r, const char *table, enum vs_op op)
{
	for (size_t t = 0; t < r->scenario->n_tables; t++) {
		const char *other = r->scenario->tables[t].name;
		const struct vs_comparison *c;

		if (strcmp(other, table) == 0)
			continue;
		c = vs_comparison_find(r, table, other, op, "latency_mean_ns");
		if (c && c->better == -1)
			continue;
		c = vs_comparison_find(r, other, table, op, "latency_mean_ns");
		if (!c || c->better != 1)
			return false;
	}
	return true;
}

static const char *runner_up(const struct vs_result *r, const char *winner, enum vs_op op,
			     double *mean)
{
	const char *best = NULL;

	for (size_t t = 0; t < r->scenario->n_tables; t++) {
		const char *name = r->scenario->tables[t].name;
		const struct vs_summary *s = vs_summary_find(r, name, op, "latency_mean_ns");

		if (strcmp(name, winner) == 0 || !s || !s->estimate.known)
			continue;
		if (!best || s->estimate.value < *mean) {
			best = name;
			*mean = s->estimate.value;
		}
	}
	return best;
}

static double mean_ns(const struct vs_result *r, const char *table, enum vs_op op)
{
	return vs_summary_find(r, table, op, "latency_mean_ns")->estimate.value;
}

/* Why nothing can be said about this operation, or NULL. */
static const char *no_verdict(const struct vs_result *r, enum vs_op op)
{
	for (size_t t = 0; t < r->scenario->n_tables; t++) {
		const struct vs_summary *s =
			vs_summary_find(r, r->scenario->tables[t].name, op, "latency_mean_ns");

		if (!s || !s->estimate.known)
			return "not every table has a run that did it";
		if (!s->estimate.has_interval)
			return "one replication has no interval";
	}
	return NULL;
}

/* The most of any replication; 0: none. */
static double utilisation(const struct vs_result *r, const char *table, uint32_t stream)
{
	double most = 0;

	for (size_t i = 0; i < r->n_runs; i++) {
		const struct vs_run *run = &r->runs[i];

		for (size_t k = 0; k < run->n_open_streams && !strcmp(run->table, table); k++) {
			const struct vs_open_stream *o = &run->open_streams[k];
			double u = o->asked_ps ? (double)o->busy_ps / (double)o->asked_ps : 0;

			most = o->stream == stream && u > most ? u : most;
		}
	}
	return most;
}

/* Latencies of a stream that asks for more than can be done say how long the run was. */
static void overloads(const struct vs_result *r, enum vs_op op, const struct vs_term *t)
{
	const struct vs_scenario *s = r->scenario;
	char text[256];

	for (uint32_t n = 0; n < s->n_streams; n++)
		for (size_t k = 0; s->streams[n].op == op && k < s->n_tables; k++) {
			double u = utilisation(r, s->tables[k].name, n);

			if (u <= 1)
				continue;
			snprintf(text, sizeof(text),
				 "Overloaded: %s%s%s asks for %.2f times the time its issuers "
				 "have; latencies grow with the length of the run.",
				 s->streams[n].name, s->no_vm ? "" : " of ",
				 s->no_vm ? "" : s->tables[k].name, u);
			fputs(t->bad, t->to);
			vs_term_text(t, 2, text);
			fputs(t->plain, t->to);
		}
}

static void verdict(const struct vs_result *r, enum vs_op op, const struct vs_term *term)
{
	const char *why = no_verdict(r, op);
	char text[512];

	if (r->scenario->n_tables < 2)
		return;
	for (size_t t = 0; !why && t < r->scenario->n_tables; t++) {
		const char *name = r->scenario->tables[t].name, *other;
		double first = mean_ns(r, name, op), second = 0;

		if (!beats_all(r, name, op))
			continue;
		other = runner_up(r, name, op, &second);
		snprintf(text, sizeof(text),
			 "Fastest on the mean: %s, %s against %s of %s (%.3g times); every "
			 "paired 95 %% interval excludes zero.",
			 name, time_cell(true, first).text, time_cell(true, second).text, other,
			 second / first);
		fputs(term->good, term->to);
		vs_term_text(term, 2, text);
		fputs(term->plain, term->to);
		return;
	}
	fprintf(term->to, "  No winner: %s.\n",
		why ? why : "some paired 95 % interval includes zero");
}

static const char *status_text(enum vs_run_status s)
{
	static const char *const text[] = {"ok", "check failed", "limit reached", "deadlock",
					   "crashed"};

	return text[s];
}

static void trouble(const struct vs_run *run, const struct vs_term *t)
{
	fprintf(t->to, "\n%s%s, replication %u: %s%s\n", t->bad, run->table, run->replication + 1,
		status_text(run->status), t->plain);
	for (size_t k = 0; k < run->n_violations; k++) {
		const struct vs_violation *v = &run->violations[k];
		char *text = NULL;

		if (asprintf(&text, "%s (%llu time%s), first at %.3f us: %s", v->check,
			     (unsigned long long)v->count, v->count == 1 ? "" : "s",
			     (double)v->first_ps / 1e6, v->message ? v->message : "") >= 0)
			vs_term_text(t, 2, text);
		free(text);
	}
	/* that of a failed check says no more than the violations do */
	if (run->message && run->status != VS_RUN_CHECK_FAILED)
		vs_term_text(t, 2, run->message);
}

static void troubles(const struct vs_result *r, const struct vs_term *t)
{
	for (size_t i = 0; i < r->n_runs; i++)
		if (r->runs[i].status != VS_RUN_OK)
			trouble(&r->runs[i], t);
	if (r->partial)
		fputs("\nInterrupted, partial: only the finished runs are in the result.\n", t->to);
}

static int wider(int width, const char *name)
{
	int n = (int)strlen(name);

	return n > width && n <= NAME_WIDTH ? n : width;
}

static int name_width(const struct vs_scenario *s)
{
	int width = 12;

	for (size_t t = 0; t < s->n_tables; t++)
		width = wider(width, s->tables[t].name);
	for (size_t k = 0; s->no_vm && k < s->n_plain; k++)
		width = wider(width, s->plain[k].name);
	return width;
}

static void heading(const struct vs_result *r, const struct vs_term *t)
{
	const struct vs_scenario *s = r->scenario;
	const char *description = s->description ? s->description : "";
	char *text = NULL;

	if (asprintf(&text, "%s%s%s: %s", t->strong, s->name, t->plain, description) >= 0)
		vs_term_text(t, 0, text);
	free(text);
	if (r->native)
		fprintf(t->to, "NATIVE, on this machine (%s; reading the clock takes %.0f ns), ",
			r->native->cpu, (double)r->native->clock_ps / (double)VS_PS_PER_NS);
	fprintf(t->to, "%s, %u CPUs, HZ %u, ", r->native ? "no guests" : s->machine.name,
		r->native ? r->native->cpus : s->cpus, s->hz);
	if (!s->no_vm)
		fprintf(t->to, "%u to %u vCPUs, ", s->boot_vcpus, s->max_vcpus);
	fprintf(t->to, "seed %llu, %u replication%s\n", (unsigned long long)s->seed,
		s->replications, s->replications == 1 ? "" : "s");
}

static void columns(const struct vs_scenario *s, int width, FILE *to)
{
	fprintf(to, "  %-*s %8s %9s %9s %9s %9s %9s %9s", width, s->no_vm ? "operation" : "table",
		"ops", "per s", "p50", "p90", "p99", "p99.9", "max");
	fprintf(to, s->no_vm ? "\n" : " %9s\n", "memory");
}

static void one_op(const struct vs_result *r, enum vs_op op, int width, const struct vs_term *term)
{
	const struct vs_scenario *s = r->scenario;

	fprintf(term->to, "\n%s%s%s\n", term->strong, vs_scenario_op_name(s, op), term->plain);
	columns(s, width, term->to);
	for (size_t t = 0; t < s->n_tables; t++)
		row(r, s->tables[t].name, s->tables[t].name, op, width, term);
	verdict(r, op, term);
	overloads(r, op, term);
}

void vs_report(const struct vs_result *r, FILE *to)
{
	const struct vs_scenario *s = r->scenario;
	struct vs_term t = vs_term_of(to);
	int width = name_width(s);

	heading(r, &t);
	if (s->no_vm) {
		fputc('\n', to);
		columns(s, width, to);
	}
	for (int op = 0; op < VS_OPS; op++)
		if (s->no_vm && vs_has_op(s, op))
			row(r, vs_scenario_op_name(s, op), s->tables[0].name, op, width, &t);
		else if (vs_has_op(s, op))
			one_op(r, op, width, &t);
	for (int op = 0; s->no_vm && op < VS_OPS; op++)
		overloads(r, op, &t);
	troubles(r, &t);
}

static uint64_t counter(const struct vs_run *run, const char *name)
{
	for (size_t i = 0; i < run->n_counters; i++)
		if (strcmp(run->counters[i].name, name) == 0)
			return run->counters[i].value;
	return 0;
}

void vs_report_profile(const struct vs_result *r, FILE *to)
{
	for (size_t i = 0; i < r->n_runs; i++) {
		const struct vs_run *run = &r->runs[i];
		uint64_t accesses = counter(run, "accesses"), wall = counter(run, "wall_ns");

		fprintf(to, "%s#%u: %.2f s wall, %.6f s simulated, %.1f ns per access\n",
			run->table, run->replication + 1, (double)wall / 1e9,
			(double)run->simulated_ps / 1e12,
			accesses ? (double)wall / (double)accesses : 0);
		for (size_t k = 0; k < run->n_counters; k++)
			fprintf(to, "  %-18s %llu\n", run->counters[k].name,
				(unsigned long long)run->counters[k].value);
	}
}
