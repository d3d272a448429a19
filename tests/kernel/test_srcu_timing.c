/*
 * How long SRCU's grace periods take, worked out by hand. The mock's clock moves by 1 ns at every
 * access and jumps to the next deadline when everybody sleeps; a jiffy is 4 ms (250 Hz). What is
 * asserted allows SLACK for accesses (two CPUs: some dozens per scan).
 */
#include <check.h>
#include <string.h>

#include <linux/delay.h>
#include <linux/srcu.h>

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
	started = ended = 0;
	reading = false;
	mock_call(init, NULL);
}

static void ck_took(vs_ps from, vs_ps to, vs_ps expected)
{
	ck_assert_uint_ge(to - from, expected);
	ck_assert_uint_le(to - from, expected + SLACK);
}

static void after_quiet(void *arg)
{
	(void)arg;
	usleep_range(30, 30);
	started = vs_now_ps();
	synchronize_srcu(&srcu);
	ended = vs_now_ps();
}

/* 30 us since the domain was made: at least 25, so expedited. No reader: no wait at all. */
START_TEST(first_after_quiet_does_not_wait)
{
	setup();
	mock_call(after_quiet, NULL);
	ck_took(started, ended, 0);
	ck_assert_uint_eq(mock.blocks[VS_WAIT_GRACE_PERIOD], 0);
}
END_TEST

static void twice(void *arg)
{
	after_quiet(arg);
	started = vs_now_ps();
	synchronize_srcu(&srcu);
	ended = vs_now_ps();
}

/* The second comes at once after the first: not expedited. Begun in jiffy 0 with a delay of one,
 * its first look is when one whole jiffy is over, at the start of jiffy 2: 8 ms. */
START_TEST(second_waits_a_jiffy)
{
	setup();
	mock_call(twice, NULL);
	ck_took(0, ended, 8 * MS);
	ck_assert_uint_gt(mock.blocks[VS_WAIT_GRACE_PERIOD], 0);
}
END_TEST

static void reader(void *arg)
{
	int idx = srcu_read_lock(&srcu);

	reading = true;
	usleep_range(*(unsigned long *)arg, 0);
	srcu_read_unlock(&srcu, idx);
}

static void expedited(void *arg)
{
	(void)arg;
	while (!reading)
		mock_point();
	started = vs_now_ps();
	synchronize_srcu_expedited(&srcu);
	ended = vs_now_ps();
}

/* The reader stays 12 us. First scan: nobody on the other index. Second: three looks per visit, at
 * 0, 5 and 10 us; no delay; the next visit looks at 10 and at 15 us, when the reader has left. */
START_TEST(expedited_looks_every_5_us)
{
	unsigned long stay_us = 12;

	setup();
	mock_spawn(0, reader, &stay_us);
	mock_spawn(1, expedited, NULL);
	mock_run();
	ck_took(started, ended, 15 * US);
}
END_TEST

static void normal(void *arg)
{
	(void)arg;
	while (!reading)
		mock_point();
	srcu.last_gp_end = vs_now_ps(); /* one has just ended: not quiet */
	synchronize_srcu(&srcu);
	ended = vs_now_ps();
}

/*
 * The reader stays 30 ms, from about 0. Begun in jiffy 0; the first visit is at the start of jiffy
 * 2 (8 ms) and finds the first scan clear, the second not, at 8 ms and 5 us later. Delay then: 1 +
 * (2 - 1 - 0) = 2 jiffies, so jiffy 2 + 2 + 1 = 5 (20 ms). Not yet. Delay 1 + (5 - 1 - 0) = 5:
 * jiffy 11, 44 ms, and the reader has left.
 */
START_TEST(delays_grow_with_age)
{
	unsigned long stay_us = 30000;

	setup();
	mock_spawn(0, reader, &stay_us);
	mock_spawn(1, normal, NULL);
	mock_run();
	ck_took(0, ended, 44 * MS);
}
END_TEST

/* 200 ms. Visits as above until jiffy 11 (44 ms): delay 1 + (11 - 1) = 11, at most 10, so jiffy 22
 * (88 ms), 33 (132), 44 (176), 55 (220 ms). */
START_TEST(delay_is_at_most_ten_jiffies)
{
	unsigned long stay_us = 200000;

	setup();
	mock_spawn(0, reader, &stay_us);
	mock_spawn(1, normal, NULL);
	mock_run();
	ck_took(0, ended, 220 * MS);
}
END_TEST

static void sync_only(void *arg)
{
	(void)arg;
	while (!reading)
		mock_point();
	synchronize_srcu_expedited(&srcu);
}

/* Five callers wait while a reader stays: the first runs a grace period; those that came during it
 * share the second, whose number is 1. So two in all, gp_seq ends at 4. */
START_TEST(callers_share_the_next)
{
	unsigned long stay_us = 100;

	setup();
	mock_spawn(0, reader, &stay_us);
	for (int i = 0; i < 5; i++)
		mock_spawn(1, sync_only, NULL);
	mock_run();
	ck_assert_uint_eq(mock_faults(), 0);
	ck_assert_uint_eq(srcu.gp_seq, 4);
	ck_assert_uint_eq(mock.blocks[VS_WAIT_LOCK], 0); /* all of it is grace period */
}
END_TEST

static void cleanup(void *arg)
{
	(void)arg;
	cleanup_srcu_struct(&srcu);
}

static void left_open(void *arg)
{
	(void)arg;
	srcu_read_lock(&srcu);
}

START_TEST(cleanup_under_a_reader_warns_and_frees_nothing)
{
	setup();
	mock_call(left_open, NULL);
	mock_call(cleanup, NULL);
	ck_assert_uint_eq(mock.faults[MOCK_WARN], 1);
	ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("SRCU timing");
	TCase *t = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, first_after_quiet_does_not_wait);
	tcase_add_test(t, second_waits_a_jiffy);
	tcase_add_test(t, expedited_looks_every_5_us);
	tcase_add_test(t, delays_grow_with_age);
	tcase_add_test(t, delay_is_at_most_ten_jiffies);
	tcase_add_test(t, callers_share_the_next);
	tcase_add_test(t, cleanup_under_a_reader_warns_and_frees_nothing);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
