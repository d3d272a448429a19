/*
 * Readers that found SRCU's index long before they count, held just there: what both scans and the
 * order of their sums are for. The mock's clock as in test_srcu_timing.c: a jiffy is 4 ms, a delay
 * of n jiffies from within jiffy j ends at the start of j + n + 1.
 */
#include <check.h>

#include <linux/delay.h>
#include <linux/srcu.h>

#include "models/kernel/srcu_private.h"
#include "mock.h"

#define US VS_PS_PER_US
#define MS VS_PS_PER_MS
#define SLACK (2 * US)

static struct srcu_struct srcu;
static vs_ps started, ended;
static bool reading;

static void init(void *arg)
{
	(void)arg;
	ck_assert_int_eq(init_srcu_struct(&srcu), 0);
}

static void setup(void)
{
	mock_init(2, 1);
	mock_call(init, NULL);
}

static void ck_took(vs_ps from, vs_ps to, vs_ps expected)
{
	ck_assert_uint_ge(to - from, expected);
	ck_assert_uint_le(to - from, expected + SLACK);
}

static struct vs_task *late;
static unsigned long late_stays_us;
static bool may_leave;

static void latecomer(void *arg)
{
	int idx;

	(void)arg;
	late = vs_task_current();
	mock_hold(late, &srcu.idx);
	idx = srcu_read_lock(&srcu);
	ck_assert_int_eq(idx, 0);
	reading = true;
	if (late_stays_us)
		usleep_range(late_stays_us, 0);
	srcu_read_unlock(&srcu, idx);
	may_leave = true;
}

/* One grace period passes without him, as he is to see what came before it. Then he begins, and the
 * next must wait for him, although nobody new uses his index. */
static void two_with_a_latecomer(void *arg)
{
	bool hurried = *(bool *)arg;

	while (!late || !mock_is_held(late))
		mock_point();
	synchronize_srcu_expedited(&srcu);
	ck_assert(!reading);
	mock_release(late);
	while (!reading)
		mock_point();
	mock.delays = 0;
	started = vs_now_ps();
	if (hurried)
		synchronize_srcu_expedited(&srcu);
	else
		synchronize_srcu(&srcu);
	ended = vs_now_ps();
}

/*
 * He stays 12 us. Hurried: the first scan looks twice a visit, at 0 and 5, 5 and 10, 10 and 15 us:
 * three delays. He has left, and the second scan has nobody.
 */
START_TEST(first_scan_finds_a_latecomer)
{
	bool hurried = true;

	setup();
	late = NULL;
	late_stays_us = 12;
	mock_spawn(0, two_with_a_latecomer, &hurried);
	mock_spawn(1, latecomer, NULL);
	mock_run();
	ck_assert_uint_eq(mock_faults(), 0);
	ck_took(started, ended, 15 * US);
	ck_assert_uint_eq(mock.delays, 3);
}
END_TEST

/* He stays 10 ms. Begun in jiffy 0 and visited in jiffy 2: one look, so no delay. Then 1 + (2 - 1 -
 * 0) = 2 jiffies: jiffy 5 (20 ms), and he has left. The callback comes in jiffy 7 (28 ms). */
START_TEST(first_scan_looks_once)
{
	bool hurried = false;

	setup();
	late = NULL;
	late_stays_us = 10000;
	mock_spawn(0, two_with_a_latecomer, &hurried);
	mock_spawn(1, latecomer, NULL);
	mock_run();
	ck_assert_uint_eq(mock_faults(), 0);
	ck_took(0, ended, 28 * MS);
	ck_assert_uint_eq(mock.delays, 0);
}
END_TEST

static void stays_put(void *arg)
{
	int idx = srcu_read_lock(&srcu);

	(void)arg;
	reading = true;
	while (!may_leave)
		usleep_range(1, 1);
	usleep_range(12, 12);
	srcu_read_unlock(&srcu, idx);
}

static void hold_the_scan(void *arg)
{
	(void)arg;
	while (!late || !mock_is_held(late) || !reading)
		mock_point();
	mock_hold(vs_cpu_worker(0), &srcu.sda[1].lock_count[0]);
	while (!mock_is_held(vs_cpu_worker(0)))
		mock_point();
	mock_release(late);
	while (!may_leave)
		mock_point();
	mock_release(vs_cpu_worker(0));
}

static void hurry_on(void *arg)
{
	(void)arg;
	while (!late || !mock_is_held(late) || !reading)
		mock_point();
	synchronize_srcu_expedited(&srcu);
}

/*
 * One reader stays; another found the same index and counts in and out just when the scan of it
 * has seen the last CPU's locks. Had they been summed first, his unlock would make up for the one
 * that is missing.
 */
START_TEST(locks_are_summed_last)
{
	setup();
	mock.pinned = true;
	late = NULL;
	late_stays_us = 0;
	may_leave = false;
	mock_spawn(1, latecomer, NULL);
	mock_spawn(0, stays_put, NULL);
	mock_spawn(1, hold_the_scan, NULL);
	mock_spawn(0, hurry_on, NULL);
	mock_run();
	ck_assert_uint_eq(mock_faults(), 0);
	ck_assert_uint_eq(srcu_number(srcu.sup->gp_seq), 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("SRCU latecomers");
	TCase *t = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, first_scan_finds_a_latecomer);
	tcase_add_test(t, first_scan_looks_once);
	tcase_add_test(t, locks_are_summed_last);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
