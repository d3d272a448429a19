#include "sim/workload/dist.h"

#include <math.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>

static double draw_us(const struct vs_dist *d, gsl_rng *r)
{
	switch (d->kind) {
	case VS_DIST_CONSTANT:
		return d->p[0];
	case VS_DIST_UNIFORM:
		return gsl_ran_flat(r, d->p[0], d->p[1]);
	case VS_DIST_EXPONENTIAL:
		return gsl_ran_exponential(r, d->p[0]);
	case VS_DIST_LOGNORMAL:
		return gsl_ran_lognormal(r, d->p[0], d->p[1]);
	case VS_DIST_GAMMA:
		return gsl_ran_gamma(r, d->p[0], d->p[1]);
	case VS_DIST_WEIBULL:
		return gsl_ran_weibull(r, d->p[0], d->p[1]);
	case VS_DIST_PARETO:
		return gsl_ran_pareto(r, d->p[0], d->p[1]);
	case VS_DIST_EMPIRICAL:
		return d->values[gsl_rng_uniform_int(r, d->n_values)];
	}
	return 0.0;
}

vs_ps vs_dist_draw(const struct vs_dist *d, gsl_rng *r)
{
	double ps = draw_us(d, r) * (double)VS_PS_PER_US;

	if (!(ps > 0.0)) /* NaN as well */
		return 0;
	if (ps >= (double)VS_PS_MAX_RUN)
		return VS_PS_MAX_RUN;
	return (vs_ps)llround(ps);
}

static double mean_of_values(const double *v, size_t n)
{
	double sum = 0.0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += v[i];
	return sum / (double)n;
}

double vs_dist_mean_us(const struct vs_dist *d)
{
	double a = d->p[0], b = d->p[1];

	switch (d->kind) {
	case VS_DIST_CONSTANT:
	case VS_DIST_EXPONENTIAL:
		return a;
	case VS_DIST_UNIFORM:
		return (a + b) / 2.0;
	case VS_DIST_LOGNORMAL:
		return exp(a + b * b / 2.0);
	case VS_DIST_GAMMA:
		return a * b;
	case VS_DIST_WEIBULL:
		return a * gsl_sf_gamma(1.0 + 1.0 / b);
	case VS_DIST_PARETO:
		return a > 1.0 ? b * a / (a - 1.0) : INFINITY;
	case VS_DIST_EMPIRICAL:
		return mean_of_values(d->values, d->n_values);
	}
	return 0.0;
}
