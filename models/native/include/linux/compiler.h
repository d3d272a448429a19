/*
 * linux/compiler.h of the native world: as everywhere, but ThreadSanitizer must be told that
 * READ_ONCE and WRITE_ONCE are atomic, and what the fences around them order. It knows no fences.
 */
#ifndef VS_NATIVE_LINUX_COMPILER_H
#define VS_NATIVE_LINUX_COMPILER_H

#include_next <linux/compiler.h>

#include "models/native/tsan.h"

#ifdef VS_TSAN

#define VS_IS_POINTER(x) (__builtin_classify_type(x) == 5)

/* What is reached through a pointer is ordered by the dependency: an acquire is as near as it gets.
 * A number orders nothing before the next read barrier. */
#undef READ_ONCE
#define READ_ONCE(x)                                                                               \
	({                                                                                         \
		__auto_type __read = __atomic_load_n(&(x), VS_IS_POINTER(x) ? __ATOMIC_ACQUIRE     \
									    : __ATOMIC_RELAXED);   \
		if (!VS_IS_POINTER(x))                                                             \
			vs_tsan_loaded(&(x));                                                      \
		__read;                                                                            \
	})

#undef WRITE_ONCE
#define WRITE_ONCE(x, val)                                                                         \
	do {                                                                                       \
		if (vs_tsan_may_release())                                                         \
			__atomic_store_n(&(x), (val), __ATOMIC_RELEASE);                           \
		else                                                                               \
			__atomic_store_n(&(x), (val), __ATOMIC_RELAXED);                           \
	} while (0)

#endif
#endif
