/*
 * Threads that wait while a CPU has nothing to do, and which CPUs threads may go to: worked out by
 * hand. Costs: see rig.h.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/host/rig.h"

static struct {
	struct rig r;
	vs_ps at, other;
	uint32_t cpu;
	struct vs_task *task;
} w;

static void setup(void)
{
	struct rig_options o = {.hz = 1000, .sched = vs_sched_defaults(1)};

	rig_init(&w.r, &o);
	w.at = 0;
}

static void teardown(void)
{
	rig_release(&w.r);
}

static void computes(void *arg)
{
	vs_task_compute(*(const vs_ps *)arg, VS_CAUSE_COMPUTE);
}

static void hog(int cpu, const vs_ps *ps)
{
	rig_task(&w.r, "hog", VS_TASK_CONTROL, cpu, computes, (void *)(uintptr_t)ps, US(1));
}

/* T, started on CPU 0. */
static void computes_and_marks(void *arg)
{
	computes(arg);
	w.at = vs_now_ps();
	w.cpu = vs_cpu_id();
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

static void start(vs_ps *ps, vs_ps at, bool pinned, uint32_t n_cpus)
{
	struct vs_task_params p = {.name = "t",
				   .kind = VS_TASK_CONTROL,
				   .fn = computes_and_marks,
				   .arg = ps,
				   .pinned = pinned,
				   .n_cpus = n_cpus};

	w.task = rig_start(&w.r, &p, at);
}

static uint64_t pulls(void)
{
	struct vs_host_stats s;

	vs_host_stats(w.r.h, &s);
	return s.pulls;
}

static vs_ps nothing, short_time = US(100), long_time = MS(20);

/*
 * T starts at 2 us on CPU 0, where a hog has come first; nobody is idle. CPU 1's hog ends at 101.3:
 * the request costs 0.1 to send and flies 0.2, T flies 0.2, leaves idle, 0.3, and moves, 0.5.
 */
START_TEST(idle_cpu_pulls)
{
	hog(0, &long_time);
	hog(1, &short_time);
	hog(2, &long_time);
	hog(3, &long_time);
	start(&nothing, US(2), false, 0);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(102600));
	ck_assert_uint_eq(w.cpu, 1);
	ck_assert_uint_eq(pulls(), 1);
	ck_assert_uint_eq(vs_task_books(w.task)[VS_CAUSE_SCHED], NS(100600));
}
END_TEST

/* The same if it may not go there: the hog's slice of 3 ms ends at the tick of 4, 1 us; a switch.
 */
START_TEST(pinned_stays)
{
	hog(0, &long_time);
	hog(1, &short_time);
	start(&nothing, US(2), true, 0);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(4002000));
	ck_assert_uint_eq(w.cpu, 0);
	ck_assert_uint_eq(pulls(), 0);
}
END_TEST

/* Or because CPU 0 is the only one that it is allowed. CPU 1 asks, and is told that there is none.
 */
START_TEST(mask_is_obeyed)
{
	hog(0, &long_time);
	hog(1, &short_time);
	start(&nothing, US(2), false, 1);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(4002000));
	ck_assert_uint_eq(w.cpu, 0);
	ck_assert_uint_eq(pulls(), 0);
}
END_TEST

/* P is pinned and T is not. P would wait longest, having come when a slice was 3 ms, not 2, but T
 * is the one to go. */
START_TEST(one_that_may_go_is_taken)
{
	hog(0, &long_time);
	hog(1, &short_time);
	hog(2, &long_time);
	hog(3, &long_time);
	rig_task(&w.r, "p", VS_TASK_CONTROL, 0, computes, &short_time, US(2));
	start(&nothing, US(3), false, 0);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(102600));
	ck_assert_uint_eq(w.cpu, 1);
}
END_TEST

static void marks_other(void *arg)
{
	(void)arg;
	w.other = vs_now_ps();
}

/*
 * T is 3 ms behind the least virtual runtime where it comes from, and so it is where it goes. It
 * runs there from 0.1026 ms on. N comes at 0.2, a slice of 3 behind T, so that it is its turn when
 * T's slice ends, at the tick of 4: 1 us, and a switch. Were T at 3 there, not
 * 3 above the least, it would have 6 more to run before N's turn.
 */
START_TEST(pulled_thread_keeps_its_distance)
{
	hog(0, &long_time);
	hog(1, &short_time);
	hog(2, &long_time);
	hog(3, &long_time);
	start(&long_time, US(2), false, 0);
	rig_task(&w.r, "n", VS_TASK_CONTROL, 1, marks_other, NULL, US(200));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.cpu, 1);
	ck_assert_uint_eq(w.other, NS(4002000));
}
END_TEST

/* Two allowed: of the idle CPUs 1, 2 and 3 it goes to 1 when woken: 2, 0.2 in flight, out of idle,
 * a move. */
START_TEST(mask_at_wake_up)
{
	hog(0, &long_time);
	start(&nothing, US(2), false, 2);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(3000));
	ck_assert_uint_eq(w.cpu, 1);
}
END_TEST

/*
 * T has come in first, at 1.3 us, and has 10 ms to do. It gives way at the tick of 4 ms with 3.9957
 * done, three ticks taken off, at 4.001. CPU 1's hog ends at 4.3013 and asks, but T has run too
 * recently. At the tick of 5 CPU 0 sees CPU 1 idle and reminds it: 5.001, there at 5.0012; it asks,
 * 5.0013, there at 5.0015; T comes at 5.0017 and runs from 5.0025 on. 6.0043 and the six ticks from
 * 6 to 11 later it has done.
 */
START_TEST(hot_thread_stays_at_first)
{
	vs_ps ten = MS(10), other = US(4300) - US(4); /* less its four ticks */

	start(&ten, US(1), false, 0);
	hog(0, &long_time);
	hog(1, &other);
	hog(2, &long_time);
	hog(3, &long_time);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(11012800));
	ck_assert_uint_eq(w.cpu, 1);
	ck_assert_uint_eq(pulls(), 1);
}
END_TEST

/* Idle 0.3 ms later, CPU 1 gets T at once: 4.6013, 4.6014, 4.6016, 4.6018, in at 4.6026, and done
 * 6.0043 and the six ticks from 5 to 10 later. */
START_TEST(cold_thread_goes)
{
	vs_ps ten = MS(10), other = US(4600) - US(4);

	start(&ten, US(1), false, 0);
	hog(0, &long_time);
	hog(1, &other);
	hog(2, &long_time);
	hog(3, &long_time);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(10612900));
	ck_assert_uint_eq(w.cpu, 1);
}
END_TEST

static void naps(void *arg)
{
	(void)arg;
	for (vs_ps at = US(10); at <= US(80); at += US(10)) {
		vs_task_compute(US(5), VS_CAUSE_COMPUTE);
		vs_task_block(VS_WAIT_TIMER, NULL, NULL, at);
	}
}

/*
 * CPU 1 is idle for a few us eight times, so that its idle times average less than half of the 1 ms
 * that they begin with, and at 75.3 and 80.3, idle while T waits, it does not ask. At the tick of 1
 * ms it is reminded: 1.001, 1.0012, 1.0013, 1.0015, 1.0017, 1.002, 1.0025.
 */
START_TEST(short_idler_does_not_pull)
{
	hog(0, &long_time);
	rig_task(&w.r, "naps", VS_TASK_CONTROL, 1, naps, NULL, US(1));
	hog(2, &long_time);
	hog(3, &long_time);
	start(&nothing, US(72), false, 0);
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at, NS(1002500));
	ck_assert_uint_eq(w.cpu, 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host sched pull");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, idle_cpu_pulls);
	tcase_add_test(c, pinned_stays);
	tcase_add_test(c, mask_is_obeyed);
	tcase_add_test(c, mask_at_wake_up);
	tcase_add_test(c, one_that_may_go_is_taken);
	tcase_add_test(c, pulled_thread_keeps_its_distance);
	tcase_add_test(c, hot_thread_stays_at_first);
	tcase_add_test(c, cold_thread_goes);
	tcase_add_test(c, short_idler_does_not_pull);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
