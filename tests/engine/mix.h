/*
 * tests/engine/mix.h - a random small machine under a random mix of everything the memory system
 * and the engine offer, with values; reduced to one signature. Same seed, same signature, however
 * run.
 */
#ifndef VS_TEST_MIX_H
#define VS_TEST_MIX_H

#include <vcpusim/machine.h>

#include "sim/engine/engine.h"

struct vs_mix_run {
	bool strict;
	vs_ps window;
	enum vs_order order;
	enum vs_backend backend;
	vs_ps limit;           /* 0: none */
	uint32_t finish_after; /* worker 0 ends the run before this operation; 0: never */
};

struct vs_mix_result {
	uint64_t signature;
	uint64_t accesses, misses;
	vs_ps end; /* of the last worker */
	enum vs_stop stop;
};

void vs_mix_machine(uint64_t seed, struct vs_machine *m, uint32_t *cores);
struct vs_mix_result vs_mix_run(uint64_t seed, const struct vs_mix_run *how);

#endif
