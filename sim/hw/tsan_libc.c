/*
 * sim/hw/tsan_libc.c - calls of the C library by instrumented code that touch memory.
 *
 * vcpusim-cc renames memcpy to __vs_memcpy and so on in the objects it builds. Long operations are
 * announced and done piece by piece: what is granted first may be taken away again while a later
 * piece is waited for.
 */
#include <string.h>

#include <vcpusim/port.h>

#include "sim/hw/tsan.h"

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How far one can go from addr upwards, or from its end downwards, within one page. */
static size_t page_above(uintptr_t addr)
{
	return VS_PAGE_BYTES - addr % VS_PAGE_BYTES;
}

static size_t page_below(uintptr_t end)
{
	return (end - 1) % VS_PAGE_BYTES + 1;
}

static void copy_up(char *dst, const char *src, size_t bytes, uintptr_t pc)
{
	while (bytes) {
		uintptr_t d = (uintptr_t)dst, s = (uintptr_t)src;
		size_t n = smaller(bytes, smaller(page_above(d), page_above(s)));

		vs_access_range(d, s, n, VS_WRITE | VS_BULK, pc);
		memmove(dst, src, n);
		dst += n;
		src += n;
		bytes -= n;
	}
}

static void copy_down(char *dst, const char *src, size_t bytes, uintptr_t pc)
{
	while (bytes) {
		uintptr_t d = (uintptr_t)dst + bytes, s = (uintptr_t)src + bytes;
		size_t n = smaller(bytes, smaller(page_below(d), page_below(s)));

		vs_access_range(d - n, s - n, n, VS_WRITE | VS_BULK, pc);
		bytes -= n;
		memmove(dst + bytes, src + bytes, n);
	}
}

static void fill(char *dst, int byte, size_t bytes, uintptr_t pc)
{
	while (bytes) {
		size_t n = smaller(bytes, page_above((uintptr_t)dst));

		vs_access_range((uintptr_t)dst, 0, n, VS_WRITE | VS_BULK, pc);
		memset(dst, byte, n);
		dst += n;
		bytes -= n;
	}
}

void *__vs_memcpy(void *dst, const void *src, size_t bytes)
{
	copy_up(dst, src, bytes, VS_CALLER);
	return dst;
}

void *__vs_memmove(void *dst, const void *src, size_t bytes)
{
	if ((uintptr_t)dst - (uintptr_t)src < bytes)
		copy_down(dst, src, bytes, VS_CALLER);
	else
		copy_up(dst, src, bytes, VS_CALLER);
	return dst;
}

void *__vs_memset(void *dst, int byte, size_t bytes)
{
	fill(dst, byte, bytes, VS_CALLER);
	return dst;
}

int __vs_memcmp(const void *a, const void *b, size_t bytes)
{
	const char *pa = a, *pb = b;
	char copy[64]; /* of a, taken while it was held */

	while (bytes) {
		size_t n = smaller(bytes, sizeof(copy));
		int diff;

		vs_access_range(0, (uintptr_t)pa, n, VS_READ | VS_BULK, VS_CALLER);
		memcpy(copy, pa, n);
		vs_access_range(0, (uintptr_t)pb, n, VS_READ | VS_BULK, VS_CALLER);
		diff = memcmp(copy, pb, n);
		if (diff)
			return diff;
		pa += n;
		pb += n;
		bytes -= n;
	}
	return 0;
}

static void *allocate(size_t bytes, bool zero, uintptr_t pc)
{
	char *block;

	if (bytes > SIZE_MAX - VS_LIBC_HEADER_BYTES)
		return NULL;
	block = vs_mem_alloc(bytes + VS_LIBC_HEADER_BYTES, zero, VS_MEM_LIBC, pc);
	if (!block)
		return NULL;
	memcpy(block, &bytes, sizeof(bytes));
	return block + VS_LIBC_HEADER_BYTES;
}

static void release(void *p, uintptr_t pc)
{
	vs_mem_free(p ? (char *)p - VS_LIBC_HEADER_BYTES : NULL, pc);
}

void *__vs_malloc(size_t bytes)
{
	return allocate(bytes, false, VS_CALLER);
}

void *__vs_calloc(size_t n, size_t bytes)
{
	size_t total;

	if (__builtin_mul_overflow(n, bytes, &total))
		return NULL;
	return allocate(total, true, VS_CALLER);
}

void *__vs_realloc(void *p, size_t bytes)
{
	size_t old_bytes;
	void *q = allocate(bytes, false, VS_CALLER);

	if (!p || !q)
		return q;
	memcpy(&old_bytes, (char *)p - VS_LIBC_HEADER_BYTES, sizeof(old_bytes));
	copy_up(q, p, smaller(bytes, old_bytes), VS_CALLER);
	release(p, VS_CALLER);
	return q;
}

void __vs_free(void *p)
{
	release(p, VS_CALLER);
}

/* What compilers make of a memcmp that is only compared with zero. */
int __vs_bcmp(const void *a, const void *b, size_t bytes) __attribute__((alias("__vs_memcmp")));

/* clang 15 and later name them so. */
void *__tsan_memcpy(void *dst, const void *src, size_t bytes) __attribute__((alias("__vs_memcpy")));
void *__tsan_memmove(void *dst, const void *src, size_t bytes)
	__attribute__((alias("__vs_memmove")));
void *__tsan_memset(void *dst, int byte, size_t bytes) __attribute__((alias("__vs_memset")));
