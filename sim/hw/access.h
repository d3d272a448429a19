/*
 * sim/hw/access.h - the door through which instrumented code reaches the simulated memory.
 *
 * The compiler's callbacks (sim/hw/tsan_*.c) announce each access here; it returns when the
 * access may execute. Context code. May switch.
 */
#ifndef VS_ACCESS_H
#define VS_ACCESS_H

#include <vcpusim/types.h>

enum vs_access_kind {
	VS_READ = 0,
	VS_WRITE = 1,
	VS_ATOMIC = 2,   /* or-ed: an atomic operation; with VS_WRITE a read-modify-write */
	VS_VOLATILE = 4, /* or-ed: READ_ONCE, WRITE_ONCE */
	VS_BULK = 8      /* or-ed: part of memcpy, memset, memmove or a zeroing allocation */
};

/* One scalar access, 1 to 16 bytes; may straddle lines (then one transaction). */
void vs_access(uintptr_t addr, size_t size, unsigned kind, uintptr_t pc);

/* A range of any length. dst/src may be 0 (none): a copy announces both at once, which are then
 * granted together. Lengths up to a page are one transaction, longer ones one per page. */
void vs_access_range(uintptr_t dst, uintptr_t src, size_t bytes, unsigned kind, uintptr_t pc);

/* memory_order as gcc numbers it; only sequentially consistent fences cost anything. */
void vs_access_fence(int memory_order, uintptr_t pc);

#endif
