/* tests/cli/runs.h - hand-made runs of two tables, and the scenario they belong to. */
#ifndef RUNS_H
#define RUNS_H

#include <vcpusim/result.h>

/* Tables "a" and "b", one stream of look-ups. */
void make_scenario(struct vs_scenario *s, uint32_t replications);
void release_scenario(struct vs_scenario *s);

/* Appends a run of `n` look-ups, one after the other, each of `ps`. */
void add_run(struct vs_result *r, const char *table, uint32_t replication, vs_ps ps, uint32_t n);

/* Three replications: a takes 100, 110, 120 ns; b 105, 116, 126. */
void make_result(struct vs_result *r, const struct vs_scenario *s);

#endif
