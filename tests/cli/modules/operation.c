/* Operations with one thing wrong, which FAULT says. */
#include <errno.h>
#include <unistd.h>

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

static uint64_t *nowhere;
static uint64_t turn __attribute__((aligned(64)));
static uint64_t seen, all; /* issuers: a bit each */

static int run(uint32_t issuer)
{
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
