/*
 * tests/bench/load.h - what the benchmark runs: accesses of cores, without kernel or tables.
 *
 *   broadcast   every core walks all vCPUs once: on the first line of each struct it reads the id,
 * ors a request bit atomically and reads the mode, as kvm_make_all_cpus_request does mixed every
 * core: 80 % own lines, 20 % of 4,096 shared ones, 30 % writes, a third of them atomic hits core 0
 * walks 16 KiB of its own over and over; the other cores idle
 */
#ifndef VS_BENCH_LOAD_H
#define VS_BENCH_LOAD_H

#include <vcpusim/machine.h>

#include "sim/engine/engine.h"

enum bench_kind { BENCH_BROADCAST, BENCH_MIXED, BENCH_HITS };

struct bench_load {
	const char *name;
	enum bench_kind kind;
	uint32_t cores;
	uint32_t vcpus;    /* broadcast */
	uint32_t accesses; /* mixed, hits: per core that runs */
};

struct bench_result {
	uint64_t hash; /* of all values read and all times */
	uint64_t accesses, misses, resumes, windows, agent_events, local_events;
	uint64_t simulated_ps;
	double seconds; /* of processor time, in vs_engine_run */
	uint64_t rss_kib;
};

struct bench_mode {
	const char *name;
	enum vs_backend backend;
	bool strict;
};

/* Once per process with SimGrid. */
struct bench_result bench_run(const struct bench_load *load, const struct bench_mode *mode,
			      const struct vs_machine *m);

#endif
