/*
 * sim/measure/stats.h - what replications say together.
 *
 * A replication is one run with its own random numbers; replication i of two tables uses the same
 * ones, so tables are compared pair by pair. All intervals are 95 %, two-sided. Input is in any
 * unit; output is in the same.
 */
#ifndef VS_STATS_H
#define VS_STATS_H

#include "sim/measure/histogram.h"

struct vs_estimate {
	double value;
	bool has_interval; /* false: low and high are the value itself and mean nothing */
	double low, high;
	uint32_t n; /* replications behind the interval */
};

/* Student's t for a 95 % interval from n replications (n >= 2): the 97.5 % point at n - 1. */
double vs_stats_t95(uint32_t n);

/* Mean of x[n] and its Student-t interval; no interval for n = 1. n > 0. */
void vs_stats_mean(const double *x, uint32_t n, struct vs_estimate *out);

/*
 * A percentile (ppm) over replications. The value is that of the pooled samples. The interval,
 * by what is there:
 *   two or more replications, each with enough samples for its own percentile: value +- Student's
 *   t times the standard error of the replications' own percentiles;
 *   else: order statistics of the pooled samples, the narrowest ranks l < u with
 *   P(Bin(n, p) < l) <= 2.5 % and P(Bin(n, p) >= u) <= 2.5 %. Samples of one run are not
 *   independent of each other (they queue behind one another), so this one can be too narrow.
 * false: the pooled samples are too few for the percentile itself, or no memory.
 */
bool vs_stats_percentile(const struct vs_hist *const *reps, uint32_t n, uint32_t ppm,
			 struct vs_estimate *out);

/* The ranks l and u of the above for n samples; false: n too small for that percentile. */
bool vs_stats_order_ranks(uint64_t n, uint32_t ppm, uint64_t *l, uint64_t *u);

struct vs_difference {
	struct vs_estimate a_minus_b; /* mean of the paired differences */
	bool different;               /* n >= 2 and the interval excludes zero */
};

/* a[i] and b[i] are from the same replication. n > 0. */
void vs_stats_paired(const double *a, const double *b, uint32_t n, struct vs_difference *out);

/*
 * "fast is *times times faster than slow": the ratio of their mean latencies. false when that makes
 * no sense (a mean that is not positive). Whether it may be said is vs_stats_paired's business.
 */
bool vs_stats_times_faster(const double *fast, const double *slow, uint32_t n, double *times);

#endif
