/* sim/measure/breakdown: parts add up, and the parts of the slow operations are theirs. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <vcpusim/cause.h>

#include "sim/measure/breakdown.h"

static struct vs_breakdown b;

static void set_up(void)
{
	ck_assert(vs_breakdown_init(&b));
}

static void tear_down(void)
{
	vs_breakdown_release(&b);
}

static bool record(struct vs_breakdown *to, vs_ps latency, vs_ps compute, vs_ps lock)
{
	vs_ps part[VS_CAUSES] = {0};

	part[VS_CAUSE_COMPUTE] = compute;
	part[VS_CAUSE_LOCK] = lock;
	return vs_breakdown_record(to, latency, part);
}

/* One picosecond too many or too few, or parts that only add up modulo 2^64: not recorded. */
START_TEST(parts_must_add_up)
{
	struct vs_parts p;

	ck_assert(record(&b, 100, 60, 40));
	ck_assert(!record(&b, 100, 60, 41));
	ck_assert(!record(&b, 100, 60, 39));
	ck_assert(!record(&b, 100, UINT64_MAX, 101));
	vs_breakdown_all(&b, &p);
	ck_assert_uint_eq(p.count, 1);
	ck_assert(p.latency_ps == 100);
	ck_assert_uint_eq(b.latency.count, 1);
}
END_TEST

/* The last cause counts too. */
START_TEST(every_cause_counts)
{
	vs_ps part[VS_CAUSES];
	struct vs_parts p;
	int c;

	for (c = 0; c < VS_CAUSES; c++)
		part[c] = (vs_ps)c + 1;
	/* 1 + 2 + ... + n */
	ck_assert(vs_breakdown_record(&b, VS_CAUSES * (VS_CAUSES + 1) / 2, part));
	vs_breakdown_all(&b, &p);
	for (c = 0; c < VS_CAUSES; c++)
		ck_assert_double_eq(vs_parts_mean_ps(&p, c), c + 1.0);
}
END_TEST

/*
 * 990 operations of 1,000 ps, all compute, and 10 of 100,000 ps, 90 % lock. p99 of 1,000 is the
 * 990th, which is a fast one: everything is at or above it. With 989 and 11 it is a slow one and
 * the tail is those eleven: mean compute 10,000, lock 90,000.
 */
static void fast_and_slow(int fast, int slow)
{
	int i;

	for (i = 0; i < fast; i++)
		ck_assert(record(&b, 1000, 1000, 0));
	for (i = 0; i < slow; i++)
		ck_assert(record(&b, 100000, 10000, 90000));
}

START_TEST(tail_by_bucket_of_p99)
{
	struct vs_parts p;

	fast_and_slow(989, 11);
	ck_assert(vs_breakdown_tail(&b, 990000, &p));
	ck_assert_uint_eq(p.count, 11);
	ck_assert(p.latency_ps == 1100000);
	ck_assert_double_eq(vs_parts_mean_ps(&p, VS_CAUSE_COMPUTE), 10000.0);
	ck_assert_double_eq(vs_parts_mean_ps(&p, VS_CAUSE_LOCK), 90000.0);
	ck_assert_double_eq(vs_parts_mean_ps(&p, VS_CAUSE_MEMORY), 0.0);
}
END_TEST

START_TEST(tail_takes_its_whole_bucket)
{
	struct vs_parts p;

	fast_and_slow(990, 10);
	ck_assert(vs_breakdown_tail(&b, 990000, &p));
	ck_assert_uint_eq(p.count, 1000);
	/* (990 * 1000 + 10 * 10000) / 1000 */
	ck_assert_double_eq(vs_parts_mean_ps(&p, VS_CAUSE_COMPUTE), 1090.0);
}
END_TEST

START_TEST(no_percentile_no_tail)
{
	struct vs_parts p;

	fast_and_slow(980, 9);
	ck_assert(!vs_breakdown_tail(&b, 990000, &p));
}
END_TEST

START_TEST(merge_is_the_whole)
{
	struct vs_breakdown other;
	struct vs_parts p;

	ck_assert(vs_breakdown_init(&other));
	fast_and_slow(500, 5);
	ck_assert(record(&other, 100000, 0, 100000));
	vs_breakdown_merge(&b, &other);
	vs_breakdown_all(&b, &p);
	ck_assert_uint_eq(p.count, 506);
	ck_assert(p.part_ps[VS_CAUSE_LOCK] == 5 * 90000 + 100000);
	ck_assert(p.part_ps[VS_CAUSE_COMPUTE] == 500 * 1000 + 5 * 10000);
	ck_assert(p.latency_ps == b.latency.sum_ps);
	vs_breakdown_clear(&b);
	vs_breakdown_all(&b, &p);
	ck_assert_uint_eq(p.count, 0);
	ck_assert_double_eq(vs_parts_mean_ps(&p, VS_CAUSE_LOCK), 0.0);
	vs_breakdown_release(&other);
}
END_TEST

START_TEST(names_are_there_and_differ)
{
	int i, j;

	for (i = 0; i < VS_CAUSES; i++) {
		ck_assert_ptr_nonnull(vs_cause_name(i));
		for (j = 0; j < i; j++)
			ck_assert_str_ne(vs_cause_name(i), vs_cause_name(j));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("breakdown");
	TCase *t = tcase_create("breakdown");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, parts_must_add_up);
	tcase_add_test(t, every_cause_counts);
	tcase_add_test(t, tail_by_bucket_of_p99);
	tcase_add_test(t, tail_takes_its_whole_bucket);
	tcase_add_test(t, no_percentile_no_tail);
	tcase_add_test(t, merge_is_the_whole);
	tcase_add_test(t, names_are_there_and_differ);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
