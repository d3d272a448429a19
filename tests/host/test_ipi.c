/* Posted interrupts, interrupts off, and what guests do themselves, worked out by hand. Costs: see
 * rig.h. */
#include <check.h>
#include <string.h>

#include "tests/host/rig.h"

static struct {
	struct rig r;
	struct vs_task *vcpu;
	struct vs_guest_plan plan;
	uint32_t plans, entries, steps;
	vs_ps step_at[8];
	struct {
		enum vs_exit why;
		vs_ps at;
	} exit[8];
	uint32_t n_exits;
	vs_ps at[8];
	uint32_t n;
} w;

static void mark(void)
{
	w.at[w.n++] = vs_now_ps();
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

static void plan(void *ctx, vs_ps now, struct vs_guest_plan *out)
{
	(void)ctx;
	(void)now;
	w.plans++;
	*out = w.plan;
}

static void entered(void *ctx, vs_ps now)
{
	(void)ctx;
	(void)now;
	w.entries++;
}

/* A microsecond each. */
static bool work(void *ctx)
{
	(void)ctx;
	if (!w.steps)
		return false;
	w.step_at[--w.steps] = vs_now_ps();
	vs_host_charge(w.r.h, US(1), VS_CAUSE_COMPUTE);
	return true;
}

static const struct vs_guest_ops ops = {.plan = plan, .entered = entered, .work = work};

static void vcpu(void *arg)
{
	uint64_t *rounds = arg;

	while ((*rounds)--) {
		w.exit[w.n_exits].why = vs_guest_run();
		w.exit[w.n_exits++].at = vs_now_ps();
		ck_assert_uint_eq(rig_books(), vs_now_ps());
	}
}

/* Starts at 1 us on CPU 2, calls vs_guest_run at 1.3, is in its guest at 1.6 for 10. */
static void make_vcpu(uint64_t rounds)
{
	static uint64_t left;
	struct vs_task_params p = {.name = "vcpu",
				   .kind = VS_TASK_VCPU,
				   .cpu = 2,
				   .pinned = true,
				   .fn = vcpu,
				   .arg = &left,
				   .guest = &ops};

	left = rounds;
	w.plan = (struct vs_guest_plan){.run_ps = US(10), .then = VS_GUEST_OPERATION};
	w.vcpu = vs_task_new(w.r.h, &p);
	vs_task_seed(w.vcpu, US(1));
}

static void notify(void *arg)
{
	(void)arg;
	vs_notify_cpu(2);
	mark();
}

static void kick(void *arg)
{
	(void)arg;
	vs_kick_cpu(2);
}

static void from(uint32_t cpu, void (*fn)(void *arg), vs_ps at)
{
	rig_task(&w.r, "sender", VS_TASK_CONTROL, (int)cpu, fn, NULL, at);
}

static void setup(void)
{
	struct rig_options o = {0};

	memset(&w, 0, sizeof(w));
	rig_init(&w.r, &o);
}

static void teardown(void)
{
	rig_release(&w.r);
}

/* From CPU 3 at 5.3, sent 5.4, there 5.5, taken 5.7: no exit. It has run 3.9 of its 10 and goes on
 * until 11.8, out at 12.1. */
START_TEST(notified_in_guest)
{
	struct vs_host_stats stats;

	make_vcpu(2);
	from(3, notify, US(5));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[0], NS(5400));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_NONE);
	ck_assert_uint_eq(w.exit[0].at, NS(5700));
	ck_assert_int_eq(w.exit[1].why, VS_EXIT_OPERATION);
	ck_assert_uint_eq(w.exit[1].at, NS(12100));
	ck_assert_uint_eq(vs_task_books(w.vcpu)[VS_CAUSE_GUEST_TRANSITION], NS(600));
	ck_assert_uint_eq(vs_task_books(w.vcpu)[VS_CAUSE_INTERRUPT], NS(200));
	vs_host_stats(w.r.h, &stats);
	ck_assert_uint_eq(stats.guest_entries, 1);
}
END_TEST

/* Three targets' worth to one: sends at 5.4, 5.5, 5.6, there 100 later each. The second finds the
 * CPU taking the first (until 5.7), the third too: both are taken together, 5.9. */
static void notify_thrice(void *arg)
{
	notify(arg);
	notify(arg);
	notify(arg);
}

START_TEST(notified_again_while_taking)
{
	make_vcpu(3);
	from(3, notify_thrice, US(5));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[2], NS(5600));
	ck_assert_uint_eq(w.exit[0].at, NS(5700));
	ck_assert_int_eq(w.exit[1].why, VS_EXIT_NONE);
	ck_assert_uint_eq(w.exit[1].at, NS(5900));
	/* it ran from 1.6 to 5.5, and runs the rest of its 10 from 5.9 */
	ck_assert_uint_eq(w.exit[2].at, NS(5900 + 10000 - 3900 + 300));
}
END_TEST

/* From across, at 1.3: sent 1.4, there 1.6, as the guest is entered: taken there at once, 1.8. From
 * near it comes at 1.5, before the entry, and makes no difference. */
START_TEST(notified_before_entry)
{
	make_vcpu(2);
	from(_i, notify, US(1));
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_NONE);
	ck_assert_uint_eq(w.exit[0].at, NS(1800));
	ck_assert_uint_eq(w.exit[1].at, NS(12100));
	ck_assert_uint_eq(w.entries, 1);
}
END_TEST

/* A kick that waits as well ends guest mode: in 1.6, out 1.9, and both are host interrupts. */
START_TEST(kicked_and_notified)
{
	make_vcpu(1);
	from(0, notify, US(1));
	from(3, kick, US(1));
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.exit[0].at, NS(1600 + 300 + 2 * 200));
}
END_TEST

static void computes(void *arg)
{
	(void)arg;
	vs_task_compute(US(5), VS_CAUSE_COMPUTE);
	mark();
}

/* A CPU that is in no guest handles it, and that is all: 5 us of computing take 200 ns longer. */
START_TEST(notified_in_host)
{
	from(2, computes, US(1));
	from(3, notify, US(2));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[1], NS(1300 + 5000 + 200));
}
END_TEST

static void wakes_late(void *arg)
{
	(void)arg;
	mark();
}

/* Idle: there at 2.5, out of idle 2.8, handled 3.0. A thread due at 2.9 has to wait for that. */
START_TEST(notified_idle)
{
	from(3, notify, US(2));
	from(2, wakes_late, NS(2900));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[1], NS(3000));
}
END_TEST

static void keeps_off(void *arg)
{
	(void)arg;
	vs_irq_disable();
	vs_host_charge(w.r.h, US(2), VS_CAUSE_COMPUTE);
	vs_cond_resched();
	mark(); /* 3.3: not taken */
	vs_irq_enable();
	vs_cond_resched();
	mark(); /* both, now */
}

START_TEST(interrupts_wait_while_they_are_off)
{
	from(2, keeps_off, US(1));
	from(3, kick, US(1));
	from(0, kick, US(1));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[0], NS(3300));
	ck_assert_uint_eq(w.at[1], NS(3300 + 2 * 200));
}
END_TEST

/* Three steps of 1 us from 1.6. The kick comes at 3.0, in the second, and is taken after it,
 * at 3.6: out 3.9, handled 4.1; in at 4.4 for the third, until 5.4. Then 10 to run: out
 * at 15.4, 15.7. */
START_TEST(exits_come_between_steps)
{
	make_vcpu(2);
	w.steps = 3;
	from(3, kick, NS(2500));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.step_at[2], NS(1600));
	ck_assert_uint_eq(w.step_at[1], NS(2600));
	ck_assert_uint_eq(w.exit[0].at, NS(4100));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.step_at[0], NS(4400));
	ck_assert_uint_eq(w.exit[1].at, NS(15700));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host ipi");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, notified_in_guest);
	tcase_add_test(c, notified_again_while_taking);
	tcase_add_loop_test(c, notified_before_entry, 0, 2);
	tcase_add_test(c, kicked_and_notified);
	tcase_add_test(c, notified_in_host);
	tcase_add_test(c, notified_idle);
	tcase_add_test(c, interrupts_wait_while_they_are_off);
	tcase_add_test(c, exits_come_between_steps);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
