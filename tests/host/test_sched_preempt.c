/*
 * Where a thread gives way to one that comes before it, in each kind of kernel: worked out by hand.
 * Costs: see rig.h. B is real-time, so that it always comes before A.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/host/rig.h"

static struct {
	struct rig r;
	vs_ps a, b;
	bool urgent;
} w;

static void begin(enum vs_preempt preempt)
{
	struct rig_options o = {.preempt = preempt};

	rig_init(&w.r, &o);
	w.a = w.b = 0;
	w.urgent = false;
}

static void teardown(void)
{
	rig_release(&w.r);
}

static void work(vs_ps ps)
{
	vs_host_charge(w.r.h, ps, VS_CAUSE_COMPUTE);
}

static void mark(void *at)
{
	*(vs_ps *)at = vs_now_ps();
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

static void start(void (*fn)(void *arg), void *arg, uint8_t rt, vs_ps at)
{
	struct vs_task_params p = {.name = "t",
				   .kind = VS_TASK_KTHREAD,
				   .pinned = true,
				   .fn = fn,
				   .arg = arg,
				   .rt = rt};

	rig_start(&w.r, &p, at);
}

/* A starts at 1 us and is in the kernel from 1.3 on, B wakes at 3. */
static void run(void (*a)(void *arg))
{
	start(a, NULL, 0, US(1));
	start(mark, &w.b, 1, US(3));
	rig_run(&w.r, MS(100));
}

static void offers(void *arg)
{
	(void)arg;
	work(US(5));
	if (w.urgent)
		vs_host_resched(w.r.h);
	vs_cond_resched();
	mark(&w.a);
}

/* B comes in at the cond_resched of 6.3, a switch later; it ends at once and A is back at 8.3. */
START_TEST(voluntary)
{
	begin(VS_PREEMPT_VOLUNTARY);
	run(offers);
	ck_assert_uint_eq(w.b, NS(7300));
	ck_assert_uint_eq(w.a, NS(8300));
}
END_TEST

/* Nobody listens: A ends at 6.3, then B. */
START_TEST(none)
{
	begin(VS_PREEMPT_NONE);
	run(offers);
	ck_assert_uint_eq(w.a, NS(6300));
	ck_assert_uint_eq(w.b, NS(7300));
}
END_TEST

/* But RCU is listened to. */
START_TEST(none_but_urgent)
{
	begin(VS_PREEMPT_NONE);
	w.urgent = true;
	run(offers);
	ck_assert_uint_eq(w.b, NS(7300));
	ck_assert_uint_eq(w.a, NS(8300));
}
END_TEST

static void returns(void *arg)
{
	(void)arg;
	work(US(5));
	vs_resched();
	mark(&w.a);
}

/* Who returns to guest or user mode gives way in any kernel. */
START_TEST(none_on_return)
{
	begin(VS_PREEMPT_NONE);
	run(returns);
	ck_assert_uint_eq(w.b, NS(7300));
	ck_assert_uint_eq(w.a, NS(8300));
}
END_TEST

static void in_user_mode(void *arg)
{
	(void)arg;
	vs_task_compute(MS(10), VS_CAUSE_COMPUTE);
	mark(&w.a);
}

/* Interrupt 3 - 3.2, B at 4.2, A at 5.2 with 10 ms - 1.7 us to go, two ticks: 10.0055 ms. */
START_TEST(none_in_user_mode)
{
	begin(VS_PREEMPT_NONE);
	run(in_user_mode);
	ck_assert_uint_eq(w.b, NS(4200));
	ck_assert_uint_eq(w.a, MS(10) + NS(5500));
}
END_TEST

static void with_preemption_off(void *arg)
{
	(void)arg;
	vs_preempt_disable();
	work(US(3));
	vs_cond_resched();
	work(US(2));
	vs_preempt_enable();
	mark(&w.a);
}

/* An interrupt of 0.2 says at 3 that B waits; it is taken at 4.3. At 6.5 preemption is on again. */
START_TEST(full_when_it_may)
{
	begin(VS_PREEMPT_FULL);
	run(with_preemption_off);
	ck_assert_uint_eq(w.b, NS(7500));
	ck_assert_uint_eq(w.a, NS(8500));
}
END_TEST

static void anywhere(void *arg)
{
	(void)arg;
	work(US(5));
	vs_cpu_relax(); /* as good as any callback */
	mark(&w.a);
}

/* The interrupt is taken at 6.3, and on return from it B comes in: 6.5 and a switch. A is back at
 * 8.5 and relaxes, 0.001. */
START_TEST(full_anywhere)
{
	begin(VS_PREEMPT_FULL);
	run(anywhere);
	ck_assert_uint_eq(w.b, NS(7500));
	ck_assert_uint_eq(w.a, NS(8501));
}
END_TEST

/* Voluntary kernels do not: A ends at 6.301. */
START_TEST(voluntary_not_anywhere)
{
	begin(VS_PREEMPT_VOLUNTARY);
	run(anywhere);
	ck_assert_uint_eq(w.a, NS(6301));
	ck_assert_uint_eq(w.b, NS(7301));
}
END_TEST

static struct vs_task *reader;

static void inside_a_reader(void *arg)
{
	uint32_t *depth = vs_task_rcu_depth(reader);

	(void)arg;
	++*depth;
	work(US(5));
	vs_cpu_relax();
	mark(&w.a);
	--*depth;
	work(US(1));
	vs_cond_resched();
}

static void run_reader(enum vs_preempt preempt)
{
	struct vs_task_params p = {
		.name = "reader", .kind = VS_TASK_KTHREAD, .pinned = true, .fn = inside_a_reader};

	begin(preempt);
	reader = rig_start(&w.r, &p, US(1));
	start(mark, &w.b, 1, US(3));
	rig_run(&w.r, MS(100));
}

/* A full kernel preempts readers like anybody else: as in full_anywhere. */
START_TEST(full_inside_a_reader)
{
	run_reader(VS_PREEMPT_FULL);
	ck_assert_uint_eq(w.b, NS(7500));
	ck_assert_uint_eq(w.a, NS(8501));
}
END_TEST

/* A voluntary one does not, until its section has ended: 6.301, 1 more, and a switch. */
START_TEST(voluntary_after_the_reader)
{
	run_reader(VS_PREEMPT_VOLUNTARY);
	ck_assert_uint_eq(w.a, NS(6301));
	ck_assert_uint_eq(w.b, NS(8301));
}
END_TEST

/* -- real-time --------------------------------------------------------------------------------- */

static vs_ps at[3];

static void computes(void *arg)
{
	vs_task_compute(MS(10), VS_CAUSE_COMPUTE);
	mark(arg);
}

/*
 * Priorities 1, 1 and 2 compute 10 ms each, started at 1, 2 and 3 us. The first runs from 1.3 until
 * the third comes: interrupt 3 - 3.2, in at 4.2, ticks at 4 and 8 ms: 10.0062 ms. Then the first,
 * which was there before the second: in at 10.0072 with 10 - 0.0017 to go, ticks at 12, 16 and 20
 * ms: 20.0085. Then the second, in at 20.0095, ticks at 24 and 28: 30.0115. No slice ends any.
 */
START_TEST(real_time_by_priority_and_turn)
{
	begin(VS_PREEMPT_VOLUNTARY);
	start(computes, &at[0], 1, US(1));
	start(computes, &at[1], 1, US(2));
	start(computes, &at[2], 2, US(3));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(at[2], NS(10006200));
	ck_assert_uint_eq(at[0], NS(20008500));
	ck_assert_uint_eq(at[1], NS(30011500));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host sched preempt");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, NULL, teardown);
	tcase_add_test(c, voluntary);
	tcase_add_test(c, none);
	tcase_add_test(c, none_but_urgent);
	tcase_add_test(c, none_on_return);
	tcase_add_test(c, none_in_user_mode);
	tcase_add_test(c, full_when_it_may);
	tcase_add_test(c, full_anywhere);
	tcase_add_test(c, voluntary_not_anywhere);
	tcase_add_test(c, full_inside_a_reader);
	tcase_add_test(c, voluntary_after_the_reader);
	tcase_add_test(c, real_time_by_priority_and_turn);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
