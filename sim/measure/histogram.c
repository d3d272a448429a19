#include "sim/measure/histogram.h"

#include <stdlib.h>
#include <string.h>

#define SUB (UINT32_C(1) << VS_HIST_SUB_BITS)
#define PPM UINT32_C(1000000)

bool vs_hist_init(struct vs_hist *h)
{
	h->bucket = calloc(VS_HIST_BUCKETS, sizeof(*h->bucket));
	if (!h->bucket)
		return false;
	vs_hist_clear(h);
	return true;
}

void vs_hist_release(struct vs_hist *h)
{
	free(h->bucket);
	h->bucket = NULL;
}

void vs_hist_clear(struct vs_hist *h)
{
	memset(h->bucket, 0, VS_HIST_BUCKETS * sizeof(*h->bucket));
	h->count = 0;
	h->sum_ps = 0;
	h->min_ps = UINT64_MAX;
	h->max_ps = 0;
}

/* With s the shift that leaves 8 significant bits, value >> s is in 128 .. 255, so that s * 128 +
 * (value >> s) continues the 128 buckets of width one without a gap. */
uint32_t vs_hist_index(vs_ps value)
{
	uint32_t shift;

	if (value < SUB)
		return (uint32_t)value;
	shift = 63 - (uint32_t)__builtin_clzll(value) - VS_HIST_SUB_BITS;
	return shift * SUB + (uint32_t)(value >> shift);
}

void vs_hist_bounds(uint32_t i, vs_ps *low, vs_ps *high)
{
	uint32_t shift = i < 2 * SUB ? 0 : i / SUB - 1;

	*low = (uint64_t)(i - shift * SUB) << shift;
	*high = i == VS_HIST_BUCKETS - 1 ? UINT64_MAX : *low + (UINT64_C(1) << shift);
}

void vs_hist_record(struct vs_hist *h, vs_ps value)
{
	h->bucket[vs_hist_index(value)]++;
	h->count++;
	h->sum_ps += value;
	if (value < h->min_ps)
		h->min_ps = value;
	if (value > h->max_ps)
		h->max_ps = value;
}

void vs_hist_merge(struct vs_hist *into, const struct vs_hist *from)
{
	uint32_t i;

	for (i = 0; i < VS_HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
	into->count += from->count;
	into->sum_ps += from->sum_ps;
	if (from->min_ps < into->min_ps)
		into->min_ps = from->min_ps;
	if (from->max_ps > into->max_ps)
		into->max_ps = from->max_ps;
}

double vs_hist_mean_ps(const struct vs_hist *h)
{
	return h->count ? (double)h->sum_ps / (double)h->count : 0.0;
}

uint64_t vs_hist_rank(uint64_t n, uint32_t ppm)
{
	uint64_t k = (uint64_t)(((vs_u128)n * ppm + PPM - 1) / PPM);

	return k ? k : 1;
}

vs_ps vs_hist_value_at_rank(const struct vs_hist *h, uint64_t k)
{
	uint64_t below = 0;
	vs_ps low, high, middle;
	uint32_t i;

	for (i = 0; i < VS_HIST_BUCKETS - 1; i++) {
		below += h->bucket[i];
		if (below >= k)
			break;
	}
	vs_hist_bounds(i, &low, &high);
	middle = low + (high - low) / 2;
	if (middle < h->min_ps)
		return h->min_ps;
	return middle > h->max_ps ? h->max_ps : middle;
}

bool vs_hist_percentile(const struct vs_hist *h, uint32_t ppm, vs_ps *out)
{
	uint64_t k;

	if (!h->count)
		return false;
	k = vs_hist_rank(h->count, ppm);
	if (h->count - k < VS_HIST_MIN_ABOVE)
		return false;
	*out = vs_hist_value_at_rank(h, k);
	return true;
}

bool vs_hist_next(const struct vs_hist *h, uint32_t *cursor, struct vs_hist_bucket *out)
{
	uint32_t i;

	for (i = *cursor; i < VS_HIST_BUCKETS; i++) {
		if (!h->bucket[i])
			continue;
		vs_hist_bounds(i, &out->low, &out->high);
		out->count = h->bucket[i];
		*cursor = i + 1;
		return true;
	}
	*cursor = i;
	return false;
}

static bool put_bucket(struct vs_hist *h, const struct vs_hist_bucket *b)
{
	uint32_t i = vs_hist_index(b->low);
	vs_ps low, high;

	vs_hist_bounds(i, &low, &high);
	if (low != b->low || high != b->high || !b->count || h->bucket[i])
		return false;
	h->bucket[i] = b->count;
	h->count += b->count;
	return true;
}

/* min and max must lie in the lowest and highest bucket, and the sum must be one that samples of
 * these buckets can have. */
static bool figures_agree(const struct vs_hist *h, vs_u128 sum_ps, vs_ps min_ps, vs_ps max_ps)
{
	struct vs_hist_bucket b;
	vs_u128 least = 0, most = 0;
	vs_ps low = 0, high = 0;
	uint32_t cursor = 0;

	while (vs_hist_next(h, &cursor, &b)) {
		if (!most)
			low = b.low;
		high = b.low;
		least += (vs_u128)b.low * b.count;
		most += (vs_u128)b.high * b.count;
	}
	if (!h->count)
		return !sum_ps && min_ps == UINT64_MAX && !max_ps;
	return vs_hist_index(min_ps) == vs_hist_index(low) &&
	       vs_hist_index(max_ps) == vs_hist_index(high) && min_ps <= max_ps &&
	       sum_ps >= least && sum_ps <= most;
}

bool vs_hist_restore(struct vs_hist *h, const struct vs_hist_bucket *buckets, size_t n,
		     vs_u128 sum_ps, vs_ps min_ps, vs_ps max_ps)
{
	size_t i;

	vs_hist_clear(h);
	for (i = 0; i < n; i++) {
		if (!put_bucket(h, &buckets[i]))
			goto bad;
	}
	if (!figures_agree(h, sum_ps, min_ps, max_ps))
		goto bad;
	h->sum_ps = sum_ps;
	h->min_ps = min_ps;
	h->max_ps = max_ps;
	return true;
bad:
	vs_hist_clear(h);
	return false;
}
