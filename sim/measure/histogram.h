/*
 * sim/measure/histogram.h - log-linear histogram of latencies in whole picoseconds.
 *
 * Values below 128 have a bucket each; above, every power of two is cut into 128 equal buckets, so
 * a bucket is at most 1/128 (0.78 %) of its values wide. Count, sum, minimum and maximum are exact.
 * All memory is taken by vs_hist_init; recording is O(1) and cannot fail.
 *
 * Percentiles go by nearest rank: the p-th of n samples is the k-th smallest, k = ceil(p n), at
 * least 1. It is known only if at least VS_HIST_MIN_ABOVE samples lie above it, that is if
 * n - k >= VS_HIST_MIN_ABOVE (p99.9: 10,000 samples). The value given is the middle of the bucket
 * that holds that sample, kept within [min, max]: within 0.4 % of the sample itself.
 *
 * p is in parts per million (p99.9 = 999000), so that ranks are integer arithmetic.
 */
#ifndef VS_HISTOGRAM_H
#define VS_HISTOGRAM_H

#include <vcpusim/types.h>

#define VS_HIST_SUB_BITS 7
#define VS_HIST_BUCKETS ((64 - VS_HIST_SUB_BITS + 1) << VS_HIST_SUB_BITS)
#define VS_HIST_MIN_ABOVE 10

typedef unsigned __int128 vs_u128;

struct vs_hist {
	uint64_t *bucket; /* VS_HIST_BUCKETS counts, owned */
	uint64_t count;
	vs_u128 sum_ps;
	vs_ps min_ps; /* UINT64_MAX while empty */
	vs_ps max_ps; /* 0 while empty */
};

bool vs_hist_init(struct vs_hist *h); /* false: no memory */
void vs_hist_release(struct vs_hist *h);
void vs_hist_clear(struct vs_hist *h);

void vs_hist_record(struct vs_hist *h, vs_ps value);
void vs_hist_merge(struct vs_hist *into, const struct vs_hist *from);

double vs_hist_mean_ps(const struct vs_hist *h); /* 0 while empty */

/* ceil(ppm / 10^6 * n), at least 1; n > 0, ppm <= 10^6 */
uint64_t vs_hist_rank(uint64_t n, uint32_t ppm);
/* false: too few samples above it (or none at all) */
bool vs_hist_percentile(const struct vs_hist *h, uint32_t ppm, vs_ps *out);
/* The k-th smallest sample, 1 <= k <= count, by its bucket as above. */
vs_ps vs_hist_value_at_rank(const struct vs_hist *h, uint64_t k);

/* -- buckets ------------------------------------------------------------------------------ */

uint32_t vs_hist_index(vs_ps value);
/* Bucket i holds [low, high); the very last one's high is UINT64_MAX. */
void vs_hist_bounds(uint32_t i, vs_ps *low, vs_ps *high);

struct vs_hist_bucket {
	vs_ps low, high;
	uint64_t count;
};

/* Next bucket that is not empty, upwards: start with *cursor = 0; false: no more. */
bool vs_hist_next(const struct vs_hist *h, uint32_t *cursor, struct vs_hist_bucket *out);

/*
 * Makes h what vs_hist_next and its exact figures told: the way back from a result file. false, h
 * cleared: a bucket is not one of ours, comes twice, or the figures contradict the buckets.
 */
bool vs_hist_restore(struct vs_hist *h, const struct vs_hist_bucket *buckets, size_t n,
		     vs_u128 sum_ps, vs_ps min_ps, vs_ps max_ps);

#endif
