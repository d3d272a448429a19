/*
 * What an announcement costs before the memory system has done anything: a loop of instrumented
 * loads, with vs_access doing next to nothing. Prints ns per access. Argument: million accesses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <vcpusim/port.h>

#include "sim/engine/engine.h"
#include "sim/hw/access.h"
#include "tests/instrument/forms.h"

struct vs_ctx *vs_ctx_now;
static uint64_t accesses;

__attribute__((noinline)) void vs_access(uintptr_t addr, size_t size, unsigned kind, uintptr_t pc)
{
	(void)addr;
	(void)size;
	(void)kind;
	(void)pc;
	accesses++;
}

void vs_access_range(uintptr_t dst, uintptr_t src, size_t bytes, unsigned kind, uintptr_t pc)
{
	(void)dst;
	(void)src;
	(void)bytes;
	(void)kind;
	(void)pc;
	accesses++;
}

void vs_access_fence(int memory_order, uintptr_t pc)
{
	(void)memory_order;
	(void)pc;
}

void *vs_mem_alloc(size_t bytes, bool zero, enum vs_mem_class class, uintptr_t site)
{
	(void)bytes;
	(void)zero;
	(void)class;
	(void)site;
	return NULL;
}

void vs_mem_free(void *p, uintptr_t site)
{
	(void)p;
	(void)site;
}

void vs_ctx_stack(const struct vs_ctx *x, uintptr_t *lo, uintptr_t *hi)
{
	(void)x;
	*lo = 0;
	*hi = UINTPTR_MAX;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	static u64 words[1000];
	u64 rounds = argc > 1 ? strtoull(argv[1], NULL, 10) * 1000 : 1000, sum = 0;
	struct four a = {0}, b = {1, 2, 3, 4};
	double start = now_ns(), loads, atomics, copies;

	for (u64 i = 0; i < rounds; i++)
		sum += sum_loop(words, 1000);
	loads = now_ns();
	for (u64 i = 0; i < rounds; i++)
		for (int k = 0; k < 1000; k++)
			sum += fetch_add_u64(words, 1);
	atomics = now_ns();
	for (u64 i = 0; i < rounds; i++)
		for (int k = 0; k < 1000; k++)
			copy_chain(&a, &b, &a);
	copies = now_ns();
	if (accesses != rounds * 4000 || sum == 0)
		return 1;
	printf("load %.2f ns, atomic add %.2f ns, two 16-byte copies %.2f ns\n",
	       (loads - start) / (double)(rounds * 1000),
	       (atomics - loads) / (double)(rounds * 1000),
	       (copies - atomics) / (double)(rounds * 1000));
	return 0;
}
