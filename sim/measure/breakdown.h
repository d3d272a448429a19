/*
 * sim/measure/breakdown.h - where the time of operations went, by enum vs_cause.
 *
 * An operation is recorded with its latency and its parts, which must add up to the latency to the
 * picosecond. Sums of parts are kept per bucket of the latency histogram, exactly, so that the
 * parts of the slow operations are known although "slow" is only known at the end, and memory
 * does not grow with the number of operations.
 *
 * "At or above p99" means: in the bucket that holds the p99 sample, or in a higher one. Operations
 * that share p99's bucket are all in, so the set can be a little larger than 1 %.
 */
#ifndef VS_BREAKDOWN_H
#define VS_BREAKDOWN_H

#include "sim/measure/histogram.h"

struct vs_parts { /* sums over some operations; part[] adds up to latency_ps */
	uint64_t count;
	vs_u128 latency_ps;
	vs_u128 part_ps[VS_CAUSES];
};

struct vs_breakdown {
	struct vs_hist latency;
	vs_u128 (*cell)[VS_CAUSES]; /* per bucket, owned */
};

bool vs_breakdown_init(struct vs_breakdown *b); /* false: no memory */
void vs_breakdown_release(struct vs_breakdown *b);
void vs_breakdown_clear(struct vs_breakdown *b);

/* false, and nothing recorded: the parts do not add up, which is a bug of whoever booked them. */
bool vs_breakdown_record(struct vs_breakdown *b, vs_ps latency, const vs_ps part[VS_CAUSES]);
void vs_breakdown_merge(struct vs_breakdown *into, const struct vs_breakdown *from);

void vs_breakdown_all(const struct vs_breakdown *b, struct vs_parts *out);
/* Operations at or above a percentile (ppm). false: the percentile itself is unknown. */
bool vs_breakdown_tail(const struct vs_breakdown *b, uint32_t ppm, struct vs_parts *out);

double vs_parts_mean_ps(const struct vs_parts *p, enum vs_cause cause); /* 0 if count is 0 */

#endif
