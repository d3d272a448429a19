/*
 * A spinning reader-writer lock: "rwlock:read" and "rwlock:write" on two words that writers keep
 * equal. A writer that waits keeps new readers out, or it would wait for ever.
 *
 *	state   readers inside * 2 + 1 if there is a writer, who waits for them or is inside
 *
 * -DBROKEN has the writer not wait.
 */
#include <vcpusim/module.h>

#define WRITER 1u
#define READER 2u

static struct {
	volatile unsigned state;
} lock __attribute__((aligned(64)));

static struct {
	volatile uint64_t a;
	volatile uint64_t b __attribute__((aligned(64)));
} data __attribute__((aligned(64)));

static void read_lock(void)
{
	unsigned seen = lock.state;

	while (seen & WRITER || !__sync_bool_compare_and_swap(&lock.state, seen, seen + READER)) {
		__builtin_ia32_pause();
		seen = lock.state;
	}
}

static void read_unlock(void)
{
	__sync_fetch_and_sub(&lock.state, READER);
}

static void write_lock(void)
{
	while (__sync_fetch_and_or(&lock.state, WRITER) & WRITER)
		while (lock.state & WRITER)
			__builtin_ia32_pause();
#ifndef BROKEN
	while (lock.state != WRITER)
		__builtin_ia32_pause();
#endif
}

static void write_unlock(void)
{
	__sync_fetch_and_and(&lock.state, ~WRITER);
}

static int read(uint32_t issuer)
{
	uint64_t a, b;

	(void)issuer;
	read_lock();
	b = data.b; /* the other way round than a writer, who would else be behind all the time */
	a = data.a;
	read_unlock();
	vs_expect("b as a reader sees it beside a", b, a);
	return 0;
}

static int write(uint32_t issuer)
{
	(void)issuer;
	write_lock();
	data.a = data.a + 1;
	data.b = data.b + 1;
	write_unlock();
	return 0;
}

static void check_write(uint64_t done)
{
	vs_expect("writes that the lock has kept apart", data.a, done);
}

static const struct vs_operation operations[] = {
	{"read", "read two words under a reader-writer lock", read, NULL},
	{"write", "change both", write, check_write},
};

const struct vs_module vs_module = {
	.abi = VS_MODULE_ABI, .name = "rwlock", .operations = operations, .n_operations = 2};
