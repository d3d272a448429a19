/*
 * sim/hw/tsan.h - the runtime that instrumented code is linked against.
 *
 * vcpusim-cc compiles with -fsanitize=thread; the compiler then calls __tsan_* before each access
 * (tsan_plain.c) and instead of each atomic (tsan_atomic.c). Calls of the C library that touch
 * memory are renamed to the __vs_* functions below (tsan_libc.c). All of them announce through
 * sim/hw/access.h and nothing else. What is seen and what is not: docs/instrumentation.md.
 *
 * The runtime keeps no state, but for the destination of a structure copy between the two calls
 * that announce it (tsan_plain.c says why that is safe).
 */
#ifndef VS_TSAN_H
#define VS_TSAN_H

#include "sim/hw/access.h"

/* The place in instrumented code that a callback was called from. */
#define VS_CALLER ((uintptr_t)__builtin_return_address(0))

/* A transaction never spans more than a page of either range. */
#define VS_PAGE_BYTES 4096

/*
 * As their C library namesakes. Each piece of at most a page is announced, then moved, so that
 * bytes are moved only while their lines are held.
 */
void *__vs_memcpy(void *dst, const void *src, size_t bytes);
void *__vs_memmove(void *dst, const void *src, size_t bytes);
void *__vs_memset(void *dst, int byte, size_t bytes);
/* Reads both a line's worth at a time and stops at the first difference. */
int __vs_memcmp(const void *a, const void *b, size_t bytes);

/*
 * Plain C programs' allocator, over vs_mem_alloc (class VS_MEM_LIBC). As in glibc, 16 bytes
 * before each block hold its size: realloc needs it, the simulation does not see it.
 */
void *__vs_malloc(size_t bytes);
void *__vs_calloc(size_t n, size_t bytes);
void *__vs_realloc(void *p, size_t bytes);
void __vs_free(void *p);

/*
 * gcc announces `*a = *b` as a write of a, then a read of b, and moves the bytes after both. By
 * then the line of a may be gone again. vcpusim-cc turns such a pair into these two
 * (sim/hw/tsan_copies.awk), which ask for both at once. Called by that rewritten code only.
 */
void __vs_copy_to(void *dst);
void __vs_copy_from1(const void *src);
void __vs_copy_from2(const void *src);
void __vs_copy_from4(const void *src);
void __vs_copy_from8(const void *src);
void __vs_copy_from16(const void *src);
void __vs_copy_from_range(const void *src, size_t bytes);

#endif
