/*
 * sim/native/bench.h - a scenario's streams by real threads on the machine that one sits at.
 */
#ifndef VS_NATIVE_BENCH_H
#define VS_NATIVE_BENCH_H

#include <vcpusim/result.h>

#include "sim/io/errors.h"

/* What of a scenario has no native meaning is refused. */
bool vs_bench_can(const struct vs_scenario *s, const char *path, struct vs_errors *errs);

/* One table, once. After vs_native_init(). False: no memory or no threads. */
bool vs_bench_run(const struct vs_scenario *s, const struct vs_table_ref *ref,
		  const struct vs_table *table, uint32_t replication, struct vs_run *out);

/* What reading the clock takes: a part of every latency. */
vs_ps vs_bench_clock_ps(void);

#endif
