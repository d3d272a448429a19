/*
 * A counter for many threads, as it stands in any C program: nothing here knows of vcpusim.
 * counter-module.c tells vcpusim what to run.
 */
#include "counter.h"

#include <stdatomic.h>

static _Alignas(64) atomic_ullong by_add;
static _Alignas(64) atomic_ullong by_cas;
static _Alignas(64) volatile unsigned long long by_hope;

void counter_add(void)
{
	atomic_fetch_add(&by_add, 1);
}

void counter_cas(void)
{
	unsigned long long seen = atomic_load(&by_cas);

	while (!atomic_compare_exchange_weak(&by_cas, &seen, seen + 1))
		;
}

/* Not atomic: what others add between its load and its store is lost. */
void counter_hope(void)
{
	by_hope = by_hope + 1;
}

unsigned long long counter_added(void)
{
	return atomic_load(&by_add);
}

unsigned long long counter_swapped(void)
{
	return atomic_load(&by_cas);
}

unsigned long long counter_hoped(void)
{
	return by_hope;
}
