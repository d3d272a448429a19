/*
 * Guests' locks, pause-loop exits and directed yield, worked out by hand. Costs: see rig.h; also,
 * in ns: 1 to issue an access or cpu_relax(), 1 for a hit, 5 for an atomic's own work, 100 for
 * memory, 40 for a line that the other CPU of the L3 has, 100 to handle a pause-loop exit.
 */
#include <check.h>
#include <string.h>

#include "tests/host/rig.h"

#define MAX_EXITS 8

struct vcpu {
	struct vs_task *task;
	struct vs_guest_plan plan[3];
	uint32_t n_plans, n_exits, rounds;
	struct vs_task *boosts; /* at a pause-loop exit */
	enum vs_exit why[MAX_EXITS];
	vs_ps exit[MAX_EXITS], locking, locked;
};

static struct {
	struct rig r;
	uint64_t *word;
	struct vcpu a, b;
	int answer;
	vs_ps at;
} w;

static void plan(void *ctx, vs_ps now, struct vs_guest_plan *out)
{
	struct vcpu *v = ctx;

	(void)now;
	*out = v->plan[v->n_plans++];
}

static void entered(void *ctx, vs_ps now)
{
	(void)ctx;
	(void)now;
}

static void locking(void *ctx, vs_ps now)
{
	((struct vcpu *)ctx)->locking = now;
}

static void locked(void *ctx, vs_ps now)
{
	((struct vcpu *)ctx)->locked = now;
}

static void run_vcpu(void *arg)
{
	struct vcpu *v = arg;

	while (v->rounds--) {
		enum vs_exit why = vs_guest_run();

		v->why[v->n_exits] = why;
		v->exit[v->n_exits++] = vs_now_ps();
		ck_assert_uint_eq(rig_books(), vs_now_ps());
		if (why == VS_EXIT_PAUSE && v->boosts && vs_task_boost(v->boosts) > 0)
			vs_task_yield();
	}
}

/* Runs 1 us, takes the lock, holds it for `hold`, runs 1 us. */
static void make(struct vcpu *v, int cpu, vs_ps at, vs_ps hold, uint32_t rounds)
{
	static const struct vs_guest_ops ops = {
		.plan = plan, .entered = entered, .locking = locking, .locked = locked};
	struct vs_task_params p = {.name = "vcpu",
				   .kind = VS_TASK_VCPU,
				   .cpu = cpu,
				   .pinned = true,
				   .fn = run_vcpu,
				   .arg = v,
				   .guest = &ops,
				   .guest_ctx = v};

	v->plan[0] = (struct vs_guest_plan){
		.run_ps = US(1), .then = VS_GUEST_LOCK, .lock = w.word, .hold_ps = hold};
	v->plan[1] = (struct vs_guest_plan){.run_ps = US(1), .then = VS_GUEST_HALT};
	v->rounds = rounds;
	v->task = vs_task_new(w.r.h, &p);
	vs_task_seed(v->task, at);
}

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	rig_init(&w.r, &(struct rig_options){0});
	w.r.s.machine.exit_pause_ps = NS(100);
	w.r.s.sched.latency_ps = US(6);
	w.r.s.sched.min_granularity_ps = US(1);
	w.r.s.sched.wakeup_granularity_ps = MS(1); /* no fair thread preempts another by waking */
	w.word = vs_hw_arena_take(w.r.hw, 65536, 2);
}

static void teardown(void)
{
	rig_release(&w.r);
}

/*
 * In the guest at 1.6, at the lock at 2.6: a look (asked 2.601, from memory 2.701), the atomic
 * (issued 2.702, a hit, 2.708). Held until 4.708, released at 4.709 (4.710), 1 us, exit.
 */
START_TEST(free_lock)
{
	make(&w.a, 2, US(1), US(2), 1);
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.a.locking, NS(2600));
	ck_assert_uint_eq(w.a.locked, NS(2708));
	ck_assert_int_eq(w.a.why[0], VS_EXIT_HLT);
	ck_assert_uint_eq(w.a.exit[0], NS(4710 + 1000 + 300));
	ck_assert_uint_eq(*w.word, 0);
}
END_TEST

/*
 * A has it from 2.708 to 12.708, on CPU 2. B, on CPU 3, is at it at 3.6 and has looked at 3.641.
 * The window is 1000 cycles, 1 us. Turns (relax 1, look 2) end at 3.642 + 3 n: parked, until 4.641,
 * where the window ends; one more look, 4.643: exit, 4.943, handled 5.043. In again at 5.343,
 * looked 5.345, now for 2 us: turns end at 5.346 + 3 n, first of all after 7.345 at 7.347,
 * looked 7.349, 7.749. In at 8.049, looked 8.051, 4 us: 12.051, looked 12.053, 12.453. In at
 * 12.753. A let it go meanwhile: asked 12.709, written 12.749. B looks: asked 12.754, there 12.794;
 * it is free: asked 12.795, there 12.835, 12.840.
 */
START_TEST(spinning_for_too_long)
{
	struct vs_host_stats st;

	w.r.s.ple_window_cycles = 1000;
	make(&w.a, 2, US(1), US(10), 1);
	make(&w.b, 3, US(2), US(1), 4);
	rig_run(&w.r, MS(1));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(w.b.why[i], VS_EXIT_PAUSE);
	ck_assert_uint_eq(w.b.exit[0], NS(5043));
	ck_assert_uint_eq(w.b.exit[1], NS(7749));
	ck_assert_uint_eq(w.b.exit[2], NS(12453));
	ck_assert_uint_eq(w.b.locking, NS(3600));
	ck_assert_uint_eq(w.b.locked, NS(12840));
	vs_host_stats(w.r.h, &st);
	ck_assert_uint_eq(st.exits[VS_EXIT_PAUSE], 3);
	ck_assert_uint_eq(st.exits[VS_EXIT_HLT], 2);
	ck_assert_uint_eq(st.locks_contended, 1);
}
END_TEST

/* The same without a window. Turns end at 3.642 + 3 n; A's write at 12.709 takes B's copy
 * at 12.729: the turn ends at 12.729, look: asked 12.730, at the home 12.740, where the line is
 * promised to A from 12.749 for 1 ns; it can leave there at 12.740 (10 ns to A), is lost at 12.750,
 * and a hop is 20: 12.770 (the whole way would be over at that time, too). Asked again 12.771,
 * there 12.811, 12.816. */
START_TEST(spinning_for_ever)
{
	make(&w.a, 2, US(1), US(10), 1);
	make(&w.b, 3, US(2), US(1), 1);
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.b.why[0], VS_EXIT_HLT);
	ck_assert_uint_eq(w.b.locked, NS(12816));
}
END_TEST

static void kicks(void *arg)
{
	(void)arg;
	vs_kick_cpu(3);
}

/* The same, interrupted: CPU 0 sends at 8.4, at CPU 3 at 8.6. The turn ends at 8.601, and so does
 * guest mode: exit 8.901, and only then the handler, 9.101. */
START_TEST(interrupted_while_spinning)
{
	make(&w.a, 2, US(1), US(10), 1);
	make(&w.b, 3, US(2), US(1), 2);
	rig_task(&w.r, "kicks", VS_TASK_CONTROL, 0, kicks, NULL, US(8));
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.b.why[0], VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.b.exit[0], NS(9101));
	ck_assert_int_eq(w.b.why[1], VS_EXIT_HLT);
	ck_assert_uint_eq(vs_task_time(w.b.task)[VS_VCPU_GUEST],
			  NS(8601 - 2600) + w.b.exit[1] - NS(300) - NS(9401));
}
END_TEST

static void computes(void *arg)
{
	(void)arg;
	vs_task_compute(US(3), VS_CAUSE_COMPUTE);
	w.at = vs_now_ps();
}

/*
 * All on CPU 2; virtual runtimes in brackets. A [6 at 1.3] has the lock from 2.708, for 10 us. B
 * comes at 1.5 [6.2 + 3], C at 3.0 [7.7 + 2]. At 5.0 a real-time thread comes: A exits, 5.3,
 * handler 5.5 [10.2], to 6.5; it computes until 9.5. B has the CPU at 10.5, in the guest 10.8, at
 * the lock 11.8, looked 11.802, turns end at 11.803 + 3 n: 12.802, looked 12.804, exit 13.104,
 * handled 13.204. B boosts A ahead of C and yields: A at 14.204, in at 14.504, holds for the other
 * 10 - 2.292: 22.212. Released 22.214, 1 us, out 23.514, and A ends. C 24.514 to 27.514; B
 * at 28.514, in at 28.814, looked 28.816 and taken 28.823.
 */
START_TEST(preempted_holder)
{
	struct vs_task_params p = {.name = "real-time",
				   .kind = VS_TASK_KTHREAD,
				   .cpu = 2,
				   .pinned = true,
				   .rt = 1,
				   .fn = computes};

	w.r.s.ple_window_cycles = 1000;
	make(&w.a, 2, NS(1000), US(10), 2);
	make(&w.b, 2, NS(1500), US(1), 2);
	rig_start(&w.r, &p, US(5));
	rig_task(&w.r, "c", VS_TASK_CONTROL, 2, computes, NULL, US(3));
	w.b.boosts = w.a.task;
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.a.why[0], VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.a.exit[0], NS(14204));
	ck_assert_int_eq(w.b.why[0], VS_EXIT_PAUSE);
	ck_assert_uint_eq(w.b.exit[0], NS(13204));
	ck_assert_uint_eq(w.a.exit[1], NS(23514));
	ck_assert_uint_eq(w.at, NS(27514));
	ck_assert_uint_eq(w.b.locking, NS(11800));
	ck_assert_uint_eq(w.b.locked, NS(28823));
}
END_TEST

/* -- boosting a thread of another CPU ---------------------------------------------------------- */

static void asker(void *arg)
{
	w.answer = vs_task_boost(*(struct vs_task **)arg);
	w.at = vs_now_ps();
}

/* B waits on CPU 2, where A's guest runs. Asked at 10.3, known there 10.5, answered 10.7. A exits,
 * 10.8, handler 11.0, and gives way. */
START_TEST(boost_one_that_waits)
{
	make(&w.a, 2, US(1), US(1), 2);
	w.a.plan[0] = (struct vs_guest_plan){.run_ps = US(50), .then = VS_GUEST_HALT};
	make(&w.b, 2, US(2), US(1), 1);
	rig_task(&w.r, "asker", VS_TASK_CONTROL, 3, asker, &w.b.task, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.answer, 1);
	ck_assert_uint_eq(w.at, NS(10700));
	ck_assert_int_eq(w.a.why[0], VS_EXIT_INTERRUPT);
	/* in at 12.0, in the guest 12.3, at the lock at 13.3 */
	ck_assert_uint_eq(w.b.locking, NS(13300));
}
END_TEST

/* A runs alone on CPU 2, and so does the asker: no use. */
START_TEST(boost_is_no_use)
{
	make(&w.a, 2, US(1), US(50), 1);
	rig_task(&w.r, "asker", VS_TASK_CONTROL, 3, asker, &w.a.task, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.answer, -1);
	ck_assert_uint_eq(w.at, NS(10700));
}
END_TEST

/* A has not been started: it waits for nothing, and its CPU is idle. */
START_TEST(boost_one_that_sleeps)
{
	make(&w.a, 2, US(100), US(1), 1);
	rig_task(&w.r, "asker", VS_TASK_CONTROL, 3, asker, &w.a.task, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.answer, 0);
	ck_assert_uint_eq(w.at, NS(10700));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("guest locks");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, free_lock);
	tcase_add_test(c, spinning_for_too_long);
	tcase_add_test(c, spinning_for_ever);
	tcase_add_test(c, interrupted_while_spinning);
	tcase_add_test(c, preempted_holder);
	tcase_add_test(c, boost_one_that_waits);
	tcase_add_test(c, boost_is_no_use);
	tcase_add_test(c, boost_one_that_sleeps);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
