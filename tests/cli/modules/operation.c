/* Operations with one thing wrong, which FAULT says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/delay.h>
#include <linux/sched.h>

#include <vcpusim/module.h>

#define NONE 0
#define CRASHES 1
#define FAILS 2
#define INIT_FAILS 3
#define INIT_CRASHES 4
#define CHECK_CRASHES 5
#define LOAD_CRASHES 6
#define LOAD_HANGS 7
#define NO_RUN 8
#define NO_NAME 9
#define WRONG_COUNT 10
#define MISCOUNTS 11
#define ASLEEP 12
#define AWAKE 13
#define BIG 14
#define OVERRUNS 15
#define ABORTS 16
#define EXITS 17

static uint64_t *nowhere;
static uint64_t turn __attribute__((aligned(64)));
static uint64_t seen, all; /* issuers: a bit each */

static int *local; /* somebody's */

/* Who comes first lends the others an int of its stack, and sleeps or spins meanwhile. */
static int share(void)
{
	int mine = 1, *theirs = NULL;

	if (__atomic_compare_exchange_n(&local, &theirs, &mine, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST)) {
		if (FAULT == ASLEEP)
			usleep_range(2000, 2000);
		while (!__atomic_load_n(&turn, __ATOMIC_ACQUIRE))
			cpu_relax();
		return mine;
	}
	udelay(100);
	return *theirs;
}

static noinline int use_much_stack(void)
{
	char big[200 * 1024];

	memset(big, 1, 64);
	return big[63] - 1;
}

static volatile size_t behind = 64;

static int overrun(void)
{
	char *p = malloc(64);

	p[behind] = 1;
	free(p);
	return 0;
}

static int run(uint32_t issuer)
{
	if (FAULT == ASLEEP || FAULT == AWAKE)
		return share();
	if (FAULT == BIG)
		return use_much_stack();
	if (FAULT == OVERRUNS)
		return overrun();
	if (FAULT == ABORTS)
		abort();
	if (FAULT == EXITS)
		exit(5);
	__atomic_fetch_or(&seen, UINT64_C(1) << issuer, __ATOMIC_RELAXED);
	if (FAULT == CRASHES)
		*nowhere = 1;
	return FAULT == FAILS && __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % 4 == 0;
}

static void check(uint64_t done)
{
	if (FAULT == CHECK_CRASHES)
		*nowhere = 1;
	vs_expect("operations that succeeded", done, FAULT == MISCOUNTS ? 1 : done);
	vs_expect("issuers", seen, all);
	if (FAULT == FAILS)
		vs_expect("three of four", done * 4, turn * 3);
}

static int init(uint32_t issuers)
{
	all = (UINT64_C(1) << issuers) - 1;
	if (FAULT == INIT_CRASHES)
		*nowhere = 1;
	return FAULT == INIT_FAILS ? -ENOMEM : 0;
}

__attribute__((constructor)) static void loaded(void)
{
	if (FAULT == LOAD_CRASHES)
		*nowhere = 1;
	if (FAULT == LOAD_HANGS)
		pause();
}

static const struct vs_operation operation = {.name = FAULT == NO_NAME ? "" : "run",
					      .summary = "has one thing wrong",
					      .run = FAULT == NO_RUN ? NULL : run,
					      .check = check};

const struct vs_module vs_module = {.abi = VS_MODULE_ABI,
				    .name = "fault",
				    .operations = FAULT == WRONG_COUNT ? NULL : &operation,
				    .n_operations = 1,
				    .init = init};
