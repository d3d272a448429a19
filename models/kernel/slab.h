/*
 * models/kernel/slab.h - the allocator behind vs_mem_alloc() and vs_mem_free(). Not instrumented:
 * its own work costs the machine's alloc_ps and free_ps instead.
 *
 *	per CPU   free[class] --> objects that may be handed out, last in first out
 *	          held        --> freed objects, kept back, first in first out
 *
 * Sizes: 16 to 8192 bytes in powers of two, and 96 and 192; then whole pages up to 64 KiB; larger
 * ones in multiples of 64 KiB. An object belongs for ever to the CPU that got its memory; freeing
 * it elsewhere sends it home by a message, so that no CPU sees another's lists.
 *
 * Freed memory is held back until VS_SLAB_HELD_BYTES of the run (divided by the number of CPUs)
 * have been freed after it on that CPU, so that a use after free is met while the object is still
 * free. Price of that: reused memory is colder than a real allocator's. Its bytes are left as they
 * were: overwriting them would be a write that has no time, which a faulty reader on another CPU
 * would see or not see depending on the host.
 */
#ifndef VS_SLAB_H
#define VS_SLAB_H

#include "sim/host/host.h"

#define VS_SLAB_HELD_BYTES (UINT64_C(64) << 20)

struct vs_slab;

/* Memory taken or given back, as the freeing or allocating CPU saw it; boot is at time 0. */
struct vs_mem_record {
	vs_ps time;
	int64_t bytes; /* what the object occupies; negative: freed */
	enum vs_mem_class class;
};

/* Becomes the allocator of this process, as port.h's calls carry no context. NULL: no memory. One
 * at a time. h and hw outlive it. */
struct vs_slab *vs_slab_new(struct vs_host *h, struct vs_hw *hw, uint32_t n_cpus);
void vs_slab_free(struct vs_slab *s); /* NULL is fine */

/* What happened on one CPU, in order of time; owned by the slab, good until its next change. */
size_t vs_mem_records(const struct vs_slab *s, uint32_t cpu, const struct vs_mem_record **out);

/* What an object of so many bytes occupies. */
size_t vs_slab_object_bytes(size_t bytes);

#endif
