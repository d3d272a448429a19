#include "sim/workload/rng.h"

struct state {
	uint64_t s;
};

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint64_t next(struct state *st)
{
	uint64_t x = mix(st->s);

	st->s += UINT64_C(0x9e3779b97f4a7c15);
	return x;
}

static void rng_set(void *st, unsigned long seed)
{
	((struct state *)st)->s = seed;
}

/* 32 bits, the upper ones: what most of GSL's own generators give */
static unsigned long rng_get(void *st)
{
	return (unsigned long)(next(st) >> 32);
}

/* [0, 1) in steps of 2^-53 */
static double rng_get_double(void *st)
{
	return (double)(next(st) >> 11) * 0x1p-53;
}

static const gsl_rng_type splitmix64 = {
	.name = "splitmix64",
	.max = 0xffffffffUL,
	.min = 0,
	.size = sizeof(struct state),
	.set = rng_set,
	.get = rng_get,
	.get_double = rng_get_double,
};

const gsl_rng_type *const vs_rng_type = &splitmix64;

static uint64_t fnv1a(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t vs_rng_seed(uint64_t run_seed, uint32_t replication, const char *stream, uint32_t issuer)
{
	uint64_t s = mix(run_seed);

	s = mix(s ^ replication);
	s = mix(s ^ fnv1a(stream));
	return mix(s ^ issuer);
}

gsl_rng *vs_rng_new(uint64_t run_seed, uint32_t replication, const char *stream, uint32_t issuer)
{
	gsl_rng *r;
	gsl_error_handler_t *handler = gsl_set_error_handler_off();

	r = gsl_rng_alloc(vs_rng_type);
	gsl_set_error_handler(handler);
	if (r)
		gsl_rng_set(r, vs_rng_seed(run_seed, replication, stream, issuer));
	return r;
}
