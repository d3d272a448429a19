/* Guest mode, kicks and messages, worked out by hand. Costs: see rig.h. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/hw/access.h"
#include "tests/host/rig.h"

static struct {
	struct rig r;
	struct vs_task *vcpu;
	struct vs_guest_plan plan[8];
	uint32_t n_plans, n_entered;
	vs_ps planned[8], entered[8], left;
	struct {
		enum vs_exit why;
		vs_ps at;
	} exit[8];
	uint32_t n_exits;
	vs_ps at[8];
	uint64_t arg[8];
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
	w.planned[w.n_plans] = now;
	*out = w.plan[w.n_plans++];
}

static void left(void *ctx, vs_ps now)
{
	(void)ctx;
	w.left = now;
}

static void operation(void *ctx)
{
	(void)ctx;
	mark();
}

static void entered(void *ctx, vs_ps now)
{
	(void)ctx;
	w.entered[w.n_entered++] = now;
}

static const struct vs_guest_ops ops = {
	.plan = plan, .left = left, .operation = operation, .entered = entered};

/* The run loop at its barest. */
static void vcpu(void *arg)
{
	uint64_t *rounds = arg;

	while ((*rounds)--) {
		enum vs_exit why = vs_guest_run();

		w.exit[w.n_exits].why = why;
		w.exit[w.n_exits++].at = vs_now_ps();
		ck_assert_uint_eq(rig_books(), vs_now_ps());
		if (why == VS_EXIT_OPERATION)
			vs_guest_operation();
		if (why == VS_EXIT_HLT)
			vs_task_block(VS_WAIT_HALT, NULL, NULL, vs_now_ps() + vs_guest_halt_ps());
	}
}

static uint64_t rounds;

/* A vCPU on CPU 2 that starts at 1 us and calls vs_guest_run at 1.3. */
static void make_vcpu(uint64_t n)
{
	struct vs_task_params p = {.name = "vcpu",
				   .kind = VS_TASK_VCPU,
				   .cpu = 2,
				   .pinned = true,
				   .fn = vcpu,
				   .arg = &rounds,
				   .guest = &ops};

	rounds = n;
	w.vcpu = vs_task_new(w.r.h, &p);
	vs_task_seed(w.vcpu, US(1));
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

/*
 * In at 1.6; runs 10, out at 11.6, exit until 11.9: asks for an operation, done at once; in again
 * at 12.2, runs 5, exit 17.2 - 17.5, halts for 20: 37.5 + 0.3 out of idle, in at 38.1.
 */
START_TEST(run_operate_halt)
{
	const vs_ps *books;

	w.plan[0] = (struct vs_guest_plan){.run_ps = US(10), .then = VS_GUEST_OPERATION};
	w.plan[1] =
		(struct vs_guest_plan){.run_ps = US(5), .then = VS_GUEST_HALT, .halt_ps = US(20)};
	w.plan[2] = (struct vs_guest_plan){.run_ps = US(1), .then = VS_GUEST_HALT, .halt_ps = 0};
	make_vcpu(3);
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.entered[0], NS(1600));
	ck_assert_uint_eq(w.planned[0], NS(1600));
	ck_assert_uint_eq(w.left, NS(11600));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_OPERATION);
	ck_assert_uint_eq(w.at[0], NS(11900));
	ck_assert_uint_eq(w.entered[1], NS(12200));
	ck_assert_int_eq(w.exit[1].why, VS_EXIT_HLT);
	ck_assert_uint_eq(w.exit[1].at, NS(17500));
	ck_assert_uint_eq(w.entered[2], NS(38100));
	books = vs_task_books(w.vcpu);
	ck_assert_uint_eq(books[VS_CAUSE_COMPUTE], US(16));
	ck_assert_uint_eq(books[VS_CAUSE_GUEST_TRANSITION], NS(6 * 300));
	ck_assert_uint_eq(books[VS_CAUSE_IDLE], US(1 + 20));
	ck_assert_uint_eq(books[VS_CAUSE_SCHED], NS(600));
}
END_TEST

/* In at 1.6 for 10 ms. The tick at 4 ms: exit until 4.0003, handler until 4.0013; in at 4.0016 with
 * 10 - 3.9984 ms to go, tick at 8 ms: 8.0016; 2.0032 to go: 10.0048, out 10.0051. */
START_TEST(ticks_take_it_out)
{
	w.plan[0] = (struct vs_guest_plan){.run_ps = MS(10), .then = VS_GUEST_HALT, .halt_ps = 0};
	make_vcpu(3);
	rig_run(&w.r, MS(100));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.exit[0].at, MS(4) + NS(1300));
	ck_assert_uint_eq(w.entered[1], MS(4) + NS(1600));
	ck_assert_uint_eq(w.exit[1].at, MS(8) + NS(1300));
	ck_assert_int_eq(w.exit[2].why, VS_EXIT_HLT);
	ck_assert_uint_eq(w.exit[2].at, NS(10005100));
	ck_assert_uint_eq(w.n_plans, 1);
}
END_TEST

/* -- kicks
 * ----------------------------------------------------------------------------------------- */

static void kicker(void *arg)
{
	uint64_t all = UINT64_MAX; /* more CPUs than there are, and ourselves */

	vs_kick_cpus(&all, 1, arg != NULL);
	mark();
}

/*
 * From CPU 0 at 10300 ns to idle CPU 1, the guest on CPU 2 and idle CPU 3. The records come from
 * memory, near CPU 1 and across: 10401, 10602, 10803. Sent 10903, 11003, 11103; there 11003, 11203,
 * 11303. CPU 1 leaves idle (11303), handles until 11503. CPU 2 exits until 11503, handles until
 * 11703. CPU 3: 11603, 11803.
 *
 * Record 1, in L2: read at 11108, then every 3 ns, parked from 11115. CPU 1 asks at 11503, is heard
 * at 11513, CPU 0 loses it at 11523, on a turn's boundary, and CPU 1 has it at 11543, needs it for
 * 1. CPU 0 asks at 11524, is heard and answered at 11534: CPU 1 has to give it up at 11544, it is
 * back 20 after: 11564.
 * Record 2: parked from 11576. CPU 2's store asks at 11703: lost at 11723 (49 turns), there at
 * 11823. CPU 0 asks at 11724; decided when it can leave in time, 11814, lost 11824, back 60 after:
 * 11884. Record 3: asked for at 11803, there at 11923. CPU 0 asks at 11885; the whole latency, 120,
 * is longer than the queue's: 12005.
 */
START_TEST(kick_and_wait)
{
	w.plan[0] = (struct vs_guest_plan){.run_ps = MS(1), .then = VS_GUEST_HALT, .halt_ps = 0};
	make_vcpu(2);
	rig_task(&w.r, "kicker", VS_TASK_CONTROL, 0, kicker, &w, US(10));
	rig_run(&w.r, MS(10));
	ck_assert_uint_eq(w.at[0], NS(12005));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.exit[0].at, NS(11703));
	ck_assert_uint_eq(w.entered[1], NS(12003));
	/* it ran from 1600 to 11203 and has the rest of its millisecond left */
	ck_assert_uint_eq(w.exit[1].at, NS(12003) + MS(1) - NS(9603) + NS(300));
	ck_assert_uint_eq(vs_task_books(w.vcpu)[VS_CAUSE_INTERRUPT], NS(200));
}
END_TEST

START_TEST(kick_and_go_on)
{
	struct vs_host_stats stats;

	w.plan[0] = (struct vs_guest_plan){.run_ps = MS(1), .then = VS_GUEST_HALT, .halt_ps = 0};
	make_vcpu(2);
	rig_task(&w.r, "kicker", VS_TASK_CONTROL, 0, kicker, NULL, US(10));
	rig_run(&w.r, MS(10));
	ck_assert_uint_eq(w.at[0], NS(10600));
	ck_assert_uint_eq(w.exit[0].at, NS(11200));
	vs_host_stats(w.r.h, &stats);
	ck_assert_uint_eq(stats.kicks, 3);
	ck_assert_uint_eq(stats.guest_entries, 2);
}
END_TEST

static void kick_each_other(void *arg)
{
	uint64_t other = 1u << *(uint32_t *)arg;

	vs_kick_cpus(&other, 1, true);
	mark();
}

/*
 * Who waits for an answer still takes interrupts. Records from memory at 10401, sent 10501, there
 * 10601; both spin every 3 ns, parked from 10510, and look at 10603; each handles until 10803 and
 * stores. They look again (10804, a hit still) and are parked from 10812. The lines are lost at
 * 10823, a turn ends at 10824; there at 10843. Asked for at 10825, lost at 10845, back at 10865.
 */
START_TEST(kick_each_other_at_once)
{
	static uint32_t one = 1, zero;

	rig_task(&w.r, "a", VS_TASK_CONTROL, 0, kick_each_other, &one, US(10));
	rig_task(&w.r, "b", VS_TASK_CONTROL, 1, kick_each_other, &zero, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.n, 2);
	ck_assert_uint_eq(w.at[0], NS(10865));
	ck_assert_uint_eq(w.at[1], NS(10865));
}
END_TEST

static void kick_once(void *arg)
{
	(void)arg;
	vs_kick_cpu(2);
}

/* CPU 3 starts at 1.3, has sent at 1.4, and the kick reaches CPU 2 at 1.5: between the call of
 * vs_guest_run (1.3) and the entry (1.6). The guest is entered and left at once, 1.9, and the
 * handler runs until 2.1. */
START_TEST(kick_before_entry_is_not_missed)
{
	w.plan[0] = (struct vs_guest_plan){.run_ps = MS(1), .then = VS_GUEST_HALT, .halt_ps = 0};
	make_vcpu(1);
	rig_task(&w.r, "k", VS_TASK_CONTROL, 3, kick_once, NULL, NS(1000));
	rig_run(&w.r, MS(1));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.exit[0].at, NS(2100));
	ck_assert_uint_eq(vs_task_books(w.vcpu)[VS_CAUSE_COMPUTE], 0);
}
END_TEST

static void looks_then_runs(void *arg)
{
	vs_access((uintptr_t)arg, 8, VS_READ, 0);
	vcpu(&rounds);
}

/* The kick comes at 1.35, while the thread waits for memory (from 1.3 on, at least 100 ns), and is
 * not taken before vs_guest_run: in and out again, 0.6, and the handler, 0.2. */
START_TEST(kick_that_waits_ends_the_guest_at_once)
{
	struct vs_task_params p = {.name = "vcpu",
				   .kind = VS_TASK_VCPU,
				   .cpu = 2,
				   .pinned = true,
				   .fn = looks_then_runs,
				   .arg = vs_hw_arena_take(w.r.hw, 65536, 2),
				   .guest = &ops};

	w.plan[0] = (struct vs_guest_plan){.run_ps = MS(1), .then = VS_GUEST_HALT, .halt_ps = 0};
	rounds = 1;
	w.vcpu = vs_task_new(w.r.h, &p);
	vs_task_seed(w.vcpu, US(1));
	rig_task(&w.r, "k", VS_TASK_CONTROL, 3, kick_once, NULL, NS(850));
	rig_run(&w.r, MS(10));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_INTERRUPT);
	ck_assert_uint_ge(w.exit[0].at, NS(1400 + 800));
	ck_assert_uint_lt(w.exit[0].at, NS(1400 + 800 + 50));
	ck_assert_uint_eq(vs_task_books(w.vcpu)[VS_CAUSE_COMPUTE], NS(1)); /* the access's issue */
}
END_TEST

static void works_blindly(void *arg)
{
	(void)arg;
	vs_host_charge(w.r.h, US(5), VS_CAUSE_COMPUTE);
	vs_cond_resched();
	mark();
}

/* Two kicks come while it does not look: both are taken when it does. */
START_TEST(several_interrupts_at_one_look)
{
	rig_task(&w.r, "t", VS_TASK_CONTROL, 2, works_blindly, NULL, US(1));
	rig_task(&w.r, "k", VS_TASK_CONTROL, 3, kick_once, NULL, US(2));
	rig_task(&w.r, "k", VS_TASK_CONTROL, 0, kick_once, NULL, US(2));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at[0], NS(6300 + 2 * 200));
}
END_TEST

/* -- posts, pokes, stop
 * ---------------------------------------------------------------------------- */

static void poke(struct vs_task *t, void *arg)
{
	(void)arg;
	vs_guest_poke(t);
}

static void poster(void *arg)
{
	(void)arg;
	vs_task_post(w.vcpu, poke, NULL);
	mark();
}

/* Posting costs nothing; at 10.3 + 0.2 the guest is asked anew, without an exit, and wants an
 * operation at once. */
START_TEST(poke_in_guest)
{
	w.plan[0] = (struct vs_guest_plan){.run_ps = MS(1), .then = VS_GUEST_HALT, .halt_ps = 0};
	w.plan[1] = (struct vs_guest_plan){.then = VS_GUEST_OPERATION};
	make_vcpu(1);
	rig_task(&w.r, "p", VS_TASK_CONTROL, 0, poster, NULL, US(10));
	rig_run(&w.r, MS(10));
	ck_assert_uint_eq(w.at[0], NS(10300));
	ck_assert_uint_eq(w.planned[1], NS(10500));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_OPERATION);
	ck_assert_uint_eq(w.left, NS(10500));
	ck_assert_uint_eq(w.exit[0].at, NS(10800));
}
END_TEST

/* Halted since 1.6 + 1 + 0.3; the poke at 10.5 ends that: out of idle 10.8, in at 11.1. */
START_TEST(poke_in_halt)
{
	w.plan[0] =
		(struct vs_guest_plan){.run_ps = US(1), .then = VS_GUEST_HALT, .halt_ps = MS(1)};
	w.plan[1] = (struct vs_guest_plan){.then = VS_GUEST_OPERATION};
	make_vcpu(2);
	rig_task(&w.r, "p", VS_TASK_CONTROL, 0, poster, NULL, US(10));
	rig_run(&w.r, MS(10));
	ck_assert_uint_eq(w.planned[1], NS(11100));
	ck_assert_int_eq(w.exit[1].why, VS_EXIT_OPERATION);
}
END_TEST

static void stopper(void *arg)
{
	(void)arg;
	vs_host_stop_guests(w.r.h);
}

/* In the guest: out at 10.5, handler until 11.0; then entering is refused. */
START_TEST(stop_in_guest)
{
	w.plan[0] = (struct vs_guest_plan){.run_ps = MS(1), .then = VS_GUEST_HALT, .halt_ps = 0};
	make_vcpu(2);
	rig_task(&w.r, "s", VS_TASK_CONTROL, 0, stopper, NULL, US(10));
	rig_run(&w.r, MS(10));
	ck_assert_int_eq(w.exit[0].why, VS_EXIT_INTERRUPT);
	ck_assert_uint_eq(w.exit[0].at, NS(11000));
	ck_assert_int_eq(w.exit[1].why, VS_EXIT_STOP);
	ck_assert_uint_eq(w.exit[1].at, NS(11000));
}
END_TEST

START_TEST(stop_in_halt)
{
	w.plan[0] =
		(struct vs_guest_plan){.run_ps = US(1), .then = VS_GUEST_HALT, .halt_ps = MS(1)};
	make_vcpu(2);
	rig_task(&w.r, "s", VS_TASK_CONTROL, 0, stopper, NULL, US(10));
	rig_run(&w.r, MS(10));
	ck_assert_int_eq(w.exit[1].why, VS_EXIT_STOP);
	ck_assert_uint_eq(w.exit[1].at, NS(10800));
}
END_TEST

/* -- calls and messages
 * ---------------------------------------------------------------------------- */

static void called(void *ctx, uint32_t cpu, vs_ps now, uint64_t arg)
{
	ck_assert_ptr_eq(ctx, &w);
	w.arg[w.n] = cpu * 100 + arg;
	w.at[w.n++] = now;
}

static void caller(void *arg)
{
	(void)arg;
	vs_host_message(w.r.h, 2, called, &w, 1);
	vs_host_call_cpu(w.r.h, 3, called, &w, 2);
	vs_host_call_cpu(w.r.h, 0, called, &w, 3);
}

/* At 10.3: a message to 2, there 10.5, costs nobody anything. An interrupt to 3, sent until 10.4,
 * there 10.6, out of idle 10.9, handled 11.1. A call of oneself at 10.4. */
START_TEST(calls_and_messages)
{
	rig_task(&w.r, "c", VS_TASK_CONTROL, 0, caller, NULL, US(10));
	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.n, 3);
	ck_assert_uint_eq(w.arg[0], 3);
	ck_assert_uint_eq(w.at[0], NS(10400));
	ck_assert_uint_eq(w.arg[1], 201);
	ck_assert_uint_eq(w.at[1], NS(10500));
	ck_assert_uint_eq(w.arg[2], 302);
	ck_assert_uint_eq(w.at[2], NS(11100));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host guest");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, run_operate_halt);
	tcase_add_test(c, ticks_take_it_out);
	tcase_add_test(c, kick_and_wait);
	tcase_add_test(c, kick_and_go_on);
	tcase_add_test(c, kick_each_other_at_once);
	tcase_add_test(c, kick_before_entry_is_not_missed);
	tcase_add_test(c, kick_that_waits_ends_the_guest_at_once);
	tcase_add_test(c, several_interrupts_at_one_look);
	tcase_add_test(c, poke_in_guest);
	tcase_add_test(c, poke_in_halt);
	tcase_add_test(c, stop_in_guest);
	tcase_add_test(c, stop_in_halt);
	tcase_add_test(c, calls_and_messages);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
