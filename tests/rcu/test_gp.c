/*
 * Grace periods worked out by hand on four CPUs, 0 and 1 near each other, 2 and 3 too, with one
 * node for all. The tick comes every 4 ms (HZ 250); looks at the CPUs are a timer of one jiffy
 * apart, which fires at the second tick. Costs: see tests/host/rig.h; the node's lock costs CPUs 0
 * and 1 45 ns, the others 125.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "models/kernel/rcu_private.h"
#include "sim/host/rcuwatch.h"
#include "tests/host/rig.h"

static struct {
	struct rig r;
	struct vs_rcu *rcu;
	vs_ps begin[8], end[8]; /* of grace periods */
	uint32_t n_begin, n_end;
	vs_ps at[8];
	uint32_t n;
	vs_ps reader_end;
	struct vs_rcu_head *heads;
	vs_ps called[8];
	uint32_t called_cpu[8], n_called;
} w;

static void gp_begin(void *ctx, uint32_t core, vs_ps now, const void *domain, uint64_t seq)
{
	(void)ctx;
	(void)core;
	(void)seq;
	ck_assert_ptr_null(domain);
	w.begin[w.n_begin++] = now;
}

static void gp_end(void *ctx, uint32_t core, vs_ps now, const void *domain, uint64_t seq)
{
	(void)ctx;
	(void)core;
	(void)seq;
	ck_assert_ptr_null(domain);
	w.end[w.n_end++] = now;
}

static void mark(void)
{
	w.at[w.n++] = vs_now_ps();
	ck_assert_uint_eq(rig_books(), vs_now_ps());
}

static void setup_hz(uint32_t hz)
{
	struct rig_options o = {.hz = hz};
	struct vs_rcu_watch watch = {.gp_begin = gp_begin, .gp_end = gp_end};

	memset(&w, 0, sizeof(w));
	rig_init(&w.r, &o);
	w.rcu = vs_rcu_new(w.r.h);
	w.heads = vs_hw_arena_take(w.r.hw, 65536, 0);
	vs_rcu_set_watch(&watch);
}

static void setup(void)
{
	setup_hz(250);
}

static void teardown(void)
{
	rig_release(&w.r);
	vs_rcu_free(w.rcu);
}

static void caller(void *arg)
{
	vs_rcu_synchronize(arg != NULL);
	mark();
}

/*
 * All idle. The caller on CPU 1 starts at 1.0003, has asked at 1.000345; the request is there at
 * 1.000545, the grace-period thread out of idle at 1.000845: it begins. First look at 8 ms, from
 * 8.0003 on, which leaves only its own CPU, where it runs itself. Next look at 16: CPU 0 has been
 * idle. The node 45, one look at a CPU 50: over at 16.000395. The node again, 16.00044; wake-up
 * sent until 16.00054, there 16.00074, out of idle 16.00104.
 */
START_TEST(all_idle)
{
	struct vs_rcu_stats stats;

	rig_task(&w.r, "c", VS_TASK_CONTROL, 1, caller, NULL, MS(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.begin[0], NS(1000845));
	ck_assert_uint_eq(w.end[0], NS(16000395));
	ck_assert_uint_eq(w.at[0], NS(16001040));
	vs_rcu_stats(w.rcu, &stats);
	ck_assert_uint_eq(stats.grace_periods, 1);
	ck_assert_uint_eq(stats.scans, 2);
}
END_TEST

/* HZ 1000: three jiffies, so four ticks. From 1.0009: 5 ms, then 9. */
START_TEST(hz_1000)
{
	teardown();
	setup_hz(1000);
	rig_task(&w.r, "c", VS_TASK_CONTROL, 1, caller, NULL, MS(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.end[0], NS(9000395));
}
END_TEST

/* -- CPUs that are not idle
 * ------------------------------------------------------------------------ */

static void plan(void *ctx, vs_ps now, struct vs_guest_plan *out)
{
	(void)ctx;
	(void)now;
	*out = (struct vs_guest_plan){.run_ps = MS(30), .then = VS_GUEST_HALT, .halt_ps = 0};
}

static const struct vs_guest_ops guest_ops = {.plan = plan};

static void vcpu(void *arg)
{
	(void)arg;
	while (vs_guest_run() == VS_EXIT_INTERRUPT)
		;
}

static void make_vcpu(uint32_t cpu)
{
	struct vs_task_params p = {.name = "vcpu",
				   .kind = VS_TASK_VCPU,
				   .cpu = (int32_t)cpu,
				   .pinned = true,
				   .fn = vcpu,
				   .guest = &guest_ops};

	vs_task_seed(vs_task_new(w.r.h, &p), US(2));
}

/*
 * CPU 2 stays in its guest, and CPU 0 is reported for by the thread itself at the beginning. Tick
 * at 4 ms: CPU 2 notices; the guest entry after it counts; tick at 8: exit 8.0003, handler 8.0013,
 * softirq 8.0018, node 8.001925, which reports: there at 8.002125. The look at 8.0003 has settled 1
 * and 3, so that was the last: the thread is woken, 8.002425.
 */
START_TEST(guest_reports_after_two_ticks)
{
	vs_rcu_params(w.rcu)->gp_self_report = true;
	make_vcpu(2);
	rig_task(&w.r, "c", VS_TASK_CONTROL, 1, caller, NULL, MS(1));
	rig_run(&w.r, MS(25));
	ck_assert_uint_eq(w.begin[0], NS(1000845));
	ck_assert_uint_eq(w.end[0], NS(8002425));
}
END_TEST

static void reader(void *arg)
{
	(void)arg;
	vs_rcu_read_lock();
	vs_task_compute(MS(20), VS_CAUSE_COMPUTE);
	vs_rcu_read_unlock();
	w.reader_end = vs_now_ps();
}

/*
 * A reader on CPU 3 from 0.5003 on computes 20 ms. Five ticks of 1 us and one softirq (4 ms, where
 * the grace period is noticed) later, 20.5058, it ends and the CPU goes idle. The next look, at
 * 24 ms, sees it.
 */
START_TEST(reader_is_waited_for)
{
	vs_rcu_params(w.rcu)->gp_self_report = true;
	rig_task(&w.r, "r", VS_TASK_CONTROL, 3, reader, NULL, US(500));
	rig_task(&w.r, "c", VS_TASK_CONTROL, 1, caller, NULL, MS(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.reader_end, NS(20505800));
	ck_assert_uint_eq(w.end[0], NS(24000395));
}
END_TEST

static void kernel_bound(void *arg)
{
	vs_ps end = *(vs_ps *)arg;

	while (vs_now_ps() < end) {
		vs_task_compute(US(50), VS_CAUSE_COMPUTE);
		vs_cond_resched();
	}
}

/*
 * In the kernel for ever, though it offers to give way: nobody asks it to before the grace period
 * is old. It began in jiffy 0; the look at 16 ms is the first more than 3 jiffies later and asks
 * for one. The next offer counts, and CPU 3 reports at 20 ms: handler 20.001, softirq 20.0015, node
 * 20.001625, there 20.001825, thread 20.002125.
 */
START_TEST(urgent_after_a_while)
{
	vs_ps end = MS(200);

	vs_rcu_params(w.rcu)->gp_self_report = true;
	vs_rcu_params(w.rcu)->urgent_jiffies = 3;
	rig_task(&w.r, "k", VS_TASK_CONTROL, 3, kernel_bound, &end, US(500));
	rig_task(&w.r, "c", VS_TASK_CONTROL, 1, caller, NULL, MS(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.end[0], NS(20002125));
}
END_TEST

/* -- sharing
 * ----------------------------------------------------------------------------------------- */

/* B and C ask while A's grace period is under way: too late for it, but they share the next, which
 * begins when A's wake-up is sent, 16.00054: looks at 24 and 32 ms. C's wake-up goes out after B's.
 */
START_TEST(late_callers_share_the_next)
{
	struct vs_rcu_stats stats;

	rig_task(&w.r, "a", VS_TASK_CONTROL, 1, caller, NULL, MS(1));
	rig_task(&w.r, "b", VS_TASK_CONTROL, 2, caller, NULL, MS(2));
	rig_task(&w.r, "c", VS_TASK_CONTROL, 3, caller, NULL, MS(3));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.begin[1], NS(16000540));
	ck_assert_uint_eq(w.end[1], NS(32000395));
	ck_assert_uint_eq(w.at[0], NS(16001040));
	ck_assert_uint_eq(w.at[1], NS(32001040));
	ck_assert_uint_eq(w.at[2], NS(32001140));
	vs_rcu_stats(w.rcu, &stats);
	ck_assert_uint_eq(stats.grace_periods, 2);
}
END_TEST

/* -- expedited
 * --------------------------------------------------------------------------------------- */

static void computes(void *arg)
{
	(void)arg;
	vs_task_compute(MS(30), VS_CAUSE_COMPUTE);
}

/*
 * From 1.0003 on CPU 1; asked 1.000345, there 1.000545, the thread out of idle 1.000845. The node
 * 1.00089; the leaf's thread is woken, 1.00099, there 1.00119, out of idle 1.00149. The node
 * 1.001535; CPUs 1 to 3 are looked at by 1.001685: only 1 is idle. To CPU 2 an interrupt is sent by
 * 1.001785, to CPU 3 by 1.001885; CPUs 0 and 1 are settled when that message arrives, 1.00213.
 * CPU 2, in its guest: interrupt there 1.001985, out 1.002285, handled 1.002485, gives way, node
 * 1.00261, report there 1.00281. CPU 3, which computes in the kernel: 1.002085, 1.002285, 1.00241,
 * 1.00261. The last wakes the thread, 1.00311; wake-up sent 1.00321, there 1.00341, 1.00371.
 */
START_TEST(expedited)
{
	make_vcpu(2);
	rig_task(&w.r, "k", VS_TASK_CONTROL, 3, computes, NULL, US(500));
	rig_task(&w.r, "c", VS_TASK_CONTROL, 1, caller, &w, MS(1));
	rig_run(&w.r, MS(20));
	ck_assert_uint_eq(w.begin[0], NS(1000845));
	ck_assert_uint_eq(w.end[0], NS(1003110));
	ck_assert_uint_eq(w.at[0], NS(1003710));
}
END_TEST

/* The reader of before: interrupted at 1 ms, which costs it 0.2, it goes on to 20.5055 and only
 * then does its CPU answer: node 0.125, there 0.2 later, and 0.3 until the thread runs. */
START_TEST(expedited_waits_for_reader)
{
	rig_task(&w.r, "r", VS_TASK_CONTROL, 3, reader, NULL, US(500));
	rig_task(&w.r, "c", VS_TASK_CONTROL, 1, caller, &w, MS(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.reader_end, NS(20505500));
	ck_assert_uint_eq(w.end[0], NS(20505500 + 125 + 200 + 300));
}
END_TEST

/* -- callbacks
 * --------------------------------------------------------------------------------------- */

static void callback(struct vs_rcu_head *head)
{
	ck_assert_ptr_eq(head, &w.heads[w.n_called]);
	w.called_cpu[w.n_called] = vs_cpu_id();
	w.called[w.n_called++] = vs_now_ps();
}

static void queues(void *arg)
{
	uint32_t n = *(uint32_t *)arg;

	for (uint32_t i = 0; i < n; i++)
		vs_rcu_call(&w.heads[i], callback);
}

/*
 * Queued on CPU 1 a little after 1 ms; the CPU then idles with its tick on. Tick at 4 ms: out of
 * idle 4.0003, handler 4.0013, softirq 4.0018, node 4.001845: a grace period is asked for, which
 * begins at 4.002345, is looked at at 12 and 20 ms and ends. The tick at 20 ms is too early to see
 * that, the one at 24 does: out of idle 24.0003, handler 24.0013, softirq 24.0018: the callback
 * thread starts. Then there is nothing left to tick for: six ticks in all.
 */
START_TEST(callback_after_a_grace_period)
{
	uint32_t one = 1;
	struct vs_host_stats stats;

	rig_task(&w.r, "q", VS_TASK_CONTROL, 1, queues, &one, MS(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.n_called, 1);
	ck_assert_uint_eq(w.called_cpu[0], 1);
	ck_assert_uint_ge(w.called[0], NS(24001800));
	ck_assert_uint_lt(w.called[0], NS(24001800) + NS(250)); /* its head is read first */
	ck_assert_uint_eq(w.begin[0], NS(4002345));
	ck_assert_uint_eq(w.end[0], NS(20000395));
	vs_host_stats(w.r.h, &stats);
	ck_assert_uint_eq(stats.ticks, 6);
}
END_TEST

static void queues_before_tick(void *arg)
{
	(void)arg;
	vs_rcu_call(&w.heads[0], callback);
	vs_host_charge(w.r.h, MS(4) - NS(12) - vs_now_ps(), VS_CAUSE_COMPUTE);
	vs_rcu_call(&w.heads[1], callback);
	w.at[0] = vs_now_ps();
}

/* What a CPU knows of grace periods is 20 ns old. A callback queued less than that before the tick
 * is not given one yet: it might have begun already. */
START_TEST(callback_too_young)
{
	rig_task(&w.r, "q", VS_TASK_CONTROL, 1, queues_before_tick, NULL, MS(1));
	rig_run(&w.r, MS(100));
	ck_assert_uint_gt(w.at[0], MS(4) - NS(12));
	ck_assert_uint_lt(w.at[0], MS(4));
	ck_assert_uint_eq(w.n_called, 2);
	ck_assert_uint_gt(w.begin[0], MS(8));
	ck_assert_uint_lt(w.begin[0], MS(8) + US(10));
}
END_TEST

static uint64_t called_in[4]; /* grace periods that had ended */

static void note_gp(struct vs_rcu_head *head)
{
	struct vs_rcu_stats stats;

	(void)head;
	vs_rcu_stats(w.rcu, &stats);
	called_in[w.n_called++] = stats.grace_periods;
}

/* Three callbacks on CPU 3, where it is busy from 1 to 60 ms: at 1, 5 and 13 ms. */
static void three_calls(void *arg)
{
	static const vs_ps when[] = {MS(1), MS(5), MS(13), MS(60)};

	(void)arg;
	for (int i = 0; i < 4; i++) {
		if (vs_now_ps() < when[i])
			vs_task_compute(when[i] - vs_now_ps(), VS_CAUSE_COMPUTE);
		if (i < 3)
			vs_rcu_call(&w.heads[i], note_gp);
		vs_cond_resched();
	}
}

/*
 * Tick at 4 ms: the first is given grace period 1, which begins at 4.002 and is looked at at 12 and
 * 20 ms. At 8 ms CPU 3 notices it, and the second goes with 2; the third, at 12 or 16 ms, joins it.
 * So after 1 the first is invoked, after 2 the others.
 */
START_TEST(callbacks_go_in_segments)
{
	rig_task(&w.r, "q", VS_TASK_CONTROL, 3, three_calls, NULL, US(900));
	rig_run(&w.r, MS(200));
	ck_assert_uint_eq(w.n_called, 3);
	ck_assert_uint_eq(called_in[0], 1);
	ck_assert_uint_eq(called_in[1], 2);
	ck_assert_uint_eq(called_in[2], 2);
}
END_TEST

/* rcutree.blimit 10, or a 128th of those that are ready; all if more than 10,000 are queued. */
START_TEST(batches)
{
	ck_assert_uint_eq(vs_rcu_batch(5, 5), 10);
	ck_assert_uint_eq(vs_rcu_batch(9000, 1407), 10);
	ck_assert_uint_eq(vs_rcu_batch(9000, 1408), 11);
	ck_assert_uint_eq(vs_rcu_batch(10000, 10000), 78);
	ck_assert_uint_eq(vs_rcu_batch(10001, 9999), 9999);
}
END_TEST

/* Four CPUs: the number of CPUs adds nothing. */
static const struct {
	uint32_t hz, scan, urgent;
} params[] = {{50, 1, 5}, {100, 1, 10}, {250, 1, 25}, {300, 2, 30}, {1000, 3, 100}, {20, 1, 3}};

START_TEST(params_from_hz)
{
	teardown();
	setup_hz(params[_i].hz);
	ck_assert_uint_eq(vs_rcu_params(w.rcu)->scan_jiffies, params[_i].scan);
	ck_assert_uint_eq(vs_rcu_params(w.rcu)->urgent_jiffies, params[_i].urgent);
}
END_TEST

static void barrier(void *arg)
{
	(void)arg;
	vs_rcu_barrier();
	ck_assert_uint_eq(w.n_called, 3);
	mark();
}

START_TEST(barrier_waits_for_callbacks)
{
	uint32_t three = 3;

	rig_task(&w.r, "q", VS_TASK_CONTROL, 1, queues, &three, MS(1));
	rig_task(&w.r, "b", VS_TASK_CONTROL, 2, barrier, NULL, MS(2));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.n, 1);
	ck_assert_uint_gt(w.at[0], w.called[2]);
	/* the marker needs no grace period of its own: it goes with the last callback */
	ck_assert_uint_lt(w.at[0], NS(24001800) + US(3));
}
END_TEST

static void empty_barrier(void *arg)
{
	(void)arg;
	vs_rcu_barrier();
	mark();
}

/* Nobody holds callbacks: only its own CPU is asked, by a message to itself (0.2), and the answer
 * wakes it (0.2, out of idle 0.3). */
START_TEST(barrier_with_nothing_queued)
{
	rig_task(&w.r, "b", VS_TASK_CONTROL, 2, empty_barrier, NULL, MS(2));
	rig_run(&w.r, MS(100));
	ck_assert_uint_eq(w.at[0], MS(2) + NS(300 + 200 + 200 + 300));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rcu gp");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, all_idle);
	tcase_add_test(c, hz_1000);
	tcase_add_test(c, guest_reports_after_two_ticks);
	tcase_add_test(c, reader_is_waited_for);
	tcase_add_test(c, urgent_after_a_while);
	tcase_add_test(c, late_callers_share_the_next);
	tcase_add_test(c, expedited);
	tcase_add_test(c, expedited_waits_for_reader);
	tcase_add_test(c, callback_after_a_grace_period);
	tcase_add_test(c, callback_too_young);
	tcase_add_test(c, callbacks_go_in_segments);
	tcase_add_test(c, batches);
	tcase_add_loop_test(c, params_from_hz, 0, sizeof(params) / sizeof(*params));
	tcase_add_test(c, barrier_waits_for_callbacks);
	tcase_add_test(c, barrier_with_nothing_queued);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
