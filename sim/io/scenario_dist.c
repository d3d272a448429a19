/* Distributions and times. */
#include "sim/io/scenario_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/io/build.h"

struct param {
	const char *name; /* NULL: no such parameter */
	double min, max;
};

#define LEAST_US 1e-6 /* a picosecond */

/* GSL's names. Parameters that scale a time are in microseconds. */
static const struct param params[][2] = {
	[VS_DIST_CONSTANT] = {{"value", 0, VS_US_MAX}},
	[VS_DIST_UNIFORM] = {{"min", 0, VS_US_MAX}, {"max", 0, VS_US_MAX}},
	[VS_DIST_EXPONENTIAL] = {{"mean", LEAST_US, VS_US_MAX}},
	[VS_DIST_LOGNORMAL] = {{"zeta", -50, 50}, {"sigma", 0, 50}},
	[VS_DIST_GAMMA] = {{"a", 1e-3, 1e6}, {"b", LEAST_US, VS_US_MAX}},
	[VS_DIST_WEIBULL] = {{"a", LEAST_US, VS_US_MAX}, {"b", 1e-3, 1e6}},
	[VS_DIST_PARETO] = {{"a", 1e-3, 1e6}, {"b", LEAST_US, VS_US_MAX}},
	[VS_DIST_EMPIRICAL] = {{NULL, 0, 0}},
};

bool vs_read_ms(const struct vs_at *at, double min, vs_ps *out)
{
	double ms;

	if (!at->value)
		return true;
	if (!vs_at_number(at, min, VS_MS_MAX, &ms))
		return false;
	*out = (vs_ps)llround(ms * (double)VS_PS_PER_MS);
	return true;
}

static bool read_values(const struct vs_at *at, struct vs_dist *out)
{
	size_t n = vs_at_size(at);
	bool ok = true;

	if (!vs_at_array(at, "an array of times in microseconds, not empty"))
		return false;
	out->values = calloc(n, sizeof(*out->values));
	if (!out->values) {
		vs_at_error(at, "out of memory");
		return false;
	}
	out->n_values = n;
	for (size_t i = 0; i < n; i++) {
		struct vs_at value = vs_at_element(at, i);

		ok &= vs_at_number(&value, 0, VS_US_MAX, &out->values[i]);
	}
	return ok;
}

static bool read_params(const struct vs_at *at, struct vs_dist *out)
{
	const char *keys[3] = {"dist"};
	size_t n = 1;
	bool ok = true;

	for (int i = 0; i < 2; i++) {
		const struct param *p = &params[out->kind][i];
		struct vs_at value;

		if (!p->name)
			continue;
		keys[n++] = p->name;
		value = vs_at_member(at, p->name);
		ok &= vs_at_number(&value, p->min, p->max, &out->p[i]);
	}
	if (out->kind == VS_DIST_EMPIRICAL) {
		struct vs_at values = vs_at_member(at, "values");

		keys[n++] = "values";
		ok &= read_values(&values, out);
	}
	ok &= vs_at_only(at, keys, n);
	if (ok && out->kind == VS_DIST_UNIFORM && out->p[1] < out->p[0]) {
		struct vs_at max = vs_at_member(at, "max");

		vs_at_expected(&max, "at least min = %.15g", out->p[0]);
		ok = false;
	}
	return ok;
}

bool vs_read_dist(const struct vs_at *at, struct vs_dist *out)
{
	struct vs_at kind_at = vs_at_member(at, "dist");
	size_t kind;

	free(out->values);
	memset(out, 0, sizeof(*out));
	if (!vs_at_object(at, "a distribution, such as {\"dist\": \"exponential\", \"mean\": 20}"))
		return false;
	if (!vs_at_choice(&kind_at, "a distribution", vs_dist_names, VS_COUNT(params), &kind))
		return false;
	out->kind = (enum vs_dist_kind)kind;
	return read_params(at, out);
}

static bool rounds_to_nothing(double us)
{
	return llround(us * (double)VS_PS_PER_US) == 0;
}

static bool is_always_zero(const struct vs_dist *d)
{
	if (d->kind == VS_DIST_CONSTANT)
		return rounds_to_nothing(d->p[0]);
	if (d->kind == VS_DIST_UNIFORM)
		return rounds_to_nothing(d->p[1]);
	for (size_t i = 0; i < d->n_values; i++)
		if (!rounds_to_nothing(d->values[i]))
			return false;
	return d->kind == VS_DIST_EMPIRICAL;
}

bool vs_read_positive_dist(const struct vs_at *at, const char *why, struct vs_dist *out)
{
	if (!vs_read_dist(at, out))
		return false;
	if (!is_always_zero(out))
		return true;
	vs_at_error(at, "found a time that is always 0, expected one that is not: %s", why);
	return false;
}

json_t *vs_dist_to_json(const struct vs_dist *d)
{
	json_t *out = vs_with(json_object(), "dist", json_string(vs_dist_names[d->kind]));
	json_t *values = json_array();

	for (int i = 0; i < 2; i++)
		if (params[d->kind][i].name)
			out = vs_with(out, params[d->kind][i].name, vs_json_number(d->p[i]));
	for (size_t i = 0; i < d->n_values; i++)
		values = vs_append(values, vs_json_number(d->values[i]));
	if (d->kind == VS_DIST_EMPIRICAL)
		return vs_with(out, "values", values);
	json_decref(values);
	return out;
}
