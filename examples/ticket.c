/*
 * A ticket lock, first come, first served: "ticket:lock" takes it, counts, and lets go.
 *
 *	next = 7, serving = 4:   4 is in, 5 and 6 wait, who comes now draws 7
 *
 * -DBROKEN draws tickets without an atomic operation, so that two may get the same.
 */
#include <vcpusim/module.h>

static struct {
	uint32_t next, serving;
} lock __attribute__((aligned(64)));

static struct {
	uint64_t inside;
	uint64_t count __attribute__((aligned(64))); /* so that being inside takes a while */
} data __attribute__((aligned(64)));

static uint32_t ticket_lock(void)
{
#ifdef BROKEN
	uint32_t mine = __atomic_load_n(&lock.next, __ATOMIC_RELAXED);

	__atomic_store_n(&lock.next, mine + 1, __ATOMIC_RELAXED);
#else
	uint32_t mine = __atomic_fetch_add(&lock.next, 1, __ATOMIC_RELAXED);
#endif

	while (__atomic_load_n(&lock.serving, __ATOMIC_ACQUIRE) != mine)
		__builtin_ia32_pause();
	return mine;
}

static void ticket_unlock(uint32_t mine)
{
	__atomic_store_n(&lock.serving, mine + 1, __ATOMIC_RELEASE);
}

static int run(uint32_t issuer)
{
	uint32_t mine = ticket_lock();

	(void)issuer;
	vs_expect("others who hold the ticket lock",
		  __atomic_fetch_add(&data.inside, 1, __ATOMIC_RELAXED), 0);
	data.count++;
	__atomic_fetch_sub(&data.inside, 1, __ATOMIC_RELAXED);
	ticket_unlock(mine);
	return 0;
}

static void check(uint64_t done)
{
	vs_expect("the count under the ticket lock", data.count, done);
}

static const struct vs_operation operation = {"lock", "take a ticket lock, count, let go", run,
					      check};

const struct vs_module vs_module = {
	.abi = VS_MODULE_ABI, .name = "ticket", .operations = &operation, .n_operations = 1};
