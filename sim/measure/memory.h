/*
 * sim/measure/memory.h - bytes in use over simulated time: the peak, and what is left at the end.
 *
 * Records may be added in any order of host time: cores run ahead of each other. They are put in
 * stamp order (time, cpu, order of adding on that cpu) at the end.
 */
#ifndef VS_MEMORY_H
#define VS_MEMORY_H

#include <vcpusim/types.h>

struct vs_memlog_cpu;

struct vs_memlog {
	struct vs_memlog_cpu *cpu; /* owned */
	uint32_t n_cpus;
};

bool vs_memlog_init(struct vs_memlog *m, uint32_t n_cpus); /* false: no memory */
void vs_memlog_release(struct vs_memlog *m);

/* + allocated, - freed; cpu < n_cpus. false: no memory, nothing recorded. */
bool vs_memlog_add(struct vs_memlog *m, uint32_t cpu, vs_ps now, int64_t bytes);

/* peak: the largest running sum, at least 0 (nothing at all). end may be negative if more was freed
 * than allocated, which is a bug of the caller. false: no memory. */
bool vs_memlog_result(const struct vs_memlog *m, int64_t *peak_bytes, int64_t *end_bytes);

#endif
