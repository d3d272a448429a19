#include "sim/measure/memory.h"

#include <stdlib.h>

struct record {
	vs_ps time;
	int64_t bytes;
	uint32_t cpu;
	uint32_t seq;
};

struct vs_memlog_cpu {
	struct record *rec;
	uint32_t n, cap;
};

bool vs_memlog_init(struct vs_memlog *m, uint32_t n_cpus)
{
	m->n_cpus = n_cpus;
	m->cpu = calloc(n_cpus ? n_cpus : 1, sizeof(*m->cpu));
	return m->cpu != NULL;
}

void vs_memlog_release(struct vs_memlog *m)
{
	uint32_t i;

	for (i = 0; i < m->n_cpus; i++)
		free(m->cpu[i].rec);
	free(m->cpu);
	m->cpu = NULL;
	m->n_cpus = 0;
}

bool vs_memlog_add(struct vs_memlog *m, uint32_t cpu, vs_ps now, int64_t bytes)
{
	struct vs_memlog_cpu *c = &m->cpu[cpu];

	if (c->n == c->cap) {
		uint32_t cap = c->cap ? c->cap * 2 : 64;
		struct record *grown = realloc(c->rec, cap * sizeof(*grown));

		if (!grown)
			return false;
		c->rec = grown;
		c->cap = cap;
	}
	c->rec[c->n] = (struct record){.time = now, .bytes = bytes, .cpu = cpu, .seq = c->n};
	c->n++;
	return true;
}

static int by_stamp(const void *pa, const void *pb)
{
	const struct record *a = pa, *b = pb;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	if (a->cpu != b->cpu)
		return a->cpu < b->cpu ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

bool vs_memlog_result(const struct vs_memlog *m, int64_t *peak_bytes, int64_t *end_bytes)
{
	struct record *all;
	size_t n = 0, i, j;
	int64_t sum = 0, peak = 0;

	for (i = 0; i < m->n_cpus; i++)
		n += m->cpu[i].n;
	all = malloc((n ? n : 1) * sizeof(*all));
	if (!all)
		return false;
	n = 0;
	for (i = 0; i < m->n_cpus; i++) {
		for (j = 0; j < m->cpu[i].n; j++)
			all[n++] = m->cpu[i].rec[j];
	}
	qsort(all, n, sizeof(*all), by_stamp);
	for (i = 0; i < n; i++) {
		sum += all[i].bytes;
		if (sum > peak)
			peak = sum;
	}
	free(all);
	*peak_bytes = peak;
	*end_bytes = sum;
	return true;
}
