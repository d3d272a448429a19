/* Switching, sleeping, waking, ticks and placement, worked out by hand. Costs: see rig.h. Who gets
 * how much: test_sched_fair.c; who gives way when: test_sched_preempt.c; pulling:
 * test_sched_pull.c. */
#include <check.h>
#include <stdlib.h>

#include "tests/host/rig.h"

/* What happened when, as the threads of one test saw it. */
static struct {
	struct rig r;
	struct vs_task *a, *b;
	vs_ps at[16];
	uint32_t cpu[16];
	bool flag[16];
	uint32_t n;
} w;

static void mark(void)
{
	w.cpu[w.n] = vs_cpu_id();
	w.at[w.n++] = vs_now_ps();
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

static void work(vs_ps ps)
{
	vs_host_charge(w.r.h, ps, VS_CAUSE_COMPUTE);
}

static void setup(void)
{
	struct rig_options o = {0};

	rig_init(&w.r, &o);
	w.n = 0;
}

static void teardown(void)
{
	rig_release(&w.r);
}

/* -- two threads on one CPU
 * ------------------------------------------------------------------------ */

static void first(void *arg)
{
	(void)arg;
	mark(); /* [0] */
	work(US(5));
	vs_task_block(VS_WAIT_LOCK, NULL, NULL, VS_PS_NEVER);
	mark(); /* [2] */
	work(US(1));
}

static void second(void *arg)
{
	(void)arg;
	mark(); /* [1] */
	work(US(2));
	vs_task_wake(w.a);
	w.flag[0] = vs_task_block(VS_WAIT_TIMER, NULL, NULL, US(20));
	mark(); /* [3] */
}

/*
 * Both are started at 1 us. A leaves idle first: 1.3. B, second in the queue, comes in one context
 * switch after A sleeps: 1.3 + 5 + 1 = 7.3. It works until 9.3 and wakes A, which costs nothing on
 * the same CPU, then sleeps: A is back at 10.3. B's timer at 20 finds an idle CPU: 20.3.
 */
START_TEST(switch_between_two)
{
	w.a = rig_task(&w.r, "a", VS_TASK_CONTROL, 0, first, NULL, US(1));
	w.b = rig_task(&w.r, "b", VS_TASK_CONTROL, 0, second, NULL, US(1));
	ck_assert_int_eq(rig_run(&w.r, MS(100)), VS_STOP_QUIET);
	ck_assert_uint_eq(w.at[0], NS(1300));
	ck_assert_uint_eq(w.at[1], NS(7300));
	ck_assert_uint_eq(w.at[2], NS(10300));
	ck_assert_uint_eq(w.at[3], NS(20300));
	ck_assert(!w.flag[0]);
	/* A slept from 6.3 to 9.3 for a lock; B lay in the queue from 1 to 7.3 */
	ck_assert_uint_eq(vs_task_books(w.a)[VS_CAUSE_LOCK], NS(3000));
	ck_assert_uint_eq(vs_task_books(w.a)[VS_CAUSE_SCHED], NS(300 + 1000));
	ck_assert_uint_eq(vs_task_books(w.b)[VS_CAUSE_SCHED], NS(6300 + 300));
	ck_assert_uint_eq(vs_task_books(w.b)[VS_CAUSE_IDLE], NS(1000 + 10700));
}
END_TEST

/* -- waking
 * ---------------------------------------------------------------------------------------- */

static void sleeper(void *arg)
{
	(void)arg;
	w.flag[0] = vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
	mark();
}

static void waker(void *arg)
{
	(void)arg;
	vs_task_wake(w.a);
	mark();
}

/* B starts at 10.3 and pays 0.1 to send; the message is there 0.2 later, at 10.6; A leaves idle. */
START_TEST(wake_flies)
{
	w.a = rig_task(&w.r, "a", VS_TASK_CONTROL, 2, sleeper, NULL, US(1));
	w.b = rig_task(&w.r, "b", VS_TASK_CONTROL, 0, waker, NULL, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[0], NS(10400));
	ck_assert_uint_eq(w.at[1], NS(10900));
	ck_assert(w.flag[0]);
	ck_assert_uint_eq(vs_task_books(w.b)[VS_CAUSE_INTERRUPT], NS(100));
}
END_TEST

static void busy_sleeper(void *arg)
{
	(void)arg;
	work(US(20)); /* the wake-up comes meanwhile */
	w.flag[0] = vs_task_block(VS_WAIT_LOCK, NULL, NULL, VS_PS_NEVER);
	mark();
	w.flag[1] = vs_task_block(VS_WAIT_LOCK, NULL, NULL, US(30));
	mark();
}

/* A works from 1.3 to 21.3. The wake-up of 10.6 is kept and ends the first sleep at once, only it.
 */
START_TEST(wake_is_not_lost)
{
	w.a = rig_task(&w.r, "a", VS_TASK_CONTROL, 2, busy_sleeper, NULL, US(1));
	w.b = rig_task(&w.r, "b", VS_TASK_CONTROL, 0, waker, NULL, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[1], NS(21300));
	ck_assert(w.flag[0]);
	ck_assert_uint_eq(w.at[2], NS(30300));
	ck_assert(!w.flag[1]);
}
END_TEST

static void two_deadlines(void *arg)
{
	(void)arg;
	w.flag[0] = vs_task_block(VS_WAIT_LOCK, NULL, NULL, US(50));
	w.flag[1] = vs_task_block(VS_WAIT_LOCK, NULL, NULL, US(60));
	mark();
	w.flag[2] = vs_task_block(VS_WAIT_LOCK, NULL, NULL, US(60)); /* over already */
	mark();
}

/* The first sleep is ended by the wake-up, and its deadline at 50 does not end the second. */
START_TEST(deadline_is_taken_back)
{
	w.a = rig_task(&w.r, "a", VS_TASK_CONTROL, 2, two_deadlines, NULL, US(1));
	w.b = rig_task(&w.r, "b", VS_TASK_CONTROL, 0, waker, NULL, US(10));
	rig_run(&w.r, MS(1));
	ck_assert(w.flag[0] && !w.flag[1] && !w.flag[2]);
	ck_assert_uint_eq(w.at[1], NS(60300));
	ck_assert_uint_eq(w.at[2], NS(60300));
}
END_TEST

/* -- ticks
 * ----------------------------------------------------------------------------------------- */

static vs_ps tick_at[16];
static uint32_t n_ticks;

static void on_tick(void *ctx, uint32_t cpu, vs_ps now, bool user)
{
	(void)ctx;
	ck_assert_uint_eq(cpu, 0);
	ck_assert(!user);
	tick_at[n_ticks++] = now;
}

static void computer(void *arg)
{
	(void)arg;
	vs_task_compute(MS(10), VS_CAUSE_ALLOC);
	mark();
}

/* From 1.3 us on, 10 ms of work: ticks at 4 and 8 ms, on this CPU only, make it 2 us longer. The
 * one armed for 12 ms finds the CPU idle and is none. */
START_TEST(ticks_on_boundaries)
{
	struct vs_host_hooks hooks = {.tick = on_tick};
	struct vs_host_stats stats;

	n_ticks = 0;
	vs_host_set_hooks(w.r.h, &hooks);
	w.a = rig_task(&w.r, "a", VS_TASK_CONTROL, 0, computer, NULL, US(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(n_ticks, 2);
	ck_assert_uint_eq(tick_at[0], MS(4));
	ck_assert_uint_eq(tick_at[1], MS(8));
	ck_assert_uint_eq(w.at[0], MS(10) + NS(3300));
	ck_assert_uint_eq(vs_task_books(w.a)[VS_CAUSE_ALLOC], MS(10));
	ck_assert_uint_eq(vs_task_books(w.a)[VS_CAUSE_INTERRUPT], US(2));
	vs_host_stats(w.r.h, &stats);
	ck_assert_uint_eq(stats.ticks, 2);
}
END_TEST

static bool wants_tick(void *ctx, uint32_t cpu)
{
	(void)ctx;
	return cpu == 0 && n_ticks < 5;
}

/* An idle CPU keeps its tick as long as a hook asks for it. */
START_TEST(idle_tick_on_demand)
{
	struct vs_host_hooks hooks = {.tick = on_tick, .needs_tick = wants_tick};

	n_ticks = 0;
	vs_host_set_hooks(w.r.h, &hooks);
	rig_task(&w.r, "a", VS_TASK_CONTROL, 0, computer, NULL, US(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(n_ticks, 5);
	ck_assert_uint_eq(tick_at[4], MS(20));
}
END_TEST

/* -- placement
 * ------------------------------------------------------------------------------------- */

static void floating(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++) {
		w.flag[i] = vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
		mark();
	}
}

static void hog(void *arg)
{
	(void)arg;
	vs_task_compute(US(100), VS_CAUSE_COMPUTE);
}

static struct vs_task *floating_task(int cpu)
{
	struct vs_task_params p = {
		.name = "f", .kind = VS_TASK_CONTROL, .cpu = cpu, .fn = floating};

	return rig_start(&w.r, &p, US(1));
}

static void waker_to_20(void *arg)
{
	(void)arg;
	vs_task_wake(w.a);
	vs_task_block(VS_WAIT_TIMER, NULL, NULL, US(20));
	vs_task_wake(w.a);
}

/*
 * F slept on CPU 0, which a hog has by then. The wake-up gets there at 10.6 and goes on to CPU 1,
 * seen idle: 10.8, out of idle 11.1, moved 11.6. The second one, sent at 20.4 by CPU 2, already
 * goes to CPU 1: there at 20.6, out of idle 20.9, and no move.
 */
START_TEST(floats_to_idle)
{
	struct vs_host_stats stats;

	w.a = floating_task(0);
	rig_task(&w.r, "hog", VS_TASK_CONTROL, 0, hog, NULL, US(5));
	rig_task(&w.r, "waker", VS_TASK_CONTROL, 2, waker_to_20, NULL, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[0], NS(11600));
	ck_assert_uint_eq(w.cpu[0], 1);
	ck_assert_uint_eq(w.at[1], NS(20900));
	ck_assert_uint_eq(w.cpu[1], 1);
	vs_host_stats(w.r.h, &stats);
	ck_assert_uint_eq(stats.migrations, 1);
}
END_TEST

/*
 * Two wake-ups on their way to CPU 0 at once, 10.6 from CPU 2 and 10.605 from CPU 3: the first
 * sends F to CPU 1; the second reaches CPU 0 when F has left, is sent after it, and gets to CPU 1
 * at 10.805, where F is on its way out of sleep: it will look anyway.
 */
START_TEST(wake_follows_a_moved_thread)
{
	w.a = floating_task(0);
	rig_task(&w.r, "hog", VS_TASK_CONTROL, 0, hog, NULL, US(5));
	rig_task(&w.r, "waker", VS_TASK_CONTROL, 2, waker, NULL, US(10));
	rig_task(&w.r, "waker", VS_TASK_CONTROL, 3, waker, NULL, US(10) + NS(5));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[0], NS(10400));
	ck_assert_uint_eq(w.at[1], NS(10405));
	ck_assert_uint_eq(w.at[2], NS(11600));
	ck_assert_uint_eq(w.n, 3); /* and F sleeps again */
}
END_TEST

static void on_post(struct vs_task *t, void *arg)
{
	ck_assert_ptr_eq(t, w.a);
	w.cpu[8] = vs_host_here(w.r.h, arg);
}

static void poster(void *arg)
{
	vs_task_post(w.a, on_post, arg);
}

/* The same with a post: from CPU 3 at 10.405, at CPU 0 at 10.605, at CPU 1 at 10.805. */
START_TEST(post_follows_a_moved_thread)
{
	w.a = floating_task(0);
	rig_task(&w.r, "hog", VS_TASK_CONTROL, 0, hog, NULL, US(5));
	rig_task(&w.r, "waker", VS_TASK_CONTROL, 2, waker, NULL, US(10));
	rig_task(&w.r, "poster", VS_TASK_CONTROL, 3, poster, &w.at[8], US(10) + NS(105));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.cpu[8], 1);
	ck_assert_uint_eq(w.at[8], NS(10805));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host sched");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, switch_between_two);
	tcase_add_test(c, wake_flies);
	tcase_add_test(c, wake_is_not_lost);
	tcase_add_test(c, deadline_is_taken_back);
	tcase_add_test(c, ticks_on_boundaries);
	tcase_add_test(c, idle_tick_on_demand);
	tcase_add_test(c, floats_to_idle);
	tcase_add_test(c, wake_follows_a_moved_thread);
	tcase_add_test(c, post_follows_a_moved_thread);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
