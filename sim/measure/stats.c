#include "sim/measure/stats.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

#define TAIL 0.025

double vs_stats_t95(uint32_t n)
{
	return gsl_cdf_tdist_Pinv(1.0 - TAIL, (double)n - 1.0);
}

/* Welford's running mean and sum of squares */
struct running {
	double mean, squares;
	uint32_t n;
};

static void running_add(struct running *r, double x)
{
	double d = x - r->mean;

	r->n++;
	r->mean += d / r->n;
	r->squares += d * (x - r->mean);
}

static double running_sd(const struct running *r)
{
	return r->n >= 2 ? sqrt(r->squares / (r->n - 1.0)) : 0.0;
}

static void set_interval(struct vs_estimate *e, double sd, uint32_t n)
{
	double half = n >= 2 ? vs_stats_t95(n) * sd / sqrt((double)n) : 0.0;

	e->n = n;
	e->has_interval = n >= 2;
	e->low = e->value - half;
	e->high = e->value + half;
}

void vs_stats_mean(const double *x, uint32_t n, struct vs_estimate *out)
{
	struct running r = {0};
	uint32_t i;

	for (i = 0; i < n; i++)
		running_add(&r, x[i]);
	out->value = r.mean;
	set_interval(out, running_sd(&r), n);
}

/* Smallest k with P(Bin(n, p) <= k) >= q, by bisection: the distribution function only grows. */
static uint64_t binomial_quantile(double q, double p, uint64_t n)
{
	uint64_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (gsl_cdf_binomial_P((unsigned)mid, p, (unsigned)n) >= q)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

bool vs_stats_order_ranks(uint64_t n, uint32_t ppm, uint64_t *l, uint64_t *u)
{
	double p = ppm / 1e6;

	if (!n || n > UINT32_MAX || !ppm || ppm >= 1000000)
		return false;
	/* l: largest with P(Bin <= l - 1) <= 2.5 %, u: smallest with P(Bin <= u - 1) >= 97.5 % */
	*l = binomial_quantile(TAIL, p, n);
	if (gsl_cdf_binomial_P((unsigned)*l, p, (unsigned)n) <= TAIL)
		(*l)++;
	*u = binomial_quantile(1.0 - TAIL, p, n) + 1;
	return *l >= 1 && *u <= n;
}

/* Own percentiles of all replications; false if there is one only, or one has too few samples. */
static bool own_percentiles(const struct vs_hist *const *reps, uint32_t n, uint32_t ppm, double *sd)
{
	struct running r = {0};
	uint32_t i;
	vs_ps v;

	for (i = 0; i < n; i++) {
		if (!vs_hist_percentile(reps[i], ppm, &v))
			return false;
		running_add(&r, (double)v);
	}
	*sd = running_sd(&r);
	return n >= 2;
}

static void estimate_percentile(const struct vs_hist *const *reps, uint32_t n, uint32_t ppm,
				const struct vs_hist *pool, struct vs_estimate *out)
{
	uint64_t l, u;
	double sd;

	if (own_percentiles(reps, n, ppm, &sd)) {
		set_interval(out, sd, n);
		return;
	}
	set_interval(out, 0.0, 1);
	out->n = n;
	if (!vs_stats_order_ranks(pool->count, ppm, &l, &u))
		return;
	out->has_interval = true;
	out->low = (double)vs_hist_value_at_rank(pool, l);
	out->high = (double)vs_hist_value_at_rank(pool, u);
}

bool vs_stats_percentile(const struct vs_hist *const *reps, uint32_t n, uint32_t ppm,
			 struct vs_estimate *out)
{
	struct vs_hist pool;
	uint32_t i;
	vs_ps v;
	bool known;

	if (!vs_hist_init(&pool))
		return false;
	for (i = 0; i < n; i++)
		vs_hist_merge(&pool, reps[i]);
	known = vs_hist_percentile(&pool, ppm, &v);
	if (known) {
		out->value = (double)v;
		estimate_percentile(reps, n, ppm, &pool, out);
	}
	vs_hist_release(&pool);
	return known;
}

void vs_stats_paired(const double *a, const double *b, uint32_t n, struct vs_difference *out)
{
	struct vs_estimate *e = &out->a_minus_b;
	struct running r = {0};
	uint32_t i;

	for (i = 0; i < n; i++)
		running_add(&r, a[i] - b[i]);
	e->value = r.mean;
	set_interval(e, running_sd(&r), n);
	out->different = e->has_interval && (e->low > 0.0 || e->high < 0.0);
}

bool vs_stats_times_faster(const double *fast, const double *slow, uint32_t n, double *times)
{
	struct running f = {0}, s = {0};
	uint32_t i;

	for (i = 0; i < n; i++) {
		running_add(&f, fast[i]);
		running_add(&s, slow[i]);
	}
	if (!(f.mean > 0.0) || !(s.mean > 0.0))
		return false;
	*times = s.mean / f.mean;
	return true;
}
