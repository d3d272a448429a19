#include "sim/measure/breakdown.h"

#include <stdlib.h>
#include <string.h>

bool vs_breakdown_init(struct vs_breakdown *b)
{
	if (!vs_hist_init(&b->latency))
		return false;
	/* 1.7 MB of address space, of which only the buckets in use are ever touched. */
	b->cell = calloc(VS_HIST_BUCKETS, sizeof(*b->cell));
	if (!b->cell) {
		vs_hist_release(&b->latency);
		return false;
	}
	return true;
}

void vs_breakdown_release(struct vs_breakdown *b)
{
	free(b->cell);
	b->cell = NULL;
	vs_hist_release(&b->latency);
}

void vs_breakdown_clear(struct vs_breakdown *b)
{
	memset(b->cell, 0, VS_HIST_BUCKETS * sizeof(*b->cell));
	vs_hist_clear(&b->latency);
}

bool vs_breakdown_record(struct vs_breakdown *b, vs_ps latency, const vs_ps part[VS_CAUSES])
{
	vs_u128 sum = 0, *cell;
	int i;

	for (i = 0; i < VS_CAUSES; i++)
		sum += part[i];
	if (sum != latency)
		return false;
	cell = b->cell[vs_hist_index(latency)];
	for (i = 0; i < VS_CAUSES; i++)
		cell[i] += part[i];
	vs_hist_record(&b->latency, latency);
	return true;
}

void vs_breakdown_merge(struct vs_breakdown *into, const struct vs_breakdown *from)
{
	uint32_t i;
	int c;

	for (i = 0; i < VS_HIST_BUCKETS; i++) {
		if (!from->latency.bucket[i])
			continue;
		for (c = 0; c < VS_CAUSES; c++)
			into->cell[i][c] += from->cell[i][c];
	}
	vs_hist_merge(&into->latency, &from->latency);
}

static void sum_from(const struct vs_breakdown *b, uint32_t first, struct vs_parts *out)
{
	uint32_t i;
	int c;

	memset(out, 0, sizeof(*out));
	for (i = first; i < VS_HIST_BUCKETS; i++) {
		if (!b->latency.bucket[i])
			continue;
		out->count += b->latency.bucket[i];
		for (c = 0; c < VS_CAUSES; c++)
			out->part_ps[c] += b->cell[i][c];
	}
	for (c = 0; c < VS_CAUSES; c++)
		out->latency_ps += out->part_ps[c];
}

void vs_breakdown_all(const struct vs_breakdown *b, struct vs_parts *out)
{
	sum_from(b, 0, out);
}

bool vs_breakdown_tail(const struct vs_breakdown *b, uint32_t ppm, struct vs_parts *out)
{
	vs_ps from;

	if (!vs_hist_percentile(&b->latency, ppm, &from))
		return false;
	/* a percentile never leaves the bucket of its sample */
	sum_from(b, vs_hist_index(from), out);
	return true;
}

double vs_parts_mean_ps(const struct vs_parts *p, enum vs_cause cause)
{
	return p->count ? (double)p->part_ps[cause] / (double)p->count : 0.0;
}
