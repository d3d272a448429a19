/*
 * linux/compiler.h - how code speaks to the compiler.
 *
 * READ_ONCE and WRITE_ONCE are volatile accesses: exactly one access of the object's size, which
 * an instrumented build announces as such.
 */
#ifndef VCPUSIM_LINUX_COMPILER_H
#define VCPUSIM_LINUX_COMPILER_H

#include <stddef.h>

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define barrier() __asm__ __volatile__("" ::: "memory")

#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, val)                                                                         \
	do {                                                                                       \
		*(volatile typeof(x) *)&(x) = (val);                                               \
	} while (0)

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Address spaces are sparse's business. */
#define __rcu
#define __percpu
#define __user

#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#define __maybe_unused __attribute__((unused))
#define __must_check __attribute__((warn_unused_result))
#ifndef noinline
#define noinline __attribute__((noinline))
#endif

#define SMP_CACHE_BYTES 64
#define ____cacheline_aligned __attribute__((aligned(SMP_CACHE_BYTES)))

/* A place in the calling function, for reports of who allocated what. */
#define _THIS_IP_                                                                                  \
	({                                                                                         \
		unsigned long __next;                                                              \
                                                                                                   \
		__asm__ volatile("leaq 0(%%rip), %0" : "=r"(__next));                              \
		__next;                                                                            \
	})

#endif
