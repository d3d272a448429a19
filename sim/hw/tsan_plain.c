/*
 * sim/hw/tsan_plain.c - callbacks for plain, volatile and unaligned accesses, ranges and copies.
 *
 * Each announces and returns; the access itself follows in the instrumented code. The scalar ones
 * are one tail call each, because they are called for every load and store of a simulation.
 */
#include "sim/hw/tsan.h"

#define SCALAR(name, size, kind)                                                                   \
	void __tsan_##name##size(void *addr);                                                      \
	void __tsan_##name##size(void *addr)                                                       \
	{                                                                                          \
		vs_access((uintptr_t)addr, size, kind, VS_CALLER);                                 \
	}

#define SCALARS(name, kind)                                                                        \
	SCALAR(name, 1, kind)                                                                      \
	SCALAR(name, 2, kind)                                                                      \
	SCALAR(name, 4, kind)                                                                      \
	SCALAR(name, 8, kind)                                                                      \
	SCALAR(name, 16, kind)

SCALARS(read, VS_READ)
SCALARS(write, VS_WRITE)
SCALARS(unaligned_read, VS_READ)
SCALARS(unaligned_write, VS_WRITE)
SCALARS(volatile_read, VS_READ | VS_VOLATILE)
SCALARS(volatile_write, VS_WRITE | VS_VOLATILE)
SCALARS(unaligned_volatile_read, VS_READ | VS_VOLATILE)
SCALARS(unaligned_volatile_write, VS_WRITE | VS_VOLATILE)
/* clang's form for `x++`, where the load has happened by the time it is announced: inexact, and
 * switched off by vcpusim-cc. Here for objects built otherwise. */
SCALARS(read_write, VS_WRITE)
SCALARS(unaligned_read_write, VS_WRITE)

/* Up to 16 bytes it is a scalar that gcc has no name for: unaligned, or of an odd size. */
static void announce(uintptr_t addr, size_t bytes, unsigned kind, uintptr_t pc)
{
	if (bytes == 0)
		return;
	if (bytes <= 16)
		vs_access(addr, bytes, kind, pc);
	else if (kind & VS_WRITE)
		vs_access_range(addr, 0, bytes, kind | VS_BULK, pc);
	else
		vs_access_range(0, addr, bytes, kind | VS_BULK, pc);
}

void __tsan_read_range(void *addr, size_t bytes);
void __tsan_read_range(void *addr, size_t bytes)
{
	announce((uintptr_t)addr, bytes, VS_READ, VS_CALLER);
}

void __tsan_write_range(void *addr, size_t bytes);
void __tsan_write_range(void *addr, size_t bytes)
{
	announce((uintptr_t)addr, bytes, VS_WRITE, VS_CALLER);
}

/*
 * The destination of the copy being announced. One for the process is enough: between the two
 * callbacks of a copy there is no other (vcpusim-cc has looked), threads switch in callbacks only,
 * and all of them share one host thread.
 */
static uintptr_t copy_dst;

void __vs_copy_to(void *dst)
{
	copy_dst = (uintptr_t)dst;
}

#define COPY_FROM(size)                                                                            \
	void __vs_copy_from##size(const void *src)                                                 \
	{                                                                                          \
		vs_access_range(copy_dst, (uintptr_t)src, size, VS_WRITE | VS_BULK, VS_CALLER);    \
	}

COPY_FROM(1)
COPY_FROM(2)
COPY_FROM(4)
COPY_FROM(8)
COPY_FROM(16)

void __vs_copy_from_range(const void *src, size_t bytes)
{
	vs_access_range(copy_dst, (uintptr_t)src, bytes, VS_WRITE | VS_BULK, VS_CALLER);
}

/* C++ only, and what a C module has no use for. */
void __tsan_vptr_read(void **vptr);
void __tsan_vptr_read(void **vptr)
{
	vs_access((uintptr_t)vptr, sizeof(*vptr), VS_READ, VS_CALLER);
}

void __tsan_vptr_update(void **vptr, void *value);
void __tsan_vptr_update(void **vptr, void *value)
{
	(void)value;
	vs_access((uintptr_t)vptr, sizeof(*vptr), VS_WRITE, VS_CALLER);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *pc);
void __tsan_func_entry(void *pc)
{
	(void)pc;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}
