/*
 * sim/workload/rng.h - random numbers: one generator per (stream, issuer).
 *
 * The seed of a generator depends on the run's seed, the replication, the stream's *name* and the
 * issuer's number, and on nothing else: not on the table, not on which other streams there are or
 * how many issuers they have. So adding a stream or a table does not change what anybody else
 * draws, and tables are compared on the same random numbers.
 *
 * The generator is SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators,
 * OOPSLA 2014) as a gsl_rng_type: state 8 bytes, where mt19937 would take 5 KB for each of
 * thousands of issuers, and seeded with all 64 bits, where GSL's own small ones (taus2 and the
 * like) take 32, so that among 4,096 issuers some would be given the same numbers now and then.
 */
#ifndef VS_RNG_H
#define VS_RNG_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

extern const gsl_rng_type *const vs_rng_type;

/*
 * Mixes in this order, each step s = mix(s ^ x): run seed, replication, FNV-1a hash (64 bits) of
 * the name's bytes, issuer. mix() is SplitMix64's: a bijection, so that two generators that differ
 * in one number only never get the same seed.
 */
uint64_t vs_rng_seed(uint64_t run_seed, uint32_t replication, const char *stream, uint32_t issuer);

/* Freed by gsl_rng_free. NULL: no memory. */
gsl_rng *vs_rng_new(uint64_t run_seed, uint32_t replication, const char *stream, uint32_t issuer);

#endif
