/*
 * Memory: the C library's, so that address sanitizers watch it. A line in front of each object says
 * what it is.
 */
#include <stdlib.h>
#include <string.h>

#include "models/native/private.h"

#define LINE 64

struct header {
	_Alignas(LINE) size_t bytes;
	enum vs_mem_class class;
};

static struct vs_native_memory memory;

static void count(enum vs_mem_class class, size_t bytes)
{
	uint64_t now = __atomic_add_fetch(&memory.live_bytes[class], bytes, __ATOMIC_RELAXED);
	uint64_t peak = __atomic_load_n(&memory.table_peak_bytes, __ATOMIC_RELAXED);

	while (class == VS_MEM_TABLE && now > peak &&
	       !__atomic_compare_exchange_n(&memory.table_peak_bytes, &peak, now, true,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
}

void *vs_mem_alloc(size_t bytes, bool zero, enum vs_mem_class class, uintptr_t site)
{
	struct header *h;

	(void)site;
	if (vs_native_hooks.alloc && !vs_native_hooks.alloc(class))
		return NULL;
	h = aligned_alloc(LINE, sizeof(*h) + (bytes + LINE - 1) / LINE * LINE);
	if (!h)
		return NULL;
	*h = (struct header){.bytes = bytes, .class = class};
	if (zero)
		memset(h + 1, 0, bytes);
	count(class, bytes);
	return h + 1;
}

void vs_mem_free(void *p, uintptr_t site)
{
	struct header *h;

	(void)site;
	if (!p)
		return;
	h = (struct header *)p - 1;
	__atomic_fetch_sub(&memory.live_bytes[h->class], h->bytes, __ATOMIC_RELAXED);
	if (vs_native_hooks.freed)
		vs_native_hooks.freed(h->class);
	free(h);
}

void vs_native_memory_restart(void)
{
	__atomic_store_n(&memory.table_peak_bytes,
			 __atomic_load_n(&memory.live_bytes[VS_MEM_TABLE], __ATOMIC_RELAXED),
			 __ATOMIC_RELAXED);
}

struct vs_native_memory vs_native_memory(void)
{
	struct vs_native_memory m;

	for (int class = 0; class < 3; class ++)
		m.live_bytes[class] = __atomic_load_n(&memory.live_bytes[class], __ATOMIC_RELAXED);
	m.table_peak_bytes = __atomic_load_n(&memory.table_peak_bytes, __ATOMIC_RELAXED);
	return m;
}
