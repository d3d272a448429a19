#include "sim/cli/summarize.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/measure/stats.h"

#define PS_PER_NS 1000.0
#define REPLICATIONS_MAX 1024 /* no scenario has more than 1,000 */

/* One table's complete runs, by replication. */
struct group {
	const char *table;
	const struct vs_run **run;
	uint32_t n;
};

bool vs_run_complete(const struct vs_run *r)
{
	return r->status == VS_RUN_OK || r->status == VS_RUN_CHECK_FAILED;
}

static const struct vs_op_result *op_of(const struct vs_run *r, enum vs_op op)
{
	for (size_t i = 0; i < r->n_ops; i++)
		if (r->ops[i].op == op)
			return &r->ops[i];
	return NULL;
}

/* -- one number of one run; false: this run does not have it ---------------------------------- */

typedef bool (*metric_fn)(const struct vs_run *r, enum vs_op op, double *out);

static bool throughput(const struct vs_run *r, enum vs_op op, double *out)
{
	const struct vs_op_result *o = op_of(r, op);

	if (!o || !o->span_ps)
		return false;
	*out = (double)o->count / ((double)o->span_ps / 1e12);
	return true;
}

static bool mean_of(const struct vs_latency *l, double *out)
{
	if (!l->count)
		return false;
	*out = (double)l->sum_ps / (double)l->count / PS_PER_NS;
	return true;
}

static bool mean(const struct vs_run *r, enum vs_op op, double *out)
{
	const struct vs_op_result *o = op_of(r, op);

	return o && mean_of(&o->latency[VS_LATENCY], out);
}

static bool to_last(const struct vs_run *r, enum vs_op op, double *out)
{
	const struct vs_op_result *o = op_of(r, op);

	return o && mean_of(&o->latency[VS_TO_LAST], out);
}

static bool to_online(const struct vs_run *r, enum vs_op op, double *out)
{
	const struct vs_op_result *o = op_of(r, op);

	return o && mean_of(&o->latency[VS_TO_ONLINE], out);
}

static bool known(vs_ps v, double *out)
{
	if (v == VS_PS_NEVER)
		return false;
	*out = (double)v / PS_PER_NS;
	return true;
}

static bool p50(const struct vs_run *r, enum vs_op op, double *out)
{
	const struct vs_op_result *o = op_of(r, op);

	return o && o->count && known(o->latency[VS_LATENCY].p50_ps, out);
}

static bool p99(const struct vs_run *r, enum vs_op op, double *out)
{
	const struct vs_op_result *o = op_of(r, op);

	return o && o->count && known(o->latency[VS_LATENCY].p99_ps, out);
}

static bool memory_peak(const struct vs_run *r, enum vs_op op, double *out)
{
	(void)op;
	*out = (double)r->memory_peak_bytes;
	return true;
}

static const struct metric {
	const char *name;
	metric_fn of;
	bool more_is_better, of_run;
} metrics[] = {
	{"throughput_per_s", throughput, true, false},   {"latency_mean_ns", mean, false, false},
	{"latency_p50_ns", p50, false, false},           {"latency_p99_ns", p99, false, false},
	{"to_online_mean_ns", to_online, false, false},  {"to_last_mean_ns", to_last, false, false},
	{"memory_peak_bytes", memory_peak, false, true},
};
#define N_METRICS (sizeof(metrics) / sizeof(metrics[0]))

/* -- percentiles over pooled replications ------------------------------------------------------ */

static const struct {
	const char *name;
	uint32_t ppm;
} percentiles[] = {{"latency_p50_pooled_ns", 500000},
		   {"latency_p90_pooled_ns", 900000},
		   {"latency_p99_pooled_ns", 990000},
		   {"latency_p999_pooled_ns", 999000}};

static bool restore(struct vs_hist *h, const struct vs_latency *l)
{
	struct vs_hist_bucket *b = calloc(l->n_buckets ? l->n_buckets : 1, sizeof(*b));
	bool ok = b && vs_hist_init(h);

	for (size_t i = 0; ok && i < l->n_buckets; i++)
		b[i] = (struct vs_hist_bucket){l->buckets[i].low_ps, l->buckets[i].high_ps,
					       l->buckets[i].count};
	if (ok && l->count)
		ok = vs_hist_restore(h, b, l->n_buckets, l->sum_ps, l->min_ps, l->max_ps);
	free(b);
	return ok;
}

static struct vs_figure figure(const struct vs_estimate *e)
{
	return (struct vs_figure){.known = true,
				  .has_interval = e->has_interval,
				  .value = e->value,
				  .low = e->low,
				  .high = e->high};
}

static struct vs_summary *add_summary(struct vs_result *r, const struct group *g, enum vs_op op,
				      const char *metric)
{
	struct vs_summary *more = realloc(r->summary, (r->n_summary + 1) * sizeof(*more)), *s;

	if (!more)
		return NULL;
	r->summary = more;
	s = &more[r->n_summary++];
	memset(s, 0, sizeof(*s));
	snprintf(s->table, sizeof(s->table), "%s", g->table);
	snprintf(s->metric, sizeof(s->metric), "%s", metric);
	s->op = op;
	s->replications = g->n;
	return s;
}

static bool pooled(struct vs_result *r, const struct group *g, enum vs_op op)
{
	struct vs_hist *h = calloc(g->n, sizeof(*h));
	const struct vs_hist **all = calloc(g->n, sizeof(*all));
	bool ok = h && all;

	for (uint32_t i = 0; ok && i < g->n; i++) {
		const struct vs_op_result *o = op_of(g->run[i], op);

		ok = o && restore(&h[i], &o->latency[VS_LATENCY]);
		all[i] = &h[i];
	}
	for (size_t p = 0; ok && p < sizeof(percentiles) / sizeof(percentiles[0]); p++) {
		struct vs_summary *s = add_summary(r, g, op, percentiles[p].name);
		struct vs_estimate e;

		ok = s != NULL;
		if (ok && vs_stats_percentile(all, g->n, percentiles[p].ppm, &e)) {
			s->estimate = figure(&e);
			for (int k = 0; k < 3; k++) {
				double *v[] = {&s->estimate.value, &s->estimate.low,
					       &s->estimate.high};
				*v[k] /= PS_PER_NS;
			}
		}
	}
	for (uint32_t i = 0; h && i < g->n; i++)
		vs_hist_release(&h[i]);
	free(h);
	free(all);
	return ok;
}

static bool values(const struct group *g, const struct metric *m, enum vs_op op, double *x)
{
	for (uint32_t i = 0; i < g->n; i++)
		if (!m->of(g->run[i], op, &x[i]))
			return false;
	return g->n > 0;
}

static bool summarize_metric(struct vs_result *r, const struct group *g, const struct metric *m,
			     enum vs_op op)
{
	double x[REPLICATIONS_MAX];
	struct vs_estimate e;

	if (g->n > REPLICATIONS_MAX || !values(g, m, op, x))
		return true;
	struct vs_summary *s = add_summary(r, g, op, m->name);

	if (!s)
		return false;
	vs_stats_mean(x, g->n, &e);
	s->estimate = figure(&e);
	return true;
}

/* -- pairs ------------------------------------------------------------------------------------- */

static bool compare(struct vs_result *r, const struct group *a, const struct group *b,
		    const struct metric *m, enum vs_op op)
{
	double x[REPLICATIONS_MAX], y[REPLICATIONS_MAX];
	struct vs_difference d;
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->n && n < REPLICATIONS_MAX; i++)
		for (uint32_t k = 0; k < b->n; k++)
			if (a->run[i]->replication == b->run[k]->replication &&
			    m->of(a->run[i], op, &x[n]) && m->of(b->run[k], op, &y[n]))
				n++;
	if (!n)
		return true;
	struct vs_comparison *more =
		realloc(r->comparisons, (r->n_comparisons + 1) * sizeof(*more));

	if (!more)
		return false;
	r->comparisons = more;
	struct vs_comparison *c = &more[r->n_comparisons++];

	memset(c, 0, sizeof(*c));
	snprintf(c->a, sizeof(c->a), "%s", a->table);
	snprintf(c->b, sizeof(c->b), "%s", b->table);
	snprintf(c->metric, sizeof(c->metric), "%s", m->name);
	c->op = op;
	c->replications = n;
	vs_stats_paired(x, y, n, &d);
	c->difference = figure(&d.a_minus_b);
	if (d.different)
		c->better = (d.a_minus_b.value > 0) == m->more_is_better ? -1 : 1;
	return true;
}

static bool make_groups(const struct vs_result *r, struct group *g)
{
	for (size_t t = 0; t < r->scenario->n_tables; t++) {
		g[t].table = r->scenario->tables[t].name;
		g[t].run = calloc(r->n_runs ? r->n_runs : 1, sizeof(struct vs_run *));
		if (!g[t].run)
			return false;
		for (size_t i = 0; i < r->n_runs; i++)
			if (vs_run_complete(&r->runs[i]) &&
			    strcmp(r->runs[i].table, g[t].table) == 0)
				g[t].run[g[t].n++] = &r->runs[i];
	}
	return true;
}

static bool each_op(struct vs_result *r, const struct group *g, size_t n, enum vs_op op)
{
	bool ok = true;

	for (size_t t = 0; ok && t < n; t++) {
		for (size_t m = 0; ok && m < N_METRICS; m++)
			if (metrics[m].of_run == (op == VS_OPS))
				ok = summarize_metric(r, &g[t], &metrics[m], op);
		if (ok && op != VS_OPS && g[t].n)
			ok = pooled(r, &g[t], op);
	}
	for (size_t a = 0; ok && a < n; a++)
		for (size_t b = a + 1; ok && b < n; b++)
			for (size_t m = 0; ok && m < N_METRICS; m++)
				if (metrics[m].of_run == (op == VS_OPS))
					ok = compare(r, &g[a], &g[b], &metrics[m], op);
	return ok;
}

bool vs_summarize(struct vs_result *r)
{
	size_t n = r->scenario->n_tables;
	struct group *g = calloc(n ? n : 1, sizeof(*g));
	bool ok = g && make_groups(r, g);

	for (int op = 0; ok && op <= VS_OPS; op++)
		if (op == VS_OPS || vs_has_op(r->scenario, op))
			ok = each_op(r, g, n, op);
	for (size_t t = 0; g && t < n; t++)
		free(g[t].run);
	free(g);
	return ok;
}

const struct vs_summary *vs_summary_find(const struct vs_result *r, const char *table,
					 enum vs_op op, const char *metric)
{
	for (size_t i = 0; i < r->n_summary; i++)
		if (r->summary[i].op == op && strcmp(r->summary[i].table, table) == 0 &&
		    strcmp(r->summary[i].metric, metric) == 0)
			return &r->summary[i];
	return NULL;
}

const struct vs_comparison *vs_comparison_find(const struct vs_result *r, const char *a,
					       const char *b, enum vs_op op, const char *metric)
{
	for (size_t i = 0; i < r->n_comparisons; i++) {
		const struct vs_comparison *c = &r->comparisons[i];

		if (c->op == op && strcmp(c->a, a) == 0 && strcmp(c->b, b) == 0 &&
		    strcmp(c->metric, metric) == 0)
			return c;
	}
	return NULL;
}
