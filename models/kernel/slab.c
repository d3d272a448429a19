/* The simulated allocator: see slab.h. Charges, injected failures, hooks and records. */
#include <string.h>

#include "models/kernel/slab_private.h"

/* The port's calls and the hooks' setter carry no context: one allocator per process, as there is
 * one engine. */
static struct vs_slab *slab;
static struct vs_mem_watch watch;

void vs_mem_set_watch(const struct vs_mem_watch *w)
{
	watch = w ? *w : (struct vs_mem_watch){0};
}

struct vs_slab *vs_slab_new(struct vs_host *h, struct vs_hw *hw, uint32_t n_cpus)
{
	struct vs_slab *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->host = h;
	s->hw = hw;
	s->n_cpus = n_cpus;
	s->held_bytes = VS_SLAB_HELD_BYTES / n_cpus;
	s->cpu = calloc(n_cpus, sizeof(*s->cpu));
	if (!s->cpu) {
		free(s);
		return NULL;
	}
	slab = s;
	return s;
}

void vs_slab_free(struct vs_slab *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->n_cpus; i++) {
		for (size_t c = 0; c < VS_SLAB_CLASSES; c++)
			free(s->cpu[i].free[c].at);
		free(s->cpu[i].huge.at);
		free(s->cpu[i].held.at);
		free(s->cpu[i].records);
	}
	vs_slab_free_chunks(s);
	free(s->cpu);
	if (slab == s)
		slab = NULL;
	free(s);
}

static void record(struct vs_slab *s, enum vs_mem_class class, int64_t bytes)
{
	vs_ps now;
	struct vs_slab_cpu *c = &s->cpu[vs_host_here(s->host, &now)];

	if (c->n_records == c->cap_records) {
		c->cap_records = c->cap_records ? 2 * c->cap_records : 64;
		c->records = realloc(c->records, c->cap_records * sizeof(*c->records));
		VS_SLAB_NEEDS(c->records);
	}
	c->records[c->n_records++] = (struct vs_mem_record){now, bytes, class};
}

size_t vs_mem_records(const struct vs_slab *s, uint32_t cpu, const struct vs_mem_record **out)
{
	*out = s->cpu[cpu].records;
	return s->cpu[cpu].n_records;
}

/* The scenario's enomem_every counts the measured allocations of each CPU. */
static bool refused(struct vs_slab *s)
{
	uint64_t every = vs_host_scenario(s->host)->enomem_every;
	vs_ps now;

	if (!every || !vs_hw_pricing(s->hw))
		return false;
	return ++s->cpu[vs_host_here(s->host, &now)].measured % every == 0;
}

/* Priced and done page by page: what is announced is held when it is written. */
static void zero_object(uintptr_t addr, size_t bytes, uintptr_t site)
{
	while (bytes) {
		size_t n = VS_SLAB_PAGE - (addr & (VS_SLAB_PAGE - 1));

		if (n > bytes)
			n = bytes;
		vs_access_range(addr, 0, n, VS_WRITE | VS_BULK, site);
		memset((void *)addr, 0, n);
		addr += n;
		bytes -= n;
	}
}

void *vs_mem_alloc(size_t bytes, bool zero, enum vs_mem_class class, uintptr_t site)
{
	struct vs_slab *s = slab;
	struct vs_slab_chunk *chunk;
	uintptr_t addr;
	uint32_t cpu;
	vs_ps now;

	bytes += !bytes;
	vs_host_charge(s->host, vs_host_scenario(s->host)->machine.alloc_ps, VS_CAUSE_ALLOC);
	if (refused(s))
		return NULL;
	addr = vs_slab_take(s, bytes, &watch);
	if (!addr)
		return NULL;
	chunk = vs_slab_chunk_of(s, addr);
	chunk->class_of[vs_slab_index(chunk, addr)] = (uint8_t) class;
	record(s, class, (int64_t)chunk->object_bytes);
	cpu = vs_host_here(s->host, &now);
	if (watch.alloced)
		watch.alloced(watch.ctx, cpu, addr, bytes, class, site, now);
	if (zero)
		zero_object(addr, bytes, site);
	return (void *)addr;
}

void vs_mem_free(void *p, uintptr_t site)
{
	struct vs_slab *s = slab;
	struct vs_slab_chunk *chunk;
	uintptr_t addr = (uintptr_t)p;
	uint32_t cpu;
	vs_ps now;

	if (!p)
		return;
	vs_host_charge(s->host, vs_host_scenario(s->host)->machine.free_ps, VS_CAUSE_ALLOC);
	cpu = vs_host_here(s->host, &now);
	if (watch.freed)
		watch.freed(watch.ctx, cpu, addr, site, now);
	chunk = vs_slab_chunk_of(s, addr);
	if (!chunk || (addr - chunk->base) % chunk->object_bytes)
		return; /* never allocated: the checker has been told */
	record(s, chunk->class_of[vs_slab_index(chunk, addr)], -(int64_t)chunk->object_bytes);
	vs_slab_send_home(s, chunk, addr, cpu);
}
