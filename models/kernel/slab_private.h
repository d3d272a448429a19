/* models/kernel/slab_private.h - the inside of the allocator. */
#ifndef VS_SLAB_PRIVATE_H
#define VS_SLAB_PRIVATE_H

#include <stdlib.h>

#include "models/kernel/slab.h"
#include "sim/hw/memwatch.h"

#define VS_SLAB_PAGE 4096
#define VS_SLAB_UNIT 65536 /* of the arena */
#define VS_SLAB_CLASSES 26 /* 12 small, then 3 to 16 pages */

#define VS_SLAB_NEEDS(p)                                                                           \
	do {                                                                                       \
		if (!(p))                                                                          \
			vs_bug(__FILE__, __LINE__, "out of host memory");                          \
	} while (0)

struct vs_slab_list {
	uintptr_t *at;
	size_t n, cap;
	size_t head; /* oldest, for the queue of what is held back */
};

/* Memory of one CPU's, cut into equal objects. Base, size and owner never change; `live` is the
 * owner's, class_of is written by who allocates and read by who frees. */
struct vs_slab_chunk {
	uintptr_t base;
	size_t object_bytes;
	size_t n_objects;
	uint32_t owner;
	uint8_t *live;
	uint8_t *class_of;
};

struct vs_slab_cpu {
	struct vs_slab_list free[VS_SLAB_CLASSES];
	struct vs_slab_list huge; /* of any size above 64 KiB */
	struct vs_slab_list held;
	uint64_t held_bytes;
	uint64_t measured; /* allocations that count for injected failures */
	struct vs_mem_record *records;
	size_t n_records, cap_records;
};

struct vs_slab {
	struct vs_host *host;
	struct vs_hw *hw;
	uint32_t n_cpus;
	uint64_t held_bytes; /* per CPU */
	struct vs_slab_cpu *cpu;
	struct vs_slab_chunk **unit; /* by arena offset / VS_SLAB_UNIT; owned */
	size_t n_units;
};

/* A free object for so many bytes, of the calling CPU's; 0: out of memory. May switch. */
uintptr_t vs_slab_take(struct vs_slab *s, size_t bytes, const struct vs_mem_watch *watch);
/* To its owner, at once or by message. */
void vs_slab_send_home(struct vs_slab *s, struct vs_slab_chunk *chunk, uintptr_t addr,
		       uint32_t cpu);
struct vs_slab_chunk *vs_slab_chunk_of(const struct vs_slab *s, uintptr_t addr); /* or NULL */
void vs_slab_free_chunks(struct vs_slab *s);

static inline size_t vs_slab_index(const struct vs_slab_chunk *c, uintptr_t addr)
{
	return (addr - c->base) / c->object_bytes;
}

#endif
