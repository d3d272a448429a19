/*
 * How threads share a CPU, worked out by hand. Costs: see rig.h; a tick takes 1 us from whom it
 * finds, a switch 1 us from nobody. The scheduler's parameters are those of Linux for one CPU:
 * latency 6 ms, granularity 0.75 ms, wake-up granularity 1 ms. Times in ms unless they say us.
 *
 * A new thread starts a slice behind the least virtual runtime (v) of its CPU, so the first, alone,
 * at v 6.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/host/rig.h"

#define MAX_MARKS 8

static struct {
	struct rig r;
	vs_ps at[MAX_MARKS];
	vs_ps wake; /* when the sleeper does */
	vs_ps first, then;
} w;

static void begin(uint32_t hz)
{
	struct rig_options o = {.hz = hz, .sched = vs_sched_defaults(1)};

	rig_release(&w.r);
	rig_init(&w.r, &o);
}

static void setup(void)
{
	struct rig_options o = {0};

	rig_init(&w.r, &o);
}

static void teardown(void)
{
	rig_release(&w.r);
}

struct job {
	int mark;
	vs_ps ps;
};

static void computes(void *arg)
{
	const struct job *j = arg;

	vs_task_compute(j->ps, VS_CAUSE_COMPUTE);
	w.at[j->mark] = vs_now_ps();
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

static void start(struct job *j, int nice)
{
	struct vs_task_params p = {.name = "t",
				   .kind = VS_TASK_CONTROL,
				   .pinned = true,
				   .fn = computes,
				   .arg = j,
				   .nice = nice};

	rig_start(&w.r, &p, US(1));
}

/*
 * A and B compute 10 each. Each has 3 of 6; ticks every 4 are the first to see that.
 *   A: 0.0013 - 4        3.9987 done   v  6 + 3.9997
 *   B: 4.002 - 8         3.998            9 + 3.999
 *   A: 8.002 - 12        7.9967
 *   B: 12.002 - 16       7.996
 *   A: 16.002 - 18.0053  10: ends; at once B
 *   B: 18.0063 - 20      9.9897; the tick finds nobody else: 20.001 - 20.0113
 */
START_TEST(two)
{
	struct job a = {0, MS(10)}, b = {1, MS(10)};

	begin(250);
	start(&a, 0);
	start(&b, 0);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at[0], NS(18005300));
	ck_assert_uint_eq(w.at[1], NS(20011300));
}
END_TEST

/*
 * Three compute 5 each. A begins at v 6, B a slice of 3 behind, C, when there are three, one of 2:
 * A 6, C 8, B 9. A slice is over at the first tick (every 1) with more than 2 run, its own
 * included.
 *   A: 0.0013 - 3   2.9967 done, being ticked at 1 and 2    v 6 + 2.9997 =  8.9997
 *   C: 3.002 - 6    2.996                                     8 + 2.999  = 10.999
 *   A: 6.002 - 8.0073, ticked at 7 and 8 with 1.998 run: ends
 *   B: 8.0083 - 12  3.9887: a slice is 3 by now               9 + 3.9927 = 12.9927
 *   C: 12.002 - 14.008, ticked at 13 and 14: ends
 *   B: 14.009 - 15.0213, ticked at 15
 */
START_TEST(three)
{
	struct job a = {0, MS(5)}, b = {1, MS(5)}, c = {2, MS(5)};

	begin(1000);
	start(&a, 0);
	start(&b, 0);
	start(&c, 0);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at[0], NS(8007300));
	ck_assert_uint_eq(w.at[1], NS(15021300));
	ck_assert_uint_eq(w.at[2], NS(14008000));
}
END_TEST

/*
 * A has weight 1024, B, five times nicer, 335: slices of 6 * 1024 / 1359 = 4.52097 and 1.47903.
 * B's v goes 1024 / 335 times as fast and begins at 6 + 4.52097. Besides its slice, a lead of one
 * over the other ends a turn, after a granularity.
 *   A: 0.0013 - 5    4.9947 done, ticked 4 times   v  6 + 4.9997         = 10.9997
 *   B: 5.002 - 6     0.998: leads by 2.57             10.52097 + 3.05366 = 13.57463
 *   A: 6.002 - 11    9.9887, 4 more ticks             10.9997 + 4.999    = 15.9987
 *   B: 11.002 - 13   2.995; led by 0.63 at 12         13.57463 + 6.11038 = 19.68501
 *   A: 13.002 - 18   14.9827, 4 more ticks            15.9987 + 4.999    = 20.9977
 *   B: 18.002 - 18.007: ends
 *   A: 18.008, 5.0173 to go, 5 ticks - 23.0303
 */
START_TEST(unequal)
{
	struct job a = {0, MS(20)}, b = {1, MS(3)};

	begin(1000);
	start(&a, 0);
	start(&b, 5);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at[1], NS(18007000));
	ck_assert_uint_eq(w.at[0], NS(23030300));
}
END_TEST

static void for_ever(void *arg)
{
	vs_ps *done = arg;

	for (;;) {
		vs_task_compute(US(100), VS_CAUSE_COMPUTE);
		*done += US(100);
	}
}

/* Over a second, each of n threads gets an nth of what they get together, within 1 %; ticks (0.1 %)
 * and switches (at most one in 1 ms, 0.1 %) take little. */
START_TEST(fair)
{
	static const int counts[] = {2, 3, 5};
	vs_ps done[5] = {0}, all = 0;
	int n = counts[_i];

	begin(1000);
	for (int i = 0; i < n; i++)
		rig_task(&w.r, "t", VS_TASK_CONTROL, 0, for_ever, &done[i], US(1));
	ck_assert_int_eq(rig_run(&w.r, MS(1000)), VS_STOP_LIMIT);
	for (int i = 0; i < n; i++)
		all += done[i];
	ck_assert_uint_ge(all, MS(997));
	for (int i = 0; i < n; i++) {
		ck_assert_uint_ge(100 * (vs_ps)n * done[i], 99 * all);
		ck_assert_uint_le(100 * (vs_ps)n * done[i], 101 * all);
	}
}
END_TEST

/* -- sleepers ---------------------------------------------------------------------------------- */

static void sleeps(void *arg)
{
	(void)arg;
	vs_task_compute(w.first, VS_CAUSE_COMPUTE);
	vs_task_block(VS_WAIT_TIMER, NULL, NULL, w.wake);
	w.at[1] = vs_now_ps();
	vs_task_compute(w.then, VS_CAUSE_COMPUTE);
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

/* S is at v 6 and comes in at 0.0013; A, at 9, comes in 0.001 after S has gone to sleep. */
static void sleeper_and(struct job *a, vs_ps first, vs_ps wake, vs_ps then)
{
	w.first = first;
	w.wake = wake;
	w.then = then;
	rig_task(&w.r, "s", VS_TASK_CONTROL, 0, sleeps, NULL, US(1));
	start(a, 0);
	rig_run(&w.r, MS(1000));
}

/* S sleeps at once, until 5. A is at v 9 + 4.9977 then, and S is put 3 behind it, more than 1: the
 * timer's interrupt, 0.2 us, then a switch. */
START_TEST(woken_preempts)
{
	struct job a = {0, MS(9)};

	begin(100);
	sleeper_and(&a, 0, MS(5), 0);
	ck_assert_uint_eq(w.at[1], MS(5) + NS(1200));
	/* A: 0.0023 - 5, and again, after S, from 5.0022: 9 - 4.9977 to go */
	ck_assert_uint_eq(w.at[0], NS(5002200 + 9000000 - 4997700));
}
END_TEST

/*
 * S computes 4 first: v 10. A comes in at 4.0023. At 6.0023 it is at 9 + 2 = 11, just 1 ahead:
 * that is not more than 1. S waits for the tick at 10, when A has run 5.9977.
 */
START_TEST(woken_does_not_preempt)
{
	struct job a = {0, MS(9)};

	begin(100);
	sleeper_and(&a, MS(4), NS(6002300), 0);
	ck_assert_uint_eq(w.at[1], MS(10) + US(2));
}
END_TEST

/* A picosecond later it does. */
START_TEST(woken_just_preempts)
{
	struct job a = {0, MS(9)};

	begin(100);
	sleeper_and(&a, MS(4), NS(6002300) + 1, 0);
	ck_assert_uint_eq(w.at[1], NS(6003500) + 1);
}
END_TEST

static void tell(void *arg)
{
	(void)arg;
	w.at[1] = vs_now_ps();
}

/*
 * K starts at 5, when A, from 0.0013 on at v 6, is at 10.9987. A kernel thread has slept since long
 * before: it is put 3 behind A and comes in as in woken_preempts. Any other is new, half a latency
 * ahead of A, and has to wait for the tick at 10: 1 us, the interrupt at 5 being over, and a
 * switch.
 */
START_TEST(kernel_thread_is_no_newcomer)
{
	struct job a = {0, MS(20)};
	struct vs_task_params p = {.name = "k",
				   .kind = _i ? VS_TASK_CONTROL : VS_TASK_KTHREAD,
				   .pinned = true,
				   .fn = tell};

	begin(100);
	start(&a, 0);
	rig_start(&w.r, &p, MS(5));
	rig_run(&w.r, MS(1000));
	ck_assert_uint_eq(w.at[1], _i ? MS(10) + US(2) : MS(5) + NS(1200));
}
END_TEST

/*
 * S sleeps until 100.5 and is then 3 behind A, not a hundred: A, with 100.4977 since 0.0023 of
 * which 100 ticks took 0.1, is at v 109.4977, S at 106.4977. S comes in at 100.5012 and has 20 to
 * do, but has to go at 104, at the first tick with more than 3 run: it is at 109.9975 then and A at
 * 109.4979. A comes in at 104.002 and does its last 0.1.
 */
START_TEST(credit_is_bounded)
{
	struct job a = {0, NS(100497700)};

	begin(1000);
	sleeper_and(&a, 0, NS(100500000), MS(20));
	ck_assert_uint_eq(w.at[1], NS(100501200));
	ck_assert_uint_eq(w.at[0], NS(104102000));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host sched fair");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, two);
	tcase_add_test(c, three);
	tcase_add_test(c, unequal);
	tcase_add_loop_test(c, fair, 0, 3);
	tcase_add_test(c, woken_preempts);
	tcase_add_test(c, woken_does_not_preempt);
	tcase_add_test(c, woken_just_preempts);
	tcase_add_loop_test(c, kernel_thread_is_no_newcomer, 0, 2);
	tcase_add_test(c, credit_is_bounded);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
