/* sim/workload/dist: rounding, clamping, and means of every kind against their formulas. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "sim/workload/dist.h"
#include "sim/workload/rng.h"

static gsl_rng *r;

static void set_up(void)
{
	r = vs_rng_new(1, 0, "test", 0);
	ck_assert_ptr_nonnull(r);
}

static void tear_down(void)
{
	gsl_rng_free(r);
}

static vs_ps constant(double us)
{
	struct vs_dist d = {.kind = VS_DIST_CONSTANT, .p = {us}};

	return vs_dist_draw(&d, r);
}

/* 1 us = 10^6 ps; half a picosecond rounds away from zero. */
START_TEST(whole_picoseconds)
{
	ck_assert_uint_eq(constant(20), 20000000);
	ck_assert_uint_eq(constant(0.000001), 1);
	ck_assert_uint_eq(constant(0.0000004), 0);
	ck_assert_uint_eq(constant(0.0000006), 1);
	ck_assert_uint_eq(constant(1.2345678), 1234568);
}
END_TEST

START_TEST(nothing_impossible_comes_out)
{
	ck_assert_uint_eq(constant(-3), 0);
	ck_assert_uint_eq(constant(NAN), 0);
	ck_assert_uint_eq(constant(-INFINITY), 0);
	ck_assert_uint_eq(constant(INFINITY), VS_PS_MAX_RUN);
	ck_assert_uint_eq(constant(1e300), VS_PS_MAX_RUN);
}
END_TEST

START_TEST(constant_draws_no_number)
{
	gsl_rng *other = vs_rng_new(1, 0, "test", 0);

	constant(20);
	ck_assert_uint_eq(gsl_rng_get(r), gsl_rng_get(other));
	gsl_rng_free(other);
}
END_TEST

/*
 * Expected mean (us) and standard deviation by the usual formulas, 10^5 draws, five standard errors
 * allowed.
 *   uniform 10..30        20,  20 / sqrt(12) = 5.774
 *   exponential 20        20,  20
 *   lognormal 1, 0.5      e^1.125 = 3.0802,  3.0802 * sqrt(e^0.25 - 1) = 1.6416
 *   gamma 4, 5            20,  5 * sqrt(4) = 10
 *   weibull a 10, b 2     10 * G(1.5) = 8.8623,  10 * sqrt(G(2) - G(1.5)^2) = 4.6325
 *   pareto a 5, b 8       8 * 5 / 4 = 10,  sqrt(8^2 * 5 / (4^2 * 3)) = 2.5820
 *   empirical 1, 2, 9     4,  sqrt((9 + 4 + 25) / 3) = 3.5590
 */
static double values[] = {1, 2, 9};
static const struct {
	struct vs_dist d;
	double mean, sd, least;
} cases[] = {
	{{.kind = VS_DIST_UNIFORM, .p = {10, 30}}, 20, 5.774, 10},
	{{.kind = VS_DIST_EXPONENTIAL, .p = {20}}, 20, 20, 0},
	{{.kind = VS_DIST_LOGNORMAL, .p = {1, 0.5}}, 3.0802, 1.6416, 0},
	{{.kind = VS_DIST_GAMMA, .p = {4, 5}}, 20, 10, 0},
	{{.kind = VS_DIST_WEIBULL, .p = {10, 2}}, 8.8623, 4.6325, 0},
	{{.kind = VS_DIST_PARETO, .p = {5, 8}}, 10, 2.5820, 8},
	{{.kind = VS_DIST_EMPIRICAL, .values = values, .n_values = 3}, 4, 3.5590, 1},
};

START_TEST(means)
{
	enum { N = 100000 };
	const struct vs_dist *d = &cases[_i].d;
	double sum = 0.0, squares = 0.0, us;
	int i;

	for (i = 0; i < N; i++) {
		us = (double)vs_dist_draw(d, r) / 1e6;
		ck_assert_double_ge(us, cases[_i].least);
		sum += us;
		squares += us * us;
	}
	ck_assert_double_eq_tol(vs_dist_mean_us(d), cases[_i].mean, 1e-4);
	ck_assert_double_eq_tol(sum / N, cases[_i].mean, 5 * cases[_i].sd / sqrt(N));
	/* the spread too, roughly: a wrong second parameter must not pass */
	ck_assert_double_eq_tol(sqrt(squares / N - sum / N * sum / N), cases[_i].sd,
				0.05 * cases[_i].sd);
}
END_TEST

START_TEST(means_of_special_cases)
{
	struct vs_dist d = {.kind = VS_DIST_PARETO, .p = {1, 8}};

	ck_assert(isinf(vs_dist_mean_us(&d)));
	d.kind = VS_DIST_CONSTANT;
	ck_assert_double_eq(vs_dist_mean_us(&d), 1.0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dist");
	TCase *t = tcase_create("dist");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, whole_picoseconds);
	tcase_add_test(t, nothing_impossible_comes_out);
	tcase_add_test(t, constant_draws_no_number);
	tcase_add_loop_test(t, means, 0, sizeof(cases) / sizeof(*cases));
	tcase_add_test(t, means_of_special_cases);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
