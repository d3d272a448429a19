/*
 * sim/workload/dist.h - durations drawn from a scenario's distributions.
 */
#ifndef VS_DIST_H
#define VS_DIST_H

#include <gsl/gsl_rng.h>

#include <vcpusim/scenario.h>

/*
 * One draw, in microseconds as the scenario has it, rounded at once to the nearest picosecond and
 * kept within 0 .. VS_PS_MAX_RUN (a distribution may give less than nothing, or more than any run
 * lasts). `d` has been checked by whoever loaded it. Constant draws no random number; the others
 * draw as many as they need, from this generator only.
 */
vs_ps vs_dist_draw(const struct vs_dist *d, gsl_rng *r);

/* The distribution's mean, in microseconds; infinite for a Pareto with a <= 1. */
double vs_dist_mean_us(const struct vs_dist *d);

#endif
