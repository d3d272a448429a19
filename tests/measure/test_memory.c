/* sim/measure/memory: peak and end follow simulated time, not the order of adding. */
#include <check.h>
#include <stdlib.h>

#include "sim/measure/memory.h"

static struct vs_memlog m;
static int64_t peak, end;

static void set_up(void)
{
	ck_assert(vs_memlog_init(&m, 3));
}

static void tear_down(void)
{
	vs_memlog_release(&m);
}

START_TEST(nothing)
{
	ck_assert(vs_memlog_result(&m, &peak, &end));
	ck_assert_int_eq(peak, 0);
	ck_assert_int_eq(end, 0);
}
END_TEST

/* +100 at 10, -100 at 20 (cpu 1), +50 at 30, +30 at 40: peak 100, end 80. CPU 0 ran first on the
 * host; taken in that order the peak would be 180. */
START_TEST(stamps_decide)
{
	ck_assert(vs_memlog_add(&m, 0, 10, 100));
	ck_assert(vs_memlog_add(&m, 0, 30, 50));
	ck_assert(vs_memlog_add(&m, 0, 40, 30));
	ck_assert(vs_memlog_add(&m, 1, 20, -100));
	ck_assert(vs_memlog_result(&m, &peak, &end));
	ck_assert_int_eq(peak, 100);
	ck_assert_int_eq(end, 80);
}
END_TEST

/* At one instant the lower CPU comes first, whoever was added first. */
START_TEST(ties_go_by_cpu)
{
	ck_assert(vs_memlog_add(&m, 2, 5, 10));
	ck_assert(vs_memlog_add(&m, 1, 5, -10));
	ck_assert(vs_memlog_add(&m, 0, 1, 10));
	ck_assert(vs_memlog_result(&m, &peak, &end));
	ck_assert_int_eq(peak, 10);
	ck_assert_int_eq(end, 10);
}
END_TEST

/* ... and on one CPU, what was added first. More records than the first array holds. */
START_TEST(ties_on_one_cpu_keep_their_order)
{
	int i;

	for (i = 0; i < 1000; i++) {
		ck_assert(vs_memlog_add(&m, 1, 7, 8));
		ck_assert(vs_memlog_add(&m, 1, 7, -8));
	}
	ck_assert(vs_memlog_result(&m, &peak, &end));
	ck_assert_int_eq(peak, 8);
	ck_assert_int_eq(end, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("memory");
	TCase *t = tcase_create("memory");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nothing);
	tcase_add_test(t, stamps_decide);
	tcase_add_test(t, ties_go_by_cpu);
	tcase_add_test(t, ties_on_one_cpu_keep_their_order);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
