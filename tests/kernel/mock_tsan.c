/*
 * The callbacks of code built by vcpusim-cc, as far as tables, call sites and models/kernel make
 * them: every access is a point where another thread may run.
 */
#include <string.h>

#include "mock.h"

#define PLAIN(name, size)                                                                          \
	void name(void *p);                                                                        \
	void name(void *p)                                                                         \
	{                                                                                          \
		mock_access((uintptr_t)p, size);                                                   \
	}

PLAIN(__tsan_read1, 1)
PLAIN(__tsan_read2, 2)
PLAIN(__tsan_read4, 4)
PLAIN(__tsan_read8, 8)
PLAIN(__tsan_read16, 16)
PLAIN(__tsan_write1, 1)
PLAIN(__tsan_write2, 2)
PLAIN(__tsan_write4, 4)
PLAIN(__tsan_write8, 8)
PLAIN(__tsan_write16, 16)
PLAIN(__tsan_unaligned_read2, 2)
PLAIN(__tsan_unaligned_read4, 4)
PLAIN(__tsan_unaligned_read8, 8)
PLAIN(__tsan_unaligned_read16, 16)
PLAIN(__tsan_unaligned_write2, 2)
PLAIN(__tsan_unaligned_write4, 4)
PLAIN(__tsan_unaligned_write8, 8)
PLAIN(__tsan_unaligned_write16, 16)
PLAIN(__tsan_volatile_read1, 1)
PLAIN(__tsan_volatile_write1, 1)
PLAIN(__tsan_volatile_read4, 4)
PLAIN(__tsan_volatile_read8, 8)
PLAIN(__tsan_volatile_write4, 4)
PLAIN(__tsan_volatile_write8, 8)

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_read_range(void *p, size_t size);
void __tsan_read_range(void *p, size_t size)
{
	mock_access((uintptr_t)p, size);
}

void __tsan_write_range(void *p, size_t size);
void __tsan_write_range(void *p, size_t size)
{
	mock_access((uintptr_t)p, size);
}

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	(void)order;
	mock_point();
}

/* The operation follows the access at once: nobody runs in between. */
#define ATOMIC(bits)                                                                               \
	typedef uint##bits##_t u##bits;                                                            \
	u##bits __tsan_atomic##bits##_load(const u##bits *p, int o);                               \
	u##bits __tsan_atomic##bits##_load(const u##bits *p, int o)                                \
	{                                                                                          \
		(void)o;                                                                           \
		mock_access((uintptr_t)p, bits / 8);                                               \
		return *p;                                                                         \
	}                                                                                          \
	void __tsan_atomic##bits##_store(u##bits *p, u##bits v, int o);                            \
	void __tsan_atomic##bits##_store(u##bits *p, u##bits v, int o)                             \
	{                                                                                          \
		(void)o;                                                                           \
		mock_access((uintptr_t)p, bits / 8);                                               \
		*p = v;                                                                            \
	}                                                                                          \
	int __tsan_atomic##bits##_compare_exchange_strong(u##bits *p, u##bits *old, u##bits v,     \
							  int o, int f);                           \
	int __tsan_atomic##bits##_compare_exchange_strong(u##bits *p, u##bits *old, u##bits v,     \
							  int o, int f)                            \
	{                                                                                          \
		(void)o;                                                                           \
		(void)f;                                                                           \
		mock_access((uintptr_t)p, bits / 8);                                               \
		if (*p == *old) {                                                                  \
			*p = v;                                                                    \
			return 1;                                                                  \
		}                                                                                  \
		*old = *p;                                                                         \
		return 0;                                                                          \
	}                                                                                          \
	u##bits __tsan_atomic##bits##_compare_exchange_val(u##bits *p, u##bits old, u##bits v,     \
							   int o, int f);                          \
	u##bits __tsan_atomic##bits##_compare_exchange_val(u##bits *p, u##bits old, u##bits v,     \
							   int o, int f)                           \
	{                                                                                          \
		u##bits found;                                                                     \
                                                                                                   \
		(void)o;                                                                           \
		(void)f;                                                                           \
		mock_access((uintptr_t)p, bits / 8);                                               \
		found = *p;                                                                        \
		if (found == old)                                                                  \
			*p = v;                                                                    \
		return found;                                                                      \
	}

#define FETCH(bits, name, op)                                                                      \
	u##bits __tsan_atomic##bits##_##name(u##bits *p, u##bits v, int o);                        \
	u##bits __tsan_atomic##bits##_##name(u##bits *p, u##bits v, int o)                         \
	{                                                                                          \
		u##bits old;                                                                       \
                                                                                                   \
		(void)o;                                                                           \
		mock_access((uintptr_t)p, bits / 8);                                               \
		old = *p;                                                                          \
		*p = op;                                                                           \
		return old;                                                                        \
	}

ATOMIC(8)
ATOMIC(32)
ATOMIC(64)
FETCH(32, fetch_add, old + v)
FETCH(32, fetch_sub, old - v)
FETCH(32, fetch_or, old | v)
FETCH(32, exchange, v)
FETCH(64, fetch_add, old + v)
FETCH(64, fetch_sub, old - v)
FETCH(64, fetch_or, old | v)
FETCH(64, fetch_and, old &v)
FETCH(64, exchange, v)

void *__vs_memcpy(void *dst, const void *src, size_t n);
void *__vs_memcpy(void *dst, const void *src, size_t n)
{
	mock_access((uintptr_t)src, n);
	mock_access((uintptr_t)dst, n);
	return memcpy(dst, src, n);
}

void *__vs_memset(void *dst, int byte, size_t n);
void *__vs_memset(void *dst, int byte, size_t n)
{
	mock_access((uintptr_t)dst, n);
	return memset(dst, byte, n);
}
