/*
 * linux/atomic.h - atomic counters, exchange and compare-and-exchange.
 *
 * Reads and plain sets are single accesses and order nothing; every read-modify-write is a full
 * barrier, as a locked instruction is.
 */
#ifndef VCPUSIM_LINUX_ATOMIC_H
#define VCPUSIM_LINUX_ATOMIC_H

#include <linux/barrier.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define ATOMIC_INIT(i)                                                                             \
	{                                                                                          \
		(i)                                                                                \
	}
#define ATOMIC64_INIT(i) ATOMIC_INIT(i)
#define ATOMIC_LONG_INIT(i) ATOMIC_INIT(i)

/* Returns the old value. */
#define xchg(ptr, v) __atomic_exchange_n((ptr), (v), __ATOMIC_SEQ_CST)

/* Returns the value found: equal to `old` if the exchange was made. */
#define cmpxchg(ptr, old, new)                                                                     \
	({                                                                                         \
		typeof(*(ptr)) __found = (old);                                                    \
		__atomic_compare_exchange_n((ptr), &__found, (new), false, __ATOMIC_SEQ_CST,       \
					    __ATOMIC_SEQ_CST);                                     \
		__found;                                                                           \
	})

#define __VS_ATOMIC_OPS(name, type, value)                                                         \
	static inline value name##_read(const type *v)                                             \
	{                                                                                          \
		return READ_ONCE(v->counter);                                                      \
	}                                                                                          \
	static inline void name##_set(type *v, value i)                                            \
	{                                                                                          \
		WRITE_ONCE(v->counter, i);                                                         \
	}                                                                                          \
	static inline value name##_add_return(value i, type *v)                                    \
	{                                                                                          \
		return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                       \
	}                                                                                          \
	static inline value name##_sub_return(value i, type *v)                                    \
	{                                                                                          \
		return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);                       \
	}                                                                                          \
	static inline value name##_inc_return(type *v)                                             \
	{                                                                                          \
		return name##_add_return(1, v);                                                    \
	}                                                                                          \
	static inline value name##_dec_return(type *v)                                             \
	{                                                                                          \
		return name##_sub_return(1, v);                                                    \
	}                                                                                          \
	static inline value name##_fetch_add(value i, type *v)                                     \
	{                                                                                          \
		return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);                       \
	}                                                                                          \
	static inline void name##_add(value i, type *v)                                            \
	{                                                                                          \
		(void)name##_add_return(i, v);                                                     \
	}                                                                                          \
	static inline void name##_sub(value i, type *v)                                            \
	{                                                                                          \
		(void)name##_sub_return(i, v);                                                     \
	}                                                                                          \
	static inline void name##_inc(type *v)                                                     \
	{                                                                                          \
		(void)name##_add_return(1, v);                                                     \
	}                                                                                          \
	static inline void name##_dec(type *v)                                                     \
	{                                                                                          \
		(void)name##_sub_return(1, v);                                                     \
	}                                                                                          \
	static inline bool name##_dec_and_test(type *v)                                            \
	{                                                                                          \
		return name##_sub_return(1, v) == 0;                                               \
	}                                                                                          \
	static inline value name##_xchg(type *v, value i)                                          \
	{                                                                                          \
		return xchg(&v->counter, i);                                                       \
	}                                                                                          \
	static inline value name##_cmpxchg(type *v, value old, value new)                          \
	{                                                                                          \
		return cmpxchg(&v->counter, old, new);                                             \
	}

__VS_ATOMIC_OPS(atomic, atomic_t, int)
__VS_ATOMIC_OPS(atomic64, atomic64_t, s64)
/* atomic_long_t is atomic64_t under another name: all supported hosts are LP64. */
__VS_ATOMIC_OPS(atomic_long, atomic_long_t, s64)
#undef __VS_ATOMIC_OPS

#endif
