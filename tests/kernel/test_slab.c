/* The allocator with a host of two CPUs whose messages wait until the test delivers them. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "models/kernel/slab.h"
#include "sim/hw/memwatch.h"

#define ARENA_BYTES (UINT64_C(256) << 20)
#define MIB ((size_t)1 << 20)

/* -- a host, an arena
 * ------------------------------------------------------------------------------- */

static struct vs_scenario scenario;
static struct vs_slab *slab;
static unsigned char *arena;
static size_t arena_used;
static uint32_t here;
static vs_ps now;
static bool pricing;
static vs_ps charged[VS_CAUSES];
static size_t written; /* bytes announced as bulk writes */
static size_t pieces;
static struct {
	void (*fn)(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg);
	void *ctx;
	uint32_t cpu;
	uint64_t arg;
} message[16];
static size_t n_messages;

const struct vs_scenario *vs_host_scenario(const struct vs_host *h)
{
	(void)h;
	return &scenario;
}

uint32_t vs_host_here(struct vs_host *h, vs_ps *t)
{
	(void)h;
	*t = now;
	return here;
}

void vs_host_charge(struct vs_host *h, vs_ps ps, enum vs_cause cause)
{
	(void)h;
	if (!pricing)
		return;
	now += ps;
	charged[cause] += ps;
}

void vs_host_message(struct vs_host *h, uint32_t cpu,
		     void (*fn)(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg), void *ctx,
		     uint64_t arg)
{
	(void)h;
	message[n_messages].fn = fn;
	message[n_messages].ctx = ctx;
	message[n_messages].cpu = cpu;
	message[n_messages++].arg = arg;
}

static void deliver(void)
{
	for (size_t i = 0; i < n_messages; i++)
		message[i].fn(message[i].ctx, message[i].cpu, now, message[i].arg);
	n_messages = 0;
}

bool vs_hw_pricing(const struct vs_hw *hw)
{
	(void)hw;
	return pricing;
}

void *vs_hw_arena_grow(size_t bytes)
{
	void *p = arena + arena_used;

	if (bytes > ARENA_BYTES - arena_used)
		return NULL;
	arena_used += bytes;
	return p;
}

bool vs_hw_in_arena(const struct vs_hw *hw, uintptr_t addr)
{
	(void)hw;
	return addr - (uintptr_t)arena < ARENA_BYTES;
}

uint64_t vs_hw_arena_offset(const struct vs_hw *hw, uintptr_t addr)
{
	(void)hw;
	return addr - (uintptr_t)arena;
}

void vs_access_range(uintptr_t dst, uintptr_t src, size_t bytes, unsigned kind, uintptr_t pc)
{
	(void)pc;
	ck_assert_uint_eq(src, 0);
	ck_assert_uint_eq(kind, VS_WRITE | VS_BULK);
	ck_assert_uint_eq(dst / 4096, (dst + bytes - 1) / 4096); /* within a page */
	written += bytes;
	pieces++;
}

void vs_bug(const char *file, int line, const char *what)
{
	ck_abort_msg("%s:%d: %s", file, line, what);
	abort();
}

static void setup(void)
{
	memset(&scenario, 0, sizeof(scenario));
	scenario.machine.alloc_ps = 20000;
	scenario.machine.free_ps = 10000;
	arena = aligned_alloc(65536, ARENA_BYTES);
	arena_used = n_messages = 0;
	here = 0;
	now = 0;
	written = pieces = 0;
	memset(charged, 0, sizeof(charged));
	pricing = true;
	vs_mem_set_watch(NULL);
	slab = vs_slab_new(NULL, NULL, 2);
}

static void teardown(void)
{
	vs_slab_free(slab);
	free(arena);
}

static void *get(size_t bytes)
{
	return vs_mem_alloc(bytes, false, VS_MEM_TABLE, 0);
}

/* -- tests ----------------------------------------------------------------------------------------
 */

START_TEST(sizes_are_rounded_to_classes)
{
	const size_t asked[] = {1, 16, 17, 65, 97, 129, 193, 8192, 8193, 17408, 65536, 65537};
	const size_t given[] = {16,  16,   32,       96,       128,   192,
				256, 8192, 3 * 4096, 5 * 4096, 65536, 131072};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		ck_assert_uint_eq(vs_slab_object_bytes(asked[i]), given[i]);
}
END_TEST

START_TEST(objects_are_apart_and_aligned)
{
	unsigned char *a[100];
	const size_t bytes[] = {16, 64, 100, 192, 300, 5000, 17408, 70000};

	for (size_t s = 0; s < sizeof(bytes) / sizeof(bytes[0]); s++) {
		for (size_t i = 0; i < 20; i++) {
			a[i] = get(bytes[s]);
			ck_assert_ptr_nonnull(a[i]);
			ck_assert_uint_eq((uintptr_t)a[i] % (bytes[s] < 64 ? 16 : 64), 0);
			memset(a[i], (int)i, bytes[s]);
		}
		for (size_t i = 0; i < 20; i++)
			for (size_t b = 0; b < bytes[s]; b += bytes[s] - 1)
				ck_assert_uint_eq(a[i][b], i);
	}
}
END_TEST

/* 3 allocations of 20 ns and 1 free of 10. */
START_TEST(work_is_charged)
{
	void *p = get(64);

	get(64);
	get(40000);
	vs_mem_free(p, 0);
	ck_assert_uint_eq(charged[VS_CAUSE_ALLOC], 3 * 20000 + 10000);
}
END_TEST

/* 10,000 bytes from the start of a page: 4096 + 4096 + 1808. */
START_TEST(zeroing_is_announced_page_by_page)
{
	unsigned char *p = vs_mem_alloc(10000, true, VS_MEM_TABLE, 0);

	ck_assert_uint_eq(written, 10000);
	ck_assert_uint_eq(pieces, 3);
	for (size_t i = 0; i < 10000; i++)
		ck_assert_uint_eq(p[i], 0);
}
END_TEST

/* The budget is 64 MiB over 2 CPUs. Objects of 1 MiB: the first freed comes back when 32 more have
 * been freed after it. */
START_TEST(freed_memory_is_held_back)
{
	void *p[33], *again;

	for (int i = 0; i < 33; i++)
		p[i] = get(MIB);
	for (int i = 0; i < 32; i++)
		vs_mem_free(p[i], 0);
	again = get(MIB);
	for (int i = 0; i < 33; i++)
		ck_assert_ptr_ne(again, p[i]);
	vs_mem_free(p[32], 0);
	ck_assert_ptr_eq(get(MIB), p[0]);
}
END_TEST

START_TEST(freed_memory_keeps_its_bytes)
{
	unsigned char *p = get(64);

	memset(p, 7, 64);
	vs_mem_free(p, 0);
	ck_assert_uint_eq(p[0], 7);
	ck_assert_uint_eq(p[63], 7);
}
END_TEST

/* Freed on CPU 1: nothing changes for the owner until the message is there. */
START_TEST(remote_free_goes_home_by_message)
{
	void *p[33];

	for (int i = 0; i < 33; i++)
		p[i] = get(MIB);
	for (int i = 0; i < 32; i++)
		vs_mem_free(p[i], 0);
	here = 1;
	vs_mem_free(p[32], 0);
	ck_assert_uint_eq(n_messages, 1);
	ck_assert_uint_eq(message[0].cpu, 0);
	deliver();
	ck_assert_ptr_ne(get(MIB), p[0]); /* CPU 1 has lists of its own */
	here = 0;
	ck_assert_ptr_eq(get(MIB), p[0]);
}
END_TEST

START_TEST(boot_is_immediate)
{
	void *p = get(64);

	pricing = false;
	here = 1;
	vs_mem_free(p, 0);
	ck_assert_uint_eq(n_messages, 0);
}
END_TEST

/* Every third measured allocation of each CPU. */
START_TEST(failures_are_injected_per_cpu)
{
	scenario.enomem_every = 3;
	pricing = false;
	for (int i = 0; i < 5; i++)
		ck_assert_ptr_nonnull(get(64)); /* not measured */
	pricing = true;
	for (int i = 1; i <= 6; i++) {
		here = 0;
		ck_assert_int_eq(get(64) == NULL, i % 3 == 0);
		here = 1;
		ck_assert_int_eq(get(64) == NULL, i % 3 == 0);
	}
}
END_TEST

START_TEST(a_full_arena_gives_null)
{
	ck_assert_ptr_null(get(ARENA_BYTES + 1));
	ck_assert_ptr_null(get(SIZE_MAX));
	ck_assert_ptr_nonnull(get(ARENA_BYTES / 2));
	ck_assert_ptr_null(get(ARENA_BYTES / 2 + 1));
}
END_TEST

START_TEST(records_say_what_is_occupied)
{
	const struct vs_mem_record *r;
	void *p = get(65);

	here = 1;
	now = VS_PS_PER_US;
	vs_mem_free(p, 0);
	ck_assert_uint_eq(vs_mem_records(slab, 0, &r), 1);
	ck_assert_int_eq(r[0].bytes, 96);
	ck_assert_int_eq(r[0].class, VS_MEM_TABLE);
	ck_assert_uint_eq(r[0].time, 20000);
	ck_assert_uint_eq(vs_mem_records(slab, 1, &r), 1);
	ck_assert_int_eq(r[0].bytes, -96);
	ck_assert_uint_eq(r[0].time, VS_PS_PER_US + 10000);
}
END_TEST

static uint64_t told_grown, told_alloced, told_freed;

static void on_grown(void *ctx, uint32_t core, uintptr_t addr, size_t bytes, vs_ps t)
{
	(void)ctx, (void)core, (void)addr, (void)t;
	told_grown += bytes;
}

static void on_alloced(void *ctx, uint32_t core, uintptr_t addr, size_t bytes,
		       enum vs_mem_class class, uintptr_t site, vs_ps t)
{
	(void)ctx, (void)core, (void)addr, (void)class, (void)site, (void)t;
	ck_assert_uint_eq(written, 0); /* told before it is zeroed */
	told_alloced += bytes;
}

static void on_freed(void *ctx, uint32_t core, uintptr_t addr, uintptr_t site, vs_ps t)
{
	(void)ctx, (void)core, (void)addr, (void)site, (void)t;
	told_freed++;
}

/* Bad frees are told and change nothing: afterwards two allocations give two objects. */
START_TEST(watchers_hear_all_and_bad_frees_do_no_harm)
{
	struct vs_mem_watch w = {NULL, on_grown, on_alloced, on_freed};
	char *p;
	void *q[32];

	for (int i = 0; i < 32; i++)
		q[i] = get(MIB);
	vs_mem_set_watch(&w);
	told_grown = told_alloced = told_freed = 0;
	p = vs_mem_alloc(MIB, true, VS_MEM_TABLE, 0);
	ck_assert_uint_eq(told_grown, MIB);
	ck_assert_uint_eq(told_alloced, MIB);
	vs_mem_free(p, 0);
	vs_mem_free(p, 0);           /* twice */
	vs_mem_free(p + 16, 0);      /* not the start */
	vs_mem_free(&w, 0);          /* not the arena's */
	vs_mem_free(p + 8 * MIB, 0); /* never allocated */
	vs_mem_free(NULL, 0);
	ck_assert_uint_eq(told_freed, 5);
	vs_mem_set_watch(NULL);
	for (int i = 0; i < 32; i++) /* p is the oldest: now it comes back, once */
		vs_mem_free(q[i], 0);
	ck_assert_ptr_eq(get(MIB), p);
	ck_assert_ptr_ne(get(MIB), p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("slab");
	TCase *t = tcase_create("slab");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, sizes_are_rounded_to_classes);
	tcase_add_test(t, objects_are_apart_and_aligned);
	tcase_add_test(t, work_is_charged);
	tcase_add_test(t, zeroing_is_announced_page_by_page);
	tcase_add_test(t, freed_memory_is_held_back);
	tcase_add_test(t, freed_memory_keeps_its_bytes);
	tcase_add_test(t, remote_free_goes_home_by_message);
	tcase_add_test(t, boot_is_immediate);
	tcase_add_test(t, failures_are_injected_per_cpu);
	tcase_add_test(t, a_full_arena_gives_null);
	tcase_add_test(t, records_say_what_is_occupied);
	tcase_add_test(t, watchers_hear_all_and_bad_frees_do_no_harm);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
