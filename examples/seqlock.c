/*
 * A sequence lock: "seqlock:read" writes nothing, and looks again if "seqlock:write" was at it.
 *
 *	sequence odd: a writer is inside
 *
 * -DBROKEN has readers look once and believe it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <vcpusim/module.h>

static struct {
	_Alignas(64) atomic_uint sequence;
	_Alignas(64) _Atomic uint64_t a; /* equal to b whenever no writer is inside */
	_Alignas(64) _Atomic uint64_t b;
} data;

static uint64_t *retries; /* of each issuer, a line apart */

static int init(uint32_t issuers)
{
	retries = calloc(issuers, 64);
	return retries ? 0 : -ENOMEM;
}

static unsigned read_begin(void)
{
	unsigned seen;

	while ((seen = atomic_load_explicit(&data.sequence, memory_order_acquire)) & 1)
		__builtin_ia32_pause();
	return seen;
}

static bool read_retry(unsigned seen)
{
#ifdef BROKEN
	(void)seen;
	return false;
#else
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&data.sequence, memory_order_relaxed) != seen;
#endif
}

static int read(uint32_t issuer)
{
	unsigned seen = read_begin();
	uint64_t a, b;

	for (;;) {
		/* the other way round than a writer, who would else be behind all the time */
		b = atomic_load_explicit(&data.b, memory_order_relaxed);
		a = atomic_load_explicit(&data.a, memory_order_relaxed);
		if (!read_retry(seen))
			break;
		retries[issuer * 8]++;
		seen = read_begin();
	}
	vs_expect("b as a reader sees it beside a", b, a);
	return 0;
}

static unsigned write_begin(void)
{
	unsigned seen = read_begin();

	while (!atomic_compare_exchange_strong(&data.sequence, &seen, seen + 1))
		seen = read_begin();
	return seen;
}

static int write(uint32_t issuer)
{
	unsigned seen = write_begin();
	uint64_t a = atomic_load_explicit(&data.a, memory_order_relaxed);

	(void)issuer;
	atomic_store_explicit(&data.a, a + 1, memory_order_release);
	atomic_store_explicit(&data.b, a + 1, memory_order_release);
	atomic_store_explicit(&data.sequence, seen + 2, memory_order_release);
	return 0;
}

static void check_write(uint64_t done)
{
	vs_expect("writes that the sequence lock has kept apart", atomic_load(&data.b), done);
}

static const struct vs_operation operations[] = {
	{"read", "read two words under a sequence lock", read, NULL},
	{"write", "change both", write, check_write},
};

const struct vs_module vs_module = {.abi = VS_MODULE_ABI,
				    .name = "seqlock",
				    .operations = operations,
				    .n_operations = 2,
				    .init = init};
