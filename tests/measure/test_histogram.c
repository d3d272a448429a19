/* sim/measure/histogram: buckets, ranks, percentiles against sorted samples, the way to results and
 * back. */
#include <check.h>
#include <stdlib.h>

#include "sim/measure/histogram.h"

static struct vs_hist h;

static void set_up(void)
{
	ck_assert(vs_hist_init(&h));
}

static void tear_down(void)
{
	vs_hist_release(&h);
}

/* Numbers for the random tests: a fixed 64-bit LCG (Knuth's MMIX constants). */
static uint64_t lcg(uint64_t *s)
{
	*s = *s * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *s >> 11;
}

static int up(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* 127 is the last of the single buckets; 128 .. 255 still have width 1; 256 .. 511 width 2. */
START_TEST(hand_buckets)
{
	vs_ps low, high;

	ck_assert_uint_eq(vs_hist_index(0), 0);
	ck_assert_uint_eq(vs_hist_index(127), 127);
	ck_assert_uint_eq(vs_hist_index(255), 255);
	ck_assert_uint_eq(vs_hist_index(256), 256);
	ck_assert_uint_eq(vs_hist_index(257), 256);
	ck_assert_uint_eq(vs_hist_index(258), 257);
	ck_assert_uint_eq(vs_hist_index(UINT64_MAX), VS_HIST_BUCKETS - 1);
	/* 1 ms = 10^9 ps: 2^29 <= 10^9 < 2^30, width 2^22 = 4194304; 10^9 / 2^22 = 238.4 */
	vs_hist_bounds(vs_hist_index(1000000000), &low, &high);
	ck_assert_uint_eq(low, UINT64_C(238) << 22);
	ck_assert_uint_eq(high, UINT64_C(239) << 22);
}
END_TEST

/* Every bucket begins where the one before ends, holds its own bounds, and is at most 1/128 wide.
 */
START_TEST(buckets_tile)
{
	vs_ps low, high, before = 0;
	uint32_t i;

	for (i = 0; i < VS_HIST_BUCKETS; i++) {
		vs_hist_bounds(i, &low, &high);
		ck_assert_uint_eq(low, before);
		ck_assert_uint_gt(high, low);
		ck_assert_uint_eq(vs_hist_index(low), i);
		ck_assert_uint_eq(vs_hist_index(high - 1), i);
		if (low >= 128)
			ck_assert_uint_le(high - low, low / 128);
		else
			ck_assert_uint_eq(high - low, 1);
		before = high;
	}
	ck_assert_uint_eq(before, UINT64_MAX);
}
END_TEST

START_TEST(exact_figures)
{
	vs_hist_record(&h, 7);
	vs_hist_record(&h, 1000003);
	vs_hist_record(&h, 0);
	ck_assert_uint_eq(h.count, 3);
	ck_assert_uint_eq(h.min_ps, 0);
	ck_assert_uint_eq(h.max_ps, 1000003);
	ck_assert_uint_eq((uint64_t)h.sum_ps, 1000010);
	ck_assert_double_eq(vs_hist_mean_ps(&h), 1000010.0 / 3.0);
}
END_TEST

/* 2^63 + 2^63 does not fit in 64 bits: the mean must still be 2^63. */
START_TEST(sum_beyond_64_bits)
{
	vs_hist_record(&h, UINT64_C(1) << 63);
	vs_hist_record(&h, UINT64_C(1) << 63);
	ck_assert(h.sum_ps == (vs_u128)1 << 64);
	ck_assert_double_eq(vs_hist_mean_ps(&h), 0x1p63);
}
END_TEST

START_TEST(ranks)
{
	ck_assert_uint_eq(vs_hist_rank(10000, 999000), 9990);
	ck_assert_uint_eq(vs_hist_rank(10001, 999000), 9991); /* 9990.999 rounds up */
	ck_assert_uint_eq(vs_hist_rank(100, 500000), 50);
	ck_assert_uint_eq(vs_hist_rank(101, 500000), 51); /* the true median */
	ck_assert_uint_eq(vs_hist_rank(1, 0), 1);
	ck_assert_uint_eq(vs_hist_rank(7, 1000000), 7);
	/* n * ppm does not fit in 64 bits */
	ck_assert_uint_eq(vs_hist_rank(UINT64_C(1) << 60, 500000), UINT64_C(1) << 59);
}
END_TEST

/* Samples 1 .. n are in buckets of their own up to 255, so percentiles are exact. p50 of 19 samples
 * is the 10th with 9 above: unknown. Of 20 it is the 10th with 10 above: known. */
START_TEST(ten_above_or_nothing)
{
	vs_ps v = 4711;
	uint64_t i;

	ck_assert(!vs_hist_percentile(&h, 500000, &v));
	for (i = 1; i <= 19; i++)
		vs_hist_record(&h, i);
	ck_assert(!vs_hist_percentile(&h, 500000, &v));
	ck_assert_uint_eq(v, 4711);
	vs_hist_record(&h, 20);
	ck_assert(vs_hist_percentile(&h, 500000, &v));
	ck_assert_uint_eq(v, 10);
	ck_assert(!vs_hist_percentile(&h, 510000, &v));
}
END_TEST

START_TEST(p999_needs_ten_thousand)
{
	uint64_t i;
	vs_ps v;

	for (i = 0; i < 9999; i++)
		vs_hist_record(&h, i % 100);
	ck_assert(!vs_hist_percentile(&h, 999000, &v));
	vs_hist_record(&h, 5);
	ck_assert(vs_hist_percentile(&h, 999000, &v));
	ck_assert_uint_eq(v, 99);
}
END_TEST

/* 15 equal samples: the middle of their bucket is not one of them; min and max hold it. */
START_TEST(stays_within_min_and_max)
{
	vs_ps v;
	int i;

	for (i = 0; i < 30; i++)
		vs_hist_record(&h, 1000000007);
	ck_assert(vs_hist_percentile(&h, 500000, &v));
	ck_assert_uint_eq(v, 1000000007);
}
END_TEST

START_TEST(against_sorted_samples)
{
	static const uint32_t ppm[] = {1, 10000, 250000, 500000, 900000, 990000, 999000, 999500};
	enum { N = 20000 };
	uint64_t *x = malloc(N * sizeof(*x)), seed = (uint64_t)_i, exact;
	double error;
	size_t i;
	vs_ps v;

	ck_assert_ptr_nonnull(x);
	for (i = 0; i < N; i++) {
		x[i] = lcg(&seed) >> (lcg(&seed) % 53); /* all magnitudes up to 2^53 */
		vs_hist_record(&h, x[i]);
	}
	qsort(x, N, sizeof(*x), up);
	for (i = 0; i < sizeof(ppm) / sizeof(*ppm); i++) {
		ck_assert(vs_hist_percentile(&h, ppm[i], &v));
		exact = x[vs_hist_rank(N, ppm[i]) - 1];
		ck_assert_uint_eq(vs_hist_index(v), vs_hist_index(exact));
		error = ((double)v - (double)exact) / (exact ? (double)exact : 1.0);
		ck_assert_double_le(error < 0 ? -error : error, 1.0 / 256);
	}
	ck_assert_uint_eq(h.min_ps, x[0]);
	ck_assert_uint_eq(h.max_ps, x[N - 1]);
	free(x);
}
END_TEST

/* Two halves merged are the whole, in every field. */
START_TEST(merge)
{
	struct vs_hist half[2];
	uint64_t seed = 3, v;
	uint32_t i;

	ck_assert(vs_hist_init(&half[0]) && vs_hist_init(&half[1]));
	for (i = 0; i < 1000; i++) {
		v = lcg(&seed) % 1000000;
		vs_hist_record(&h, v);
		vs_hist_record(&half[i % 2], v);
	}
	vs_hist_merge(&half[0], &half[1]);
	ck_assert_mem_eq(half[0].bucket, h.bucket, VS_HIST_BUCKETS * sizeof(*h.bucket));
	ck_assert_uint_eq(half[0].count, 1000);
	ck_assert(half[0].sum_ps == h.sum_ps);
	ck_assert_uint_eq(half[0].min_ps, h.min_ps);
	ck_assert_uint_eq(half[0].max_ps, h.max_ps);
	vs_hist_release(&half[0]);
	vs_hist_release(&half[1]);
}
END_TEST

static size_t list(const struct vs_hist *from, struct vs_hist_bucket *to, size_t room)
{
	uint32_t cursor = 0;
	size_t n = 0;

	while (n < room && vs_hist_next(from, &cursor, &to[n]))
		n++;
	return n;
}

START_TEST(there_and_back)
{
	struct vs_hist_bucket b[8];
	struct vs_hist back;
	size_t n;

	vs_hist_record(&h, 3);
	vs_hist_record(&h, 300); /* [300, 302) */
	vs_hist_record(&h, 301);
	vs_hist_record(&h, UINT64_MAX);
	n = list(&h, b, 8);
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(b[0].low, 3);
	ck_assert_uint_eq(b[1].low, 300);
	ck_assert_uint_eq(b[1].high, 302);
	ck_assert_uint_eq(b[1].count, 2);
	ck_assert(vs_hist_init(&back));
	ck_assert(vs_hist_restore(&back, b, n, h.sum_ps, h.min_ps, h.max_ps));
	ck_assert_mem_eq(back.bucket, h.bucket, VS_HIST_BUCKETS * sizeof(*h.bucket));
	ck_assert_uint_eq(back.count, 4);
	ck_assert(back.sum_ps == h.sum_ps);
	vs_hist_release(&back);
}
END_TEST

START_TEST(nothing_there_and_back)
{
	ck_assert(vs_hist_restore(&h, NULL, 0, 0, UINT64_MAX, 0));
	ck_assert_uint_eq(h.count, 0);
	ck_assert(!vs_hist_restore(&h, NULL, 0, 1, UINT64_MAX, 0));
}
END_TEST

START_TEST(refuses_foreign_buckets)
{
	struct vs_hist_bucket good[2] = {{300, 302, 2}, {400, 402, 1}};
	struct vs_hist_bucket b[2];

	ck_assert(vs_hist_restore(&h, good, 2, 1001, 300, 400));
	b[0] = (struct vs_hist_bucket){301, 302, 2}; /* not where one begins */
	ck_assert(!vs_hist_restore(&h, b, 1, 602, 301, 301));
	ck_assert_uint_eq(h.count, 0);
	b[0] = (struct vs_hist_bucket){300, 304, 2}; /* too wide */
	ck_assert(!vs_hist_restore(&h, b, 1, 602, 301, 301));
	b[0] = b[1] = good[0]; /* twice */
	ck_assert(!vs_hist_restore(&h, b, 2, 1202, 300, 301));
	b[0] = (struct vs_hist_bucket){300, 302, 0}; /* empty */
	ck_assert(!vs_hist_restore(&h, b, 1, 0, 300, 300));
	ck_assert(!vs_hist_restore(&h, good, 2, 1001, 302, 400)); /* min in another bucket */
	ck_assert(!vs_hist_restore(&h, good, 2, 1001, 300, 404)); /* max in another bucket */
	ck_assert(!vs_hist_restore(&h, good, 2, 999, 300, 400));  /* least: 300 + 300 + 400 */
	ck_assert(!vs_hist_restore(&h, good, 2, 1007, 300, 400)); /* most: 302 + 302 + 402 */
}
END_TEST

int main(void)
{
	Suite *s = suite_create("histogram");
	TCase *t = tcase_create("histogram");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, hand_buckets);
	tcase_add_test(t, buckets_tile);
	tcase_add_test(t, exact_figures);
	tcase_add_test(t, sum_beyond_64_bits);
	tcase_add_test(t, ranks);
	tcase_add_test(t, ten_above_or_nothing);
	tcase_add_test(t, p999_needs_ten_thousand);
	tcase_add_test(t, stays_within_min_and_max);
	tcase_add_loop_test(t, against_sorted_samples, 1, 21);
	tcase_add_test(t, merge);
	tcase_add_test(t, there_and_back);
	tcase_add_test(t, nothing_there_and_back);
	tcase_add_test(t, refuses_foreign_buckets);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
