/*
 * sim/hw/memwatch.h - what the allocator tells a checker about its memory.
 *
 * models/kernel/slab.c calls the hooks, sim/check implements them. They cost no simulated time,
 * never switch and must not steer the allocator: what it does must be the same without them.
 *
 * `core` and `now` are the CPU that called and its clock at that moment. A remote free is told by
 * the CPU that calls free, when it calls, not by the owner when the message arrives. Object
 * addresses are multiples of VS_MEM_ALIGN; `bytes` is what was asked for, without padding, so that
 * a touch of the padding is seen. Every free is told, bad ones too (freed twice, never allocated),
 * except that of NULL.
 */
#ifndef VS_MEMWATCH_H
#define VS_MEMWATCH_H

#include <vcpusim/port.h>

#define VS_MEM_ALIGN 16

struct vs_mem_watch {
	void *ctx;
	/* Fresh arena memory has been taken for objects: nobody may touch it before alloced(). */
	void (*grown)(void *ctx, uint32_t core, uintptr_t addr, size_t bytes, vs_ps now);
	/* Before the object is zeroed or used. The memory may have held freed objects. */
	void (*alloced)(void *ctx, uint32_t core, uintptr_t addr, size_t bytes,
			enum vs_mem_class class, uintptr_t site, vs_ps now);
	/* Nobody may touch it from now on (the allocator itself must not either, unpriced
	 * poisoning apart). */
	void (*freed)(void *ctx, uint32_t core, uintptr_t addr, uintptr_t site, vs_ps now);
};

/* Any hook may be NULL; watch NULL: nobody. Copied. Before the first allocation. */
void vs_mem_set_watch(const struct vs_mem_watch *watch);

#endif
