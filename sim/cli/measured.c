#include "sim/cli/measured.h"

#include <stdlib.h>

#include "sim/measure/breakdown.h"
#include "sim/measure/histogram.h"
#include "sim/measure/memory.h"

#define P50 500000
#define P90 900000
#define P99 990000
#define P999 999000

struct one_op {
	struct vs_breakdown latency;
	struct vs_hist more[VS_LATENCY_KINDS]; /* [VS_LATENCY] stays empty */
	uint64_t errors;
	vs_ps first_start, last_end;
};

struct vs_measured {
	struct one_op op[VS_OPS];
	struct vs_memlog memory;
};

struct vs_measured *vs_measured_new(uint32_t n_cpus, uint32_t n_plain)
{
	struct vs_measured *m = calloc(1, sizeof(*m));
	bool ok = m && vs_memlog_init(&m->memory, n_cpus);

	for (uint32_t o = 0; ok && o < VS_OP_PLAIN + n_plain; o++) {
		m->op[o].first_start = VS_PS_NEVER;
		ok = vs_breakdown_init(&m->op[o].latency);
		for (int k = 0; ok && k < VS_LATENCY_KINDS; k++)
			ok = vs_hist_init(&m->op[o].more[k]);
	}
	if (ok)
		return m;
	vs_measured_free(m);
	return NULL;
}

void vs_measured_free(struct vs_measured *m)
{
	if (!m)
		return;
	for (int o = 0; o < VS_OPS; o++) {
		vs_breakdown_release(&m->op[o].latency);
		for (int k = 0; k < VS_LATENCY_KINDS; k++)
			vs_hist_release(&m->op[o].more[k]);
	}
	vs_memlog_release(&m->memory);
	free(m);
}

bool vs_measured_op(struct vs_measured *m, enum vs_op op, vs_ps start, vs_ps end,
		    const vs_ps *parts, bool error)
{
	struct one_op *o = &m->op[op];

	o->errors += error;
	if (start < o->first_start)
		o->first_start = start;
	if (end > o->last_end)
		o->last_end = end;
	return vs_breakdown_record(&o->latency, end - start, parts);
}

void vs_measured_latency(struct vs_measured *m, enum vs_op op, enum vs_latency_kind kind, vs_ps ps)
{
	vs_hist_record(&m->op[op].more[kind], ps);
}

void vs_measured_bytes(struct vs_measured *m, uint32_t cpu, vs_ps now, int64_t bytes)
{
	vs_memlog_add(&m->memory, cpu, now, bytes);
}

static vs_ps percentile(const struct vs_hist *h, uint32_t ppm)
{
	vs_ps v;

	return vs_hist_percentile(h, ppm, &v) ? v : VS_PS_NEVER;
}

static bool latency_of(struct vs_latency *out, const struct vs_hist *h)
{
	struct vs_hist_bucket b;
	uint32_t cursor = 0;

	*out = (struct vs_latency){.count = h->count};
	if (!h->count)
		return true;
	out->sum_ps = h->sum_ps;
	out->min_ps = h->min_ps;
	out->max_ps = h->max_ps;
	out->p50_ps = percentile(h, P50);
	out->p90_ps = percentile(h, P90);
	out->p99_ps = percentile(h, P99);
	out->p999_ps = percentile(h, P999);
	while (vs_hist_next(h, &cursor, &b))
		out->n_buckets++;
	out->buckets = calloc(out->n_buckets, sizeof(*out->buckets));
	if (!out->buckets)
		return false;
	cursor = 0;
	for (size_t i = 0; vs_hist_next(h, &cursor, &b); i++)
		out->buckets[i] = (struct vs_bucket){b.low, b.high, b.count};
	return true;
}

static bool take_op(const struct one_op *o, enum vs_op op, struct vs_op_result *out)
{
	struct vs_parts parts;
	bool ok = latency_of(&out->latency[VS_LATENCY], &o->latency.latency);

	out->op = op;
	out->count = o->latency.latency.count;
	out->errors = o->errors;
	out->span_ps = out->count ? o->last_end - o->first_start : 0;
	vs_breakdown_all(&o->latency, &parts);
	for (int c = 0; c < VS_CAUSES; c++)
		out->cause_sum_ps[c] = parts.part_ps[c];
	if (vs_breakdown_tail(&o->latency, P99, &parts)) {
		out->tail_count = parts.count;
		for (int c = 0; c < VS_CAUSES; c++)
			out->tail_cause_sum_ps[c] = parts.part_ps[c];
	}
	for (int k = VS_LATENCY + 1; k < VS_LATENCY_KINDS; k++)
		ok = ok && latency_of(&out->latency[k], &o->more[k]);
	return ok;
}

bool vs_measured_take(struct vs_measured *m, const struct vs_scenario *s, struct vs_run *out)
{
	int64_t peak, end;

	out->ops = calloc(VS_OPS, sizeof(*out->ops));
	if (!out->ops || !vs_memlog_result(&m->memory, &peak, &end))
		return false;
	out->memory_peak_bytes = (uint64_t)peak;
	out->memory_end_bytes = (uint64_t)(end > 0 ? end : 0);
	for (int o = 0; o < VS_OPS; o++)
		if (vs_has_op(s, o) && !take_op(&m->op[o], o, &out->ops[out->n_ops++]))
			return false;
	return true;
}
