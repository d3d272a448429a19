/*
 * How long SRCU's grace periods take, and in which order what happens, worked out by hand. The
 * mock's clock moves by 1 ns at every access and jumps to the next deadline when everybody sleeps;
 * a jiffy is 4 ms (250 Hz). A delay of n jiffies from within jiffy j ends at the start of j + n
 * + 1. What is asserted allows SLACK for accesses (two CPUs: some hundreds per grace period).
 */
#include <check.h>
#include <string.h>

#include <linux/delay.h>
#include <linux/sched.h>
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

/* 30 us since the domain was made: at least 25, so expedited. No reader: no delay at all. */
START_TEST(first_after_quiet_does_not_wait)
{
	setup();
	mock_call(after_quiet, NULL);
	ck_took(started, ended, 0);
	ck_assert_uint_eq(mock.delays, 0);
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
 * its first visit is when one whole jiffy is over, at the start of jiffy 2 (8 ms). It ends there,
 * and its callbacks are invoked a jiffy later, likewise counted: at the start of jiffy 4. */
START_TEST(second_waits_a_jiffy_and_another)
{
	setup();
	mock_call(twice, NULL);
	ck_took(0, ended, 16 * MS);
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
	ck_assert_uint_eq(mock.delays, 3);
}
END_TEST

/*
 * The reader stays 20 ms. A visit looks at 0, 5 and 10 us: two delays. At 250 Hz a phase may ask
 * 2000000 / 250 / 5 = 1600 times, at most 1000, for a visit at once, and each visit asks twice: 500
 * visits, 5 ms and what the accesses take. The 501st is refused: it looks twice, one delay, and
 * the next is in jiffy 1 + 1 + 1 = 3 (12 ms). That one looks twice; the delay is now as many
 * jiffies as the grace period's age less one, 3 - 1 = 2: the next in jiffy 3 + 2 + 1 = 6 (24 ms),
 * and the reader has left.
 */
START_TEST(visits_at_once_are_limited)
{
	unsigned long stay_us = 20000;

	setup();
	mock_spawn(0, reader, &stay_us);
	mock_spawn(1, expedited, NULL);
	mock_run();
	ck_took(0, ended, 24 * MS);
	ck_assert_uint_eq(mock.delays, 500 * 2 + 1 + 1);
}
END_TEST

static void wanderer(void *arg)
{
	int idx;
	vs_ps until;

	(void)arg;
	for (preempt_disable(); smp_processor_id() != 0; preempt_disable())
		preempt_enable();
	idx = srcu_read_lock(&srcu);
	until = vs_now_ps() + 12 * US;
	preempt_enable();
	reading = true;
	while (vs_now_ps() < until)
		usleep_range(1, 1);
	for (preempt_disable(); smp_processor_id() != 1; preempt_disable())
		preempt_enable();
	srcu_read_unlock(&srcu, idx);
	preempt_enable();
}

/* As expedited_looks_every_5_us, but the reader comes to another CPU: counted in on 0, out on 1,
 * and the sums are equal all the same. */
START_TEST(reader_unlocks_on_another_cpu)
{
	setup();
	mock_spawn(0, wanderer, NULL);
	mock_spawn(1, expedited, NULL);
	mock_run();
	ck_took(started, ended, 15 * US);
	/* the reader alone: whoever wants a grace period counts himself in and out on one CPU */
	ck_assert_uint_eq(srcu.sda[0].lock_count[0] - srcu.sda[0].unlock_count[0], 1);
	ck_assert_uint_eq(srcu.sda[1].unlock_count[0] - srcu.sda[1].lock_count[0], 1);
}
END_TEST

static void normal(void *arg)
{
	(void)arg;
	while (!reading)
		mock_point();
	srcu.sup->last_gp_end = vs_now_ps(); /* one has just ended: not quiet */
	synchronize_srcu(&srcu);
	ended = vs_now_ps();
}

/*
 * The reader stays 30 ms, from about 0. Begun in jiffy 0; the first visit is at the start of jiffy
 * 2 (8 ms) and finds the first scan clear, the second not, at 8 ms and 5 us later. Delay then: 1 +
 * (2 - 1 - 0) = 2 jiffies, so jiffy 2 + 2 + 1 = 5 (20 ms). Not yet. Delay 1 + (5 - 1 - 0) = 5:
 * jiffy 11, 44 ms, and the reader has left. The callback comes in jiffy 11 + 1 + 1 = 13, 52 ms.
 */
START_TEST(delays_grow_with_age)
{
	unsigned long stay_us = 30000;

	setup();
	mock_spawn(0, reader, &stay_us);
	mock_spawn(1, normal, NULL);
	mock_run();
	ck_took(0, ended, 52 * MS);
}
END_TEST

/* 200 ms. Visits as above until jiffy 11 (44 ms): delay 1 + (11 - 1) = 11, at most 10, so jiffy 22
 * (88 ms), 33 (132), 44 (176), 55 (220 ms); the callback in jiffy 57 (228 ms). */
START_TEST(delay_is_at_most_ten_jiffies)
{
	unsigned long stay_us = 200000;

	setup();
	mock_spawn(0, reader, &stay_us);
	mock_spawn(1, normal, NULL);
	mock_run();
	ck_took(0, ended, 228 * MS);
}
END_TEST

static void sync_only(void *arg)
{
	(void)arg;
	while (!reading)
		mock_point();
	synchronize_srcu_expedited(&srcu);
}

/* Five callers wait while a reader stays: the first begins a grace period; those that came during
 * it share the second. So two in all. */
START_TEST(callers_share_the_next)
{
	unsigned long stay_us = 100;

	setup();
	mock_spawn(0, reader, &stay_us);
	for (int i = 0; i < 5; i++)
		mock_spawn(1, sync_only, NULL);
	mock_run();
	ck_assert_uint_eq(mock_faults(), 0);
	ck_assert_uint_eq(srcu_number(srcu.sup->gp_seq), 2);
	ck_assert_uint_eq(srcu_state(srcu.sup->gp_seq), SRCU_IDLE);
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
	ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 2);
}
END_TEST

/* -- callbacks ----------------------------------------------------------------------------- */

#define MAX_CALLS 4

static struct call {
	struct rcu_head head;
	vs_ps invoked;
	int order;
} * calls;
static int n_invoked;

static void on_call(struct rcu_head *head)
{
	struct call *c = container_of(head, struct call, head);

	c->invoked = vs_now_ps();
	c->order = n_invoked++;
}

static void call_three(void *arg)
{
	(void)arg;
	calls = kcalloc(MAX_CALLS, sizeof(*calls), GFP_KERNEL);
	n_invoked = 0;
	call_srcu(&srcu, &calls[0].head, on_call);
	usleep_range(1000, 1000);
	call_srcu(&srcu, &calls[1].head, on_call);
	usleep_range(16000, 16000);
	call_srcu(&srcu, &calls[2].head, on_call);
	srcu_barrier(&srcu);
	ended = vs_now_ps();
}

/*
 * Called at 0, 1 and 17 ms. The first begins a grace period in jiffy 0 that is visited, and ends,
 * in jiffy 2 (8 ms); its callback is due in jiffy 4 (16 ms). The second was called in the middle of
 * it, and so waits for another, which is begun there and visited at once: it ends at 8 ms too. Its
 * callback shares the timer. The third begins one in jiffy 4, visited in jiffy 6, invoked in jiffy
 * 8 (32 ms), and the barrier ends then.
 */
START_TEST(two_that_follow_each_other)
{
	setup();
	mock_call(call_three, NULL);
	ck_took(0, calls[0].invoked, 16 * MS);
	ck_took(0, calls[1].invoked, 16 * MS);
	ck_took(0, calls[2].invoked, 32 * MS);
	ck_took(0, ended, 32 * MS);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(calls[i].order, i);
	ck_assert_uint_eq(srcu_number(srcu.sup->gp_seq), 3);
	mock_call(cleanup, NULL);
	ck_assert_uint_eq(mock_faults(), 0);
	ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 1); /* calls */
}
END_TEST

static void call_then_hurry(void *arg)
{
	(void)arg;
	calls = kcalloc(MAX_CALLS, sizeof(*calls), GFP_KERNEL);
	n_invoked = 0;
	call_srcu(&srcu, &calls[0].head, on_call);
	usleep_range(9000, 9000);
	synchronize_srcu_expedited(&srcu);
	ended = vs_now_ps();
}

/* The first callback's grace period ends at 8 ms, and it would be invoked at 16. At 9 ms somebody
 * is in a hurry: his callback is invoked at once, and the one before it. */
START_TEST(hurry_does_not_wait_for_the_timer)
{
	setup();
	mock_call(call_then_hurry, NULL);
	ck_took(0, calls[0].invoked, 9 * MS);
	ck_took(0, ended, 9 * MS);
	mock_call(cleanup, NULL);
	ck_assert_uint_eq(mock_faults(), 0);
}
END_TEST

static void poll_it(void *arg)
{
	unsigned long cookie = start_poll_synchronize_srcu(&srcu);

	(void)arg;
	ck_assert(!poll_state_synchronize_srcu(&srcu, cookie));
	usleep_range(7990, 7990);
	ck_assert(!poll_state_synchronize_srcu(&srcu, cookie));
	usleep_range(20, 20);
	ck_assert(poll_state_synchronize_srcu(&srcu, cookie));
}

/* Begun in jiffy 0, visited and over in jiffy 2: at 8 ms. */
START_TEST(polled)
{
	setup();
	mock_call(poll_it, NULL);
	mock_call(cleanup, NULL);
	ck_assert_uint_eq(mock_faults(), 0);
}
END_TEST

static void call_and_leave(void *arg)
{
	(void)arg;
	calls = kcalloc(MAX_CALLS, sizeof(*calls), GFP_KERNEL);
	n_invoked = 0;
	call_srcu(&srcu, &calls[0].head, on_call);
	cleanup_srcu_struct(&srcu);
}

/* The grace period is hurried through, but the callback was to come a jiffy later: it is dropped
 * with the timer, and told of. */
START_TEST(cleanup_with_a_callback_warns_and_frees_nothing)
{
	setup();
	mock_call(call_and_leave, NULL);
	ck_assert_uint_eq(mock.faults[MOCK_WARN], 1);
	ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 3);
	ck_assert_int_eq(n_invoked, 0);
}
END_TEST

static void only_barrier(void *arg)
{
	(void)arg;
	started = vs_now_ps();
	srcu_barrier(&srcu);
	ended = vs_now_ps();
}

START_TEST(barrier_without_callbacks_does_not_wait)
{
	setup();
	mock_call(only_barrier, NULL);
	ck_took(started, ended, 0);
	ck_assert_uint_eq(mock.blocks[VS_WAIT_GRACE_PERIOD], 0);
	ck_assert_uint_eq(srcu_number(srcu.sup->gp_seq), 0);
}
END_TEST

/* No thread but the caller's: no grace period. */
START_TEST(booting_waits_for_nobody)
{
	setup();
	mock.booting = true;
	mock_call(after_quiet, NULL);
	ck_took(started, ended, 0);
	ck_assert_uint_eq(srcu_number(srcu.sup->gp_seq), 0);
}
END_TEST

static void init_fails(void *arg)
{
	*(int *)arg = init_srcu_struct(&srcu);
}

START_TEST(no_memory)
{
	int err = 0;

	mock_init(200, 1); /* many CPUs: a tree too */
	mock.fail_at = _i;
	mock_call(init_fails, &err);
	ck_assert_int_eq(err, -ENOMEM);
	ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("SRCU timing");
	TCase *t = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, first_after_quiet_does_not_wait);
	tcase_add_test(t, second_waits_a_jiffy_and_another);
	tcase_add_test(t, expedited_looks_every_5_us);
	tcase_add_test(t, visits_at_once_are_limited);
	tcase_add_test(t, reader_unlocks_on_another_cpu);
	tcase_add_test(t, delays_grow_with_age);
	tcase_add_test(t, delay_is_at_most_ten_jiffies);
	tcase_add_test(t, callers_share_the_next);
	tcase_add_test(t, cleanup_under_a_reader_warns_and_frees_nothing);
	tcase_add_test(t, two_that_follow_each_other);
	tcase_add_test(t, hurry_does_not_wait_for_the_timer);
	tcase_add_test(t, polled);
	tcase_add_test(t, cleanup_with_a_callback_warns_and_frees_nothing);
	tcase_add_test(t, barrier_without_callbacks_does_not_wait);
	tcase_add_test(t, booting_waits_for_nobody);
	tcase_add_loop_test(t, no_memory, 1, 4);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
