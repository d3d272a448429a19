/*
 * sim/check/memory: each violation, and beside each the nearest thing that is none. W is 1,000 ps:
 * what CPU 0 does at 5,000 is known to it at 5,000 and to CPU 1 from 6,000 on.
 */
#include "mock.h"

#include <stdlib.h>
#include <string.h>

#define A (arena + 4096)

/* An object of CPU 0 that all know of: allocated at 1,000, tests begin at 5,000. */
static void object(uintptr_t addr, size_t bytes)
{
	mock_alloc(0, 1000, addr, bytes, VS_MEM_TABLE);
}

static void set_up(void)
{
	mock_set_up();
	mock_grow(0, 0, arena, 2 * CHUNK);
}

START_TEST(live_objects_may_be_used)
{
	object(A, 100);
	mock_access(0, 1000, A, 8, VS_WRITE);
	mock_access(0, 5000, A + 92, 8, VS_WRITE);
	mock_access(3, 5000, A, 100, VS_READ);
	mock_expect_none();
}
END_TEST

START_TEST(used_by_who_freed_it)
{
	object(A, 64);
	mock_free(0, 5000, A);
	ck_assert(mock_access(0, 5000, A + 8, 8, VS_READ));
	ck_assert_ptr_nonnull(
		strstr(mock_expect_one(VS_CHECK_USE_AFTER_FREE)->text,
		       "read of 8 bytes at offset 8 of a freed object of 64 bytes; allocated by ? "
		       "on CPU 0 at 0.001000 us; freed by ? on CPU 0 at 0.005000 us; used by ? on "
		       "CPU 0 at 0.005000 us"));
}
END_TEST

/* s + W == t + 1: CPU 1 cannot know yet */
START_TEST(used_elsewhere_a_picosecond_early)
{
	object(A, 64);
	mock_free(0, 5000, A);
	ck_assert(mock_access(1, 5999, A, 8, VS_READ));
	mock_expect_none();
}
END_TEST

/* s + W == t */
START_TEST(used_elsewhere_a_window_later)
{
	const struct vs_verdict *v;

	object(A, 64);
	mock_free(0, 5000, A);
	ck_assert(mock_access(1, 6000, A, 8, VS_WRITE));
	v = mock_expect_one(VS_CHECK_USE_AFTER_FREE);
	ck_assert_uint_eq(v->time, 6000);
	ck_assert_uint_eq(v->cpu, 1);
	ck_assert_ptr_nonnull(strstr(v->text, "write of 8"));
}
END_TEST

/* Two objects share a line: the freed one's bytes only. */
START_TEST(a_shared_line_is_judged_by_bytes)
{
	object(A, 32);
	object(A + 32, 32);
	mock_free(0, 5000, A);
	ck_assert(mock_access(0, 5001, A + 32, 8, VS_READ));
	ck_assert(mock_access(0, 5002, A + 24, 8, VS_READ));
	mock_expect_one(VS_CHECK_USE_AFTER_FREE);
}
END_TEST

/* 100 bytes in a slot of 128: the 101st is nobody's, also by the tail of a longer access. */
START_TEST(padding)
{
	const struct vs_verdict *v;
	size_t n;

	object(A, 100);
	object(A + 128, 128);
	mock_access(2, 5000, A + 96, 4, VS_READ);
	ck_assert(mock_access(2, 5001, A + 96, 8, VS_READ));
	ck_assert(mock_access(2, 5002, A + 112, 1, VS_ATOMIC | VS_WRITE));
	v = mock_finish(&n);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(v[0].kind, VS_CHECK_OUT_OF_BOUNDS);
	ck_assert_int_eq(v[1].kind, VS_CHECK_OUT_OF_BOUNDS);
	ck_assert_ptr_nonnull(strstr(v[0].text, "read of 8 bytes at offset 96, past the end"));
	ck_assert_ptr_nonnull(strstr(v[1].text, "atomic write of 1 bytes at offset 112"));
}
END_TEST

/* Announced once per line, reported once. */
START_TEST(a_long_access_is_one)
{
	object(A, 640);
	mock_free(0, 5000, A);
	ck_assert(mock_access(0, 5001, A, 640, VS_READ | VS_BULK));
	mock_expect_one(VS_CHECK_USE_AFTER_FREE);
}
END_TEST

START_TEST(never_an_object)
{
	ck_assert(mock_access(0, 5000, A, 8, VS_READ));
	mock_expect_one(VS_CHECK_UNALLOCATED);
}
END_TEST

START_TEST(far_from_any_object)
{
	object(A, 64);
	ck_assert(mock_access(0, 5000, A + 20000, 8, VS_READ));
	mock_expect_one(VS_CHECK_UNALLOCATED);
}
END_TEST

/* Arena memory that was never taken for objects is not the allocator's. */
START_TEST(not_the_allocators_memory)
{
	vs_hw_watch_lines(NULL, arena + 3 * CHUNK, 64, true);
	ck_assert(mock_access(0, 5000, arena + 3 * CHUNK, 8, VS_READ));
	mock_expect_none();
}
END_TEST

/* Fresh memory of CPU 0, met by CPU 1 before and after it can know what it is. */
START_TEST(fresh_memory_by_the_rule)
{
	mock_grow(0, 5000, arena + 2 * CHUNK, CHUNK);
	ck_assert(mock_access(1, 5999, arena + 2 * CHUNK, 8, VS_READ));
	ck_assert_uint_eq(vs_check_count(checker, VS_CHECK_UNALLOCATED), 0);
	ck_assert(mock_access(1, 6000, arena + 2 * CHUNK, 8, VS_READ));
	mock_expect_one(VS_CHECK_UNALLOCATED);
}
END_TEST

START_TEST(freed_twice)
{
	object(A, 64);
	mock_free(0, 5000, A);
	mock_free(2, 9000, A);
	ck_assert_ptr_nonnull(
		strstr(mock_expect_one(VS_CHECK_DOUBLE_FREE)->text,
		       "freed by ? on CPU 0 at 0.005000 us; freed again by ? on CPU 2"));
}
END_TEST

START_TEST(freed_once_each_time)
{
	object(A, 64);
	mock_free(0, 5000, A);
	mock_alloc(0, 9000, A, 64, VS_MEM_TABLE);
	mock_free(0, 9500, A);
	mock_expect_none();
}
END_TEST

/* Two CPUs free it at about the same time: the later stamp is the second, whichever ran first. */
START_TEST(freed_twice_at_once)
{
	const struct vs_verdict *v;

	object(A, 64);
	if (_i) {
		mock_free(0, 5000, A);
		mock_free(2, 5400, A);
	} else {
		mock_free(2, 5400, A);
		mock_free(0, 5000, A);
	}
	v = mock_expect_one(VS_CHECK_DOUBLE_FREE);
	ck_assert_uint_eq(v->time, 5400);
	ck_assert_uint_eq(v->cpu, 2);
	ck_assert_ptr_nonnull(strstr(v->text, "freed by ? on CPU 0 at 0.005000 us"));
}
END_TEST

START_TEST(freed_inside_an_object)
{
	object(A, 64);
	mock_free(0, 5000, A + 16);
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_BAD_FREE)->text, "offset 16"));
}
END_TEST

START_TEST(freed_no_object)
{
	object(A, 64);
	mock_free(0, 5000, A + 4096);
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_BAD_FREE)->text, "never allocated"));
}
END_TEST

START_TEST(allocated_over_one_in_use)
{
	object(A, 64);
	mock_alloc(0, 5000, A + 32, 64, VS_MEM_TABLE);
	mock_expect_one(VS_CHECK_DOUBLE_ALLOC);
}
END_TEST

/*
 * Freed at 5,000 and allocated again at 5,100 by CPU 0. CPU 1 cannot know of the new object before
 * 6,100: what it uses at 6,050 is the old one. The host may have run the new allocation already
 * (_i = 1) or not.
 */
START_TEST(reused_memory_as_others_know_it)
{
	const struct vs_verdict *v;

	object(A, 64);
	mock_free(0, 5000, A);
	if (_i)
		mock_alloc(0, 5100, A, 64, VS_MEM_TABLE);
	ck_assert(mock_access(1, 6050, A, 8, VS_READ));
	if (!_i)
		mock_alloc(0, 5100, A, 64, VS_MEM_TABLE);
	mock_access(1, 6100, A, 8, VS_READ);
	v = mock_expect_one(VS_CHECK_USE_AFTER_FREE);
	ck_assert_uint_eq(v->time, 6050);
}
END_TEST

/* Objects of other sizes over older ones: the newest that is known decides, byte by byte. */
START_TEST(reused_with_other_bounds)
{
	const struct vs_verdict *v;
	size_t n;

	object(A, 64);
	object(A + 64, 64);
	object(A + 128, 128);
	mock_free(0, 5000, A);
	mock_free(0, 5000, A + 64);
	mock_free(0, 5000, A + 128);
	mock_alloc(0, 6500, A + 32, 160, VS_MEM_TABLE); /* middle of the first .. of the third */
	mock_access(0, 6500, A + 32, 160, VS_WRITE);    /* fine */
	ck_assert(mock_access(0, 6501, A + 24, 8, VS_READ));
	ck_assert(mock_access(1, 7000, A + 64, 8, VS_READ)); /* knows the old second one only */
	mock_access(1, 7500, A + 64, 8, VS_READ);            /* fine */
	v = mock_finish(&n);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(v[0].kind, VS_CHECK_USE_AFTER_FREE);
	ck_assert_uint_eq(v[0].time, 6501);
	ck_assert_int_eq(v[1].kind, VS_CHECK_USE_AFTER_FREE);
	ck_assert_uint_eq(v[1].time, 7000);
}
END_TEST

/* An object of three chunks' length is found from its far end. */
START_TEST(large_objects)
{
	mock_grow(0, 0, arena + 2 * CHUNK, 2 * CHUNK);
	object(arena + 64, 3 * CHUNK);
	mock_access(1, 5000, arena + 3 * CHUNK, 8, VS_READ);
	mock_free(0, 5000, arena + 64);
	ck_assert(mock_access(1, 6000, arena + 3 * CHUNK, 8, VS_READ));
	mock_expect_one(VS_CHECK_USE_AFTER_FREE);
}
END_TEST

/*
 * Lines of live objects are given free when all know of them (here from 3,000 on: 1,000 + 2 W, at
 * the next thing that is told), those shared with padding or freed neighbours are not.
 */
START_TEST(watches_no_more_than_needed)
{
	object(A, 200);      /* lines 0 .. 2, and 8 bytes of the fourth */
	object(A + 256, 64); /* whole line */
	object(A + 320, 32); /* two share one line */
	object(A + 352, 32);
	object(A + 384, 32); /* the other half of this line is nothing */
	ck_assert(mock_watched(A));
	mock_alloc(1, 2999, arena, 16, VS_MEM_TABLE);
	ck_assert(mock_watched(A));
	mock_alloc(1, 3000, arena + 64, 16, VS_MEM_TABLE);
	ck_assert(!mock_watched(A));
	ck_assert(!mock_watched(A + 128));
	ck_assert(mock_watched(A + 192));
	ck_assert(!mock_watched(A + 256));
	ck_assert(!mock_watched(A + 320));
	ck_assert(mock_watched(A + 384));
	mock_free(0, 5000, A + 352);
	ck_assert(mock_watched(A + 320));
	ck_assert(!mock_watched(A + 256));
}
END_TEST

START_TEST(nothing_left)
{
	mock_note(0, 0, 900, VS_NOTE_VM_CREATED, "vm", 0);
	object(A, 64);
	mock_alloc(0, 2000, A + 64, 64, VS_MEM_KERNEL); /* not the VM's */
	mock_alloc(0, 2000, A + 192, 64, VS_MEM_LIBC);
	mock_free(0, 5000, A);
	mock_note(0, 0, 5000, VS_NOTE_VM_DESTROYED, "vm", 0);
	mock_alloc(0, 7000, A + 128, 64, VS_MEM_TABLE); /* later: another story */
	mock_expect_none();
}
END_TEST

/*
 * Left at 5,000: one never freed, one freed at 5,001 after the note, one freed at 5,001 by a CPU
 * that the host ran before the note; freed at 5,000 by another CPU is just in time.
 */
START_TEST(left_by_exact_time)
{
	const struct vs_verdict *v;
	size_t n, i;

	mock_note(0, 0, 900, VS_NOTE_VM_CREATED, "vm", 0);
	mock_alloc(0, 1001, A, 11, VS_MEM_TABLE);
	mock_alloc(0, 1002, A + 64, 12, VS_MEM_VCPU);
	mock_alloc(0, 1003, A + 128, 13, VS_MEM_TABLE);
	mock_alloc(0, 1004, A + 192, 14, VS_MEM_TABLE);
	mock_free(2, 5001, A + 128);
	mock_note(0, 0, 5000, VS_NOTE_VM_DESTROYED, "vm", 0);
	mock_free(0, 5001, A + 64);
	mock_free(1, 5000, A + 192);
	v = mock_finish(&n);
	ck_assert_uint_eq(n, 3);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(v[i].kind, VS_CHECK_LEAK);
		ck_assert_uint_eq(v[i].time, 5000);
	}
	ck_assert_ptr_nonnull(strstr(v[0].text, "11 bytes (table)"));
	ck_assert_ptr_nonnull(strstr(v[1].text, "12 bytes (vCPU)"));
	ck_assert_ptr_nonnull(strstr(v[2].text, "13 bytes"));
}
END_TEST

/* While booting time stands still and other CPUs know at once. */
START_TEST(booting)
{
	uintptr_t addr = arena + 2 * CHUNK;

	vs_check_booting(checker, true);
	mock_grow(0, 0, addr, CHUNK);
	mock_alloc(0, 0, addr, 64, VS_MEM_TABLE);
	ck_assert(mock_access(3, 0, addr, 8, VS_WRITE));
	mock_free(3, 0, addr);
	vs_check_booting(checker, false);
	ck_assert(mock_access(2, 0, addr, 8, VS_READ));
	mock_expect_one(VS_CHECK_USE_AFTER_FREE);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, live_objects_may_be_used);
	tcase_add_test(t, used_by_who_freed_it);
	tcase_add_test(t, used_elsewhere_a_picosecond_early);
	tcase_add_test(t, used_elsewhere_a_window_later);
	tcase_add_test(t, a_shared_line_is_judged_by_bytes);
	tcase_add_test(t, padding);
	tcase_add_test(t, a_long_access_is_one);
	tcase_add_test(t, never_an_object);
	tcase_add_test(t, far_from_any_object);
	tcase_add_test(t, not_the_allocators_memory);
	tcase_add_test(t, fresh_memory_by_the_rule);
	tcase_add_test(t, freed_twice);
	tcase_add_test(t, freed_once_each_time);
	tcase_add_loop_test(t, freed_twice_at_once, 0, 2);
	tcase_add_test(t, freed_inside_an_object);
	tcase_add_test(t, freed_no_object);
	tcase_add_test(t, allocated_over_one_in_use);
	tcase_add_loop_test(t, reused_memory_as_others_know_it, 0, 2);
	tcase_add_test(t, reused_with_other_bounds);
	tcase_add_test(t, large_objects);
	tcase_add_test(t, watches_no_more_than_needed);
	tcase_add_test(t, nothing_left);
	tcase_add_test(t, left_by_exact_time);
	tcase_add_test(t, booting);
}

int main(void)
{
	return mock_main("check_memory", add, set_up);
}
