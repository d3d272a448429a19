/* sim/measure/stats: intervals worked out by hand with tabulated t values and binomial sums. */
#include <check.h>
#include <stdlib.h>

#include "sim/measure/stats.h"

/* Tables of Student's t, 97.5 %: 12.706 at 1 degree of freedom, 4.303 at 2, 2.262 at 9. */
START_TEST(t_quantiles)
{
	ck_assert_double_eq_tol(vs_stats_t95(2), 12.706, 0.0005);
	ck_assert_double_eq_tol(vs_stats_t95(3), 4.303, 0.0005);
	ck_assert_double_eq_tol(vs_stats_t95(10), 2.262, 0.0005);
}
END_TEST

/* 9, 10, 14: mean 11, deviations -2, -1, 3, variance 14 / 2 = 7; half width 4.30265 * sqrt(7 / 3) =
 * 6.5724. */
START_TEST(mean_of_three)
{
	static const double x[] = {9, 10, 14};
	struct vs_estimate e;

	vs_stats_mean(x, 3, &e);
	ck_assert_double_eq_tol(e.value, 11.0, 1e-12);
	ck_assert(e.has_interval);
	ck_assert_uint_eq(e.n, 3);
	ck_assert_double_eq_tol(e.low, 11.0 - 6.5724, 1e-3);
	ck_assert_double_eq_tol(e.high, 11.0 + 6.5724, 1e-3);
}
END_TEST

START_TEST(mean_of_one_has_no_interval)
{
	static const double x[] = {5};
	struct vs_estimate e;

	vs_stats_mean(x, 1, &e);
	ck_assert_double_eq(e.value, 5.0);
	ck_assert(!e.has_interval);
	ck_assert_uint_eq(e.n, 1);
}
END_TEST

/*
 * Median of 10. Binomial(10, 1/2) in 1024ths: 1, 10, 45, ... P(B <= 1) = 11/1024 = 1.07 %,
 * P(B <= 2) = 56/1024 = 5.5 %. So l = 2 and, by symmetry, u = 9: the textbook interval.
 */
START_TEST(order_ranks_of_the_median)
{
	uint64_t l, u;

	ck_assert(vs_stats_order_ranks(10, 500000, &l, &u));
	ck_assert_uint_eq(l, 2);
	ck_assert_uint_eq(u, 9);
	/* of 5: P(B <= 0) = 1/32 = 3.1 %, already too much for the lower end */
	ck_assert(!vs_stats_order_ranks(5, 500000, &l, &u));
	/* of 6: P(B <= 0) = 1/64 = 1.6 %, P(B <= 1) = 7/64: smallest to largest sample */
	ck_assert(vs_stats_order_ranks(6, 500000, &l, &u));
	ck_assert_uint_eq(l, 1);
	ck_assert_uint_eq(u, 6);
}
END_TEST

/* p = 0.9, n = 22: P(B = 22) = 0.9^22 = 9.8 %, so P(B <= 21) = 90.2 % < 97.5 %: the upper end would
 * need a 23rd sample. n = 36: 0.9^36 = 2.25 %: the largest sample will do. */
START_TEST(order_ranks_need_enough)
{
	uint64_t l, u;

	ck_assert(!vs_stats_order_ranks(22, 900000, &l, &u));
	ck_assert(vs_stats_order_ranks(36, 900000, &l, &u));
	ck_assert_uint_eq(u, 36);
	ck_assert(!vs_stats_order_ranks(0, 500000, &l, &u));
	ck_assert(!vs_stats_order_ranks(100, 1000000, &l, &u));
}
END_TEST

static void fill(struct vs_hist *h, vs_ps first, uint32_t n)
{
	uint32_t i;

	ck_assert(vs_hist_init(h));
	for (i = 0; i < n; i++)
		vs_hist_record(h, first + i);
}

/*
 * Medians of 1..21, 4..24 and 7..27 are 11, 14, 17 (11th of 21, 10 above): sd 3, half width
 * 4.30265 * 3 / sqrt(3) = 7.4524. Pooled, the 32nd of 63: below 14 are 13 + 10 + 7 = 30 samples,
 * three are 14: 14. All values are below 128, so buckets are exact.
 */
START_TEST(percentile_by_replications)
{
	struct vs_hist h[3];
	const struct vs_hist *reps[3] = {&h[0], &h[1], &h[2]};
	struct vs_estimate e;
	int i;

	for (i = 0; i < 3; i++)
		fill(&h[i], 1 + 3 * i, 21);
	ck_assert(vs_stats_percentile(reps, 3, 500000, &e));
	ck_assert_double_eq(e.value, 14.0);
	ck_assert(e.has_interval);
	ck_assert_double_eq_tol(e.low, 14.0 - 7.4524, 1e-3);
	ck_assert_double_eq_tol(e.high, 14.0 + 7.4524, 1e-3);
	for (i = 0; i < 3; i++)
		vs_hist_release(&h[i]);
}
END_TEST

/*
 * Two replications of 10 have no median of their own, but 1..10 and 11..20 pooled have: 10. Order
 * statistics of 20: P(B <= 5) = 21700/1048576 = 2.07 %, P(B <= 6) = 5.8 %: l = 6, u = 15.
 */
START_TEST(percentile_by_order_statistics)
{
	struct vs_hist h[2];
	const struct vs_hist *reps[2] = {&h[0], &h[1]};
	struct vs_estimate e;

	fill(&h[0], 1, 10);
	fill(&h[1], 11, 10);
	ck_assert(vs_stats_percentile(reps, 2, 500000, &e));
	ck_assert_double_eq(e.value, 10.0);
	ck_assert(e.has_interval);
	ck_assert_double_eq(e.low, 6.0);
	ck_assert_double_eq(e.high, 15.0);
	vs_hist_release(&h[0]);
	vs_hist_release(&h[1]);
}
END_TEST

/* One replication goes by order statistics although it has its own median; too few: nothing. */
START_TEST(percentile_of_one_replication)
{
	struct vs_hist h;
	const struct vs_hist *reps[1] = {&h};
	struct vs_estimate e;

	fill(&h, 1, 20);
	ck_assert(vs_stats_percentile(reps, 1, 500000, &e));
	ck_assert_double_eq(e.low, 6.0);
	ck_assert_double_eq(e.high, 15.0);
	ck_assert(!vs_stats_percentile(reps, 1, 990000, &e));
	vs_hist_release(&h);
}
END_TEST

/*
 * The replications differ by far more than the tables do, but each pair by about 2: differences 2,
 * 2.1, 1.9: sd 0.1, half width 4.30265 * 0.1 / sqrt(3) = 0.2484. Unpaired nothing could be said.
 */
START_TEST(pairs_see_what_means_hide)
{
	static const double a[] = {102, 55.1, 10.9}, b[] = {100, 53, 9};
	struct vs_difference d;

	vs_stats_paired(a, b, 3, &d);
	ck_assert(d.different);
	ck_assert_double_eq_tol(d.a_minus_b.value, 2.0, 1e-9);
	ck_assert_double_eq_tol(d.a_minus_b.low, 1.7516, 1e-3);
	vs_stats_paired(b, a, 3, &d);
	ck_assert(d.different);
	ck_assert_double_eq_tol(d.a_minus_b.high, -1.7516, 1e-3);
}
END_TEST

/* Differences 1, 3: mean 2, sd sqrt(2), half width 12.706 * 1 = 12.7: zero is inside. */
START_TEST(no_winner_by_noise)
{
	static const double a[] = {11, 23}, b[] = {10, 20};
	struct vs_difference d;

	vs_stats_paired(a, b, 2, &d);
	ck_assert(!d.different);
	ck_assert_double_eq_tol(d.a_minus_b.value, 2.0, 1e-12);
	ck_assert(d.a_minus_b.low < 0 && d.a_minus_b.high > 0);
}
END_TEST

START_TEST(one_replication_names_no_winner)
{
	static const double a[] = {11}, b[] = {10};
	struct vs_difference d;

	vs_stats_paired(a, b, 1, &d);
	ck_assert(!d.different);
	ck_assert(!d.a_minus_b.has_interval);
}
END_TEST

/* Equal tables draw equal numbers: all differences are exactly zero, and so is the interval. */
START_TEST(identical_tables_do_not_differ)
{
	static const double a[] = {0.1, 0.7, 1e9};
	struct vs_difference d;

	vs_stats_paired(a, a, 3, &d);
	ck_assert(!d.different);
	ck_assert_double_eq(d.a_minus_b.low, 0.0);
	ck_assert_double_eq(d.a_minus_b.high, 0.0);
}
END_TEST

START_TEST(times_faster)
{
	static const double fast[] = {1, 3}, slow[] = {12, 8}, zero[] = {0, 0};
	double times = -1;

	ck_assert(vs_stats_times_faster(fast, slow, 2, &times));
	ck_assert_double_eq_tol(times, 5.0, 1e-12); /* means 2 and 10 */
	ck_assert(!vs_stats_times_faster(zero, slow, 2, &times));
	ck_assert(!vs_stats_times_faster(fast, zero, 2, &times));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");
	SRunner *r;
	int failed;

	tcase_add_test(t, t_quantiles);
	tcase_add_test(t, mean_of_three);
	tcase_add_test(t, mean_of_one_has_no_interval);
	tcase_add_test(t, order_ranks_of_the_median);
	tcase_add_test(t, order_ranks_need_enough);
	tcase_add_test(t, percentile_by_replications);
	tcase_add_test(t, percentile_by_order_statistics);
	tcase_add_test(t, percentile_of_one_replication);
	tcase_add_test(t, pairs_see_what_means_hide);
	tcase_add_test(t, no_winner_by_noise);
	tcase_add_test(t, one_replication_names_no_winner);
	tcase_add_test(t, identical_tables_do_not_differ);
	tcase_add_test(t, times_faster);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
