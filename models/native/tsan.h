/*
 * models/native/tsan.h - what ThreadSanitizer is told beside what it sees.
 *
 * It follows atomic operations, not fences. So a thread notes the words that it loaded without
 * order; at a read fence it is as if it had acquired each of them. After a write fence, its next
 * WRITE_ONCE is a release. A table that leaves out one of both is reported as a race.
 */
#ifndef VS_NATIVE_TSAN_H
#define VS_NATIVE_TSAN_H

#include <stdbool.h>

#if defined(__SANITIZE_THREAD__)
#define VS_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VS_TSAN
#endif
#endif

#ifdef VS_TSAN

void __tsan_acquire(void *addr);
void __tsan_release(void *addr);

void vs_tsan_loaded(const volatile void *word);
void vs_tsan_read_fence(void);
void vs_tsan_write_fence(void);
bool vs_tsan_may_release(void); /* once after each write fence */

#define VS_TSAN_ACQUIRE(addr) __tsan_acquire(addr)
#define VS_TSAN_RELEASE(addr) __tsan_release(addr)

#else

#define VS_TSAN_ACQUIRE(addr) ((void)(addr))
#define VS_TSAN_RELEASE(addr) ((void)(addr))

#endif
#endif
