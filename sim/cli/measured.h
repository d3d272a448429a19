/* sim/cli/measured.h - what one run's operations took, gathered as they finish, in any order. */
#ifndef VS_MEASURED_H
#define VS_MEASURED_H

#include <vcpusim/result.h>

struct vs_measured;

struct vs_measured *vs_measured_new(uint32_t n_cpus, uint32_t n_plain); /* NULL: no memory */
void vs_measured_free(struct vs_measured *m);
/* False: the parts do not add up. */
bool vs_measured_op(struct vs_measured *m, enum vs_op op, vs_ps start, vs_ps end,
		    const vs_ps *parts, bool error);
void vs_measured_latency(struct vs_measured *m, enum vs_op op, enum vs_latency_kind kind, vs_ps ps);
void vs_measured_bytes(struct vs_measured *m, uint32_t cpu, vs_ps now, int64_t bytes);
/* Fills ops and memory of `out`. False: no memory. */
bool vs_measured_take(struct vs_measured *m, const struct vs_scenario *s, struct vs_run *out);

#endif
