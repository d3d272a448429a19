/*
 * linux/barrier.h - memory barriers, as on x86: only the full one costs something.
 *
 * The read and write barriers are acquire and release fences, which order the compiler and, on a
 * machine with total store order, need no instruction. Every atomic read-modify-write of
 * linux/atomic.h and linux/bitops.h is a full barrier by itself.
 */
#ifndef VCPUSIM_LINUX_BARRIER_H
#define VCPUSIM_LINUX_BARRIER_H

#include <linux/compiler.h>

#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#define smp_mb__before_atomic() barrier()
#define smp_mb__after_atomic() barrier()

#define smp_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define smp_store_mb(var, value)                                                                   \
	do {                                                                                       \
		WRITE_ONCE(var, value);                                                            \
		smp_mb();                                                                          \
	} while (0)

#endif
