/* See tsan.h. Empty but under ThreadSanitizer. */
#include "models/native/tsan.h"

#ifdef VS_TSAN

#define LOADED 64

static __thread struct {
	const volatile void *loaded[LOADED]; /* since the last read fence */
	unsigned int n;
	bool may_release;
} fence;

static void acquire(const volatile void *word)
{
	__tsan_acquire((void *)(unsigned long)word);
}

void vs_tsan_loaded(const volatile void *word)
{
	if (fence.n == LOADED)
		vs_tsan_read_fence(); /* forgetting them would raise false alarms */
	fence.loaded[fence.n++] = word;
}

void vs_tsan_read_fence(void)
{
	while (fence.n)
		acquire(fence.loaded[--fence.n]);
}

void vs_tsan_write_fence(void)
{
	fence.may_release = true;
}

bool vs_tsan_may_release(void)
{
	bool may = fence.may_release;

	fence.may_release = false;
	return may;
}

#else
typedef int vs_nothing; /* ISO C wants something in a file */
#endif
