/* Estimates over replications and paired differences, by runs whose figures are worked out here. */
#include <check.h>
#include <stdlib.h>

#include "sim/cli/summarize.h"
#include "tests/cli/runs.h"

#define NS(x) ((x)*VS_PS_PER_NS)

static struct vs_scenario s;
static struct vs_result r;

static void setup(void)
{
	make_scenario(&s, 3);
	make_result(&r, &s);
}

static void teardown(void)
{
	vs_result_release(&r);
	release_scenario(&s);
}

static const struct vs_figure *estimate(const char *table, const char *metric)
{
	const struct vs_summary *x = vs_summary_find(&r, table, VS_OP_LOOKUP, metric);

	ck_assert_ptr_nonnull(x);
	return &x->estimate;
}

/* 100, 110, 120: mean 110, deviation 10. t of 2 degrees is 4.302653, so the interval is
 * 110 +- 4.302653 * 10 / sqrt(3) = 110 +- 24.8414. */
START_TEST(mean_and_interval)
{
	ck_assert(vs_summarize(&r));
	const struct vs_figure *f = estimate("a", "latency_mean_ns");

	ck_assert(f->known && f->has_interval);
	ck_assert_double_eq_tol(f->value, 110, 1e-9);
	ck_assert_double_eq_tol(f->low, 85.1586, 1e-4);
	ck_assert_double_eq_tol(f->high, 134.8414, 1e-4);
}
END_TEST

/* One operation in 100 ns is 10^7 in a second: (10 + 9.0909 + 8.3333) / 3 million. */
START_TEST(throughput)
{
	ck_assert(vs_summarize(&r));
	ck_assert_double_eq_tol(estimate("a", "throughput_per_s")->value, 9141414.141, 1e-2);
}
END_TEST

/*
 * Alone the two intervals overlap widely. In pairs: -5, -6, -6, mean -17/3, deviation 0.57735,
 * half width 4.302653 * 0.57735 / sqrt(3) = 1.434218: [-7.1009, -4.2324] excludes zero.
 */
START_TEST(pairs_tell_apart_what_intervals_do_not)
{
	ck_assert(vs_summarize(&r));
	const struct vs_comparison *c =
		vs_comparison_find(&r, "a", "b", VS_OP_LOOKUP, "latency_mean_ns");

	ck_assert(c && c->replications == 3 && c->better == -1);
	ck_assert_double_eq_tol(c->difference.low, -7.100885, 1e-5);
	ck_assert_double_eq_tol(c->difference.high, -4.232449, 1e-5);
	c = vs_comparison_find(&r, "a", "b", VS_OP_LOOKUP, "throughput_per_s");
	ck_assert(c && c->better == -1 && c->difference.value > 0);
}
END_TEST

/* The other way round b is the better one. */
START_TEST(the_second_can_be_better)
{
	vs_result_release(&r);
	r.scenario = &s;
	for (uint32_t i = 0; i < 3; i++) {
		add_run(&r, "a", i, NS(200 + i), 1);
		add_run(&r, "b", i, NS(100 + 2 * i), 1);
	}
	ck_assert(vs_summarize(&r));
	ck_assert_int_eq(vs_comparison_find(&r, "a", "b", VS_OP_LOOKUP, "latency_mean_ns")->better,
			 1);
}
END_TEST

/* Without b's third: -5 and -6, deviation 0.70711, t of 1 degree is 12.7062: -5.5 +- 6.3531. */
START_TEST(a_crashed_run_counts_for_nothing)
{
	r.runs[5].status = VS_RUN_CRASHED;
	ck_assert(vs_summarize(&r));
	const struct vs_comparison *c =
		vs_comparison_find(&r, "a", "b", VS_OP_LOOKUP, "latency_mean_ns");

	ck_assert(c && c->replications == 2 && c->better == 0);
	ck_assert_double_eq_tol(c->difference.high, 0.8531, 1e-4);
	ck_assert_int_eq(vs_summary_find(&r, "b", VS_OP_LOOKUP, "latency_mean_ns")->replications,
			 2);
	ck_assert_int_eq(vs_summary_find(&r, "a", VS_OP_LOOKUP, "latency_mean_ns")->replications,
			 3);
}
END_TEST

START_TEST(a_failed_check_spoils_no_measurement)
{
	r.runs[5].status = VS_RUN_CHECK_FAILED;
	ck_assert(vs_summarize(&r));
	ck_assert_int_eq(vs_comparison_find(&r, "a", "b", VS_OP_LOOKUP, "latency_mean_ns")->better,
			 -1);
}
END_TEST

START_TEST(one_replication_has_no_interval_and_no_winner)
{
	for (int i = 1; i < 6; i++)
		if (i != 3)
			r.runs[i].status = VS_RUN_LIMIT;
	ck_assert(vs_summarize(&r));
	const struct vs_comparison *c =
		vs_comparison_find(&r, "a", "b", VS_OP_LOOKUP, "latency_mean_ns");

	ck_assert(c && c->replications == 1 && c->better == 0 && !c->difference.has_interval);
	ck_assert(!estimate("a", "latency_mean_ns")->has_interval);
}
END_TEST

/* Runs are paired by their number, not by their place: -5 twice here. */
START_TEST(pairs_go_by_replication)
{
	vs_result_release(&r);
	r.scenario = &s;
	add_run(&r, "a", 0, NS(100), 1);
	add_run(&r, "a", 1, NS(200), 1);
	add_run(&r, "b", 1, NS(205), 1);
	add_run(&r, "b", 0, NS(105), 1);
	ck_assert(vs_summarize(&r));
	const struct vs_comparison *c =
		vs_comparison_find(&r, "a", "b", VS_OP_LOOKUP, "latency_mean_ns");

	ck_assert_double_eq_tol(c->difference.low, -5, 1e-9);
	ck_assert_double_eq_tol(c->difference.high, -5, 1e-9);
	ck_assert_int_eq(c->better, -1);
}
END_TEST

/* Ten samples must lie above a percentile: 3 for the pooled p50 are too few, 30 are enough, while
 * those of p90 (3 above) are not. */
START_TEST(percentiles_pool_replications)
{
	ck_assert(vs_summarize(&r));
	ck_assert(!estimate("a", "latency_p50_pooled_ns")->known);
	vs_result_release(&r);
	r.scenario = &s;
	for (uint32_t i = 0; i < 3; i++) {
		add_run(&r, "a", i, NS(100 + 100 * i), 10);
		add_run(&r, "b", i, NS(100), 10);
	}
	ck_assert(vs_summarize(&r));
	const struct vs_figure *f = estimate("a", "latency_p50_pooled_ns");

	ck_assert(f->known && f->has_interval);
	ck_assert_double_eq_tol(f->value, 200, 2); /* within a bucket: 1 % */
	ck_assert(!estimate("a", "latency_p90_pooled_ns")->known);
}
END_TEST

START_TEST(memory_is_of_the_run)
{
	for (int i = 0; i < 6; i++)
		r.runs[i].memory_peak_bytes = i < 3 ? 1000 + 500 * i : 1500;
	ck_assert(vs_summarize(&r));
	const struct vs_summary *x = vs_summary_find(&r, "a", VS_OPS, "memory_peak_bytes");

	ck_assert(x && x->estimate.known);
	ck_assert_double_eq_tol(x->estimate.value, 1500, 1e-9);
	ck_assert_int_eq(vs_comparison_find(&r, "a", "b", VS_OPS, "memory_peak_bytes")->better, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("summarize");
	TCase *c = tcase_create("summarize");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, mean_and_interval);
	tcase_add_test(c, throughput);
	tcase_add_test(c, pairs_tell_apart_what_intervals_do_not);
	tcase_add_test(c, the_second_can_be_better);
	tcase_add_test(c, a_crashed_run_counts_for_nothing);
	tcase_add_test(c, a_failed_check_spoils_no_measurement);
	tcase_add_test(c, one_replication_has_no_interval_and_no_winner);
	tcase_add_test(c, pairs_go_by_replication);
	tcase_add_test(c, percentiles_pool_replications);
	tcase_add_test(c, memory_is_of_the_run);
	suite_add_tcase(suite, c);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
