/* linux/barrier.h of the native world: see linux/compiler.h beside it. */
#ifndef VS_NATIVE_LINUX_BARRIER_H
#define VS_NATIVE_LINUX_BARRIER_H

#include_next <linux/barrier.h>

#ifdef VS_TSAN

#undef smp_rmb
#undef smp_wmb
#undef smp_mb
#define smp_rmb() vs_tsan_read_fence()
#define smp_wmb() vs_tsan_write_fence()
#define smp_mb()                                                                                   \
	do {                                                                                       \
		vs_tsan_write_fence();                                                             \
		vs_tsan_read_fence();                                                              \
		__sync_synchronize();                                                              \
	} while (0)

/* A store to a byte of a word leaves alone what others have released by the rest of it; to the
 * sanitizer it would be the end of that. */
#undef smp_store_release
#define smp_store_release(p, v)                                                                    \
	do {                                                                                       \
		if (sizeof(*(p)) == 1)                                                             \
			(void)__atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL);                     \
		else                                                                               \
			__atomic_store_n((p), (v), __ATOMIC_RELEASE);                              \
	} while (0)

#endif
#endif
