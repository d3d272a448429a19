/* Deadlocks found and named; bugs and warnings reach their sink; books in every state. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/host/rig.h"

#define S(x) ((vs_ps)(x)*VS_PS_PER_S)

static struct {
	struct rig r;
	struct vs_task *t[3];
	char *lock;
	char text[4096];
	uint32_t n_reports;
	vs_ps now;
	char what[128];
	uint32_t n_warnings;
} w;

static void setup(void)
{
	struct rig_options o = {0};

	memset(&w, 0, sizeof(w));
	rig_init(&w.r, &o);
	w.lock = vs_hw_arena_take(w.r.hw, 65536, 0);
}

static void teardown(void)
{
	rig_release(&w.r);
}

static void on_report(void *ctx, const char *text)
{
	ck_assert_ptr_eq(ctx, &w);
	ck_assert_uint_lt(strlen(w.text) + strlen(text), sizeof(w.text));
	strcat(w.text, text);
	w.n_reports++;
}

/* Waits for its successor's lock for ever. */
static void waits(void *arg)
{
	uint32_t i = *(uint32_t *)arg;

	vs_task_block(VS_WAIT_LOCK, w.lock + 64 * i, w.t[(i + 1) % 3], VS_PS_NEVER);
}

static void naps(void *arg)
{
	(void)arg;
	for (;;)
		vs_task_block(VS_WAIT_TIMER, NULL, NULL, vs_now_ps() + MS(100));
}

static void waits_for_first(void *arg)
{
	(void)arg;
	vs_task_block(VS_WAIT_LOCK, w.lock, w.t[0], VS_PS_NEVER);
}

static uint32_t number[] = {0, 1, 2};

static void circle(void)
{
	for (int i = 0; i < 3; i++)
		w.t[i] = rig_task(&w.r, "waiter", VS_TASK_CONTROL, i, waits, &number[i],
				  MS(1) + US(i));
	vs_host_watch_deadlocks(w.r.h, on_report, &w);
}

/* Three in a circle while somebody else keeps the machine busy: reported once, all three named with
 * lock, owner and time. */
START_TEST(circle_is_found)
{
	circle();
	rig_task(&w.r, "napper", VS_TASK_CONTROL, 3, naps, NULL, MS(1));
	rig_run(&w.r, S(5));
	ck_assert_uint_eq(w.n_reports, 1);
	ck_assert_ptr_nonnull(strstr(w.text, "wait for each other"));
	ck_assert_ptr_nonnull(strstr(w.text, "thread 0 \"waiter\" waits for a lock at arena+0x"));
	ck_assert_ptr_nonnull(strstr(w.text, "of thread 1 \"waiter\" since 1.000300 ms in "));
	ck_assert_ptr_nonnull(strstr(w.text, "thread 1 \"waiter\""));
	ck_assert_ptr_nonnull(strstr(w.text, "of thread 0 \"waiter\" since 1.002300 ms in "));
	ck_assert_ptr_null(strstr(w.text, "napper"));
}
END_TEST

/* Who waits for one of a circle is not in it. */
START_TEST(circle_with_a_tail)
{
	static uint32_t two = 2;

	w.t[2] = rig_task(&w.r, "tail", VS_TASK_CONTROL, 2, waits, &two, MS(1));
	/* 0 -> 1 -> 0, and the tail waits for 0 */
	w.t[0] = rig_task(&w.r, "w0", VS_TASK_CONTROL, 0, waits, &number[0], MS(1));
	w.t[1] = rig_task(&w.r, "w1", VS_TASK_CONTROL, 1, waits_for_first, NULL, MS(1));
	rig_task(&w.r, "napper", VS_TASK_CONTROL, 3, naps, NULL, MS(1));
	vs_host_watch_deadlocks(w.r.h, on_report, &w);
	rig_run(&w.r, S(5));
	ck_assert_uint_eq(w.n_reports, 1);
	ck_assert_ptr_nonnull(strstr(w.text, "thread 1 \"w0\" waits"));
	ck_assert_ptr_nonnull(strstr(w.text, "thread 2 \"w1\" waits"));
	ck_assert_ptr_null(strstr(w.text, "tail"));
}
END_TEST

/* A chain that ends in somebody who naps is none, until it has lasted 120 s. */
START_TEST(chain_is_hung_after_120_s)
{
	w.t[0] = rig_task(&w.r, "w0", VS_TASK_CONTROL, 0, waits, &number[0], MS(1));
	w.t[1] = rig_task(&w.r, "w1", VS_TASK_CONTROL, 1, waits, &number[1], MS(1));
	w.t[2] = rig_task(&w.r, "napper", VS_TASK_CONTROL, 3, naps, NULL, MS(1));
	vs_host_watch_deadlocks(w.r.h, on_report, &w);
	rig_run(&w.r, S(120));
	ck_assert_uint_eq(w.n_reports, 0);
	rig_run(&w.r, S(125));
	ck_assert_uint_eq(w.n_reports, 2);
	ck_assert_ptr_nonnull(strstr(w.text, "120 s"));
	ck_assert_ptr_nonnull(strstr(w.text, "\"w0\""));
	ck_assert_ptr_nonnull(strstr(w.text, "\"w1\""));
}
END_TEST

static void waits_alone(void *arg)
{
	(void)arg;
	vs_task_block(VS_WAIT_LOCK, w.lock, NULL, VS_PS_NEVER);
}

static void waits_for_work(void *arg)
{
	(void)arg;
	vs_task_block(VS_WAIT_WORK, NULL, NULL, VS_PS_NEVER);
}

/* Nothing can happen any more: the waiter for a lock is reported, who waits for work is not, and
 * the watch does not keep the engine going. */
START_TEST(nobody_left)
{
	rig_task(&w.r, "lost", VS_TASK_CONTROL, 0, waits_alone, NULL, MS(1));
	rig_task(&w.r, "worker", VS_TASK_KTHREAD, 1, waits_for_work, NULL, MS(1));
	rig_task(&w.r, "later", VS_TASK_KTHREAD, 1, waits_for_work, NULL, S(3));
	vs_host_watch_deadlocks(w.r.h, on_report, &w);
	ck_assert_int_eq(rig_run(&w.r, S(100)), VS_STOP_QUIET);
	ck_assert_uint_eq(w.n_reports, 1);
	ck_assert_ptr_nonnull(strstr(w.text, "nobody is left"));
	ck_assert_ptr_nonnull(strstr(w.text, "\"lost\""));
	ck_assert_ptr_null(strstr(w.text, "\"worker\""));
}
END_TEST

/* Everybody asleep, in order of number; too small a buffer is filled as far as it goes and the
 * answer says how much there was. */
START_TEST(report_by_number)
{
	char small[32];
	size_t n;

	circle();
	rig_run(&w.r, MS(5));
	n = vs_host_report_blocked(w.r.h, VS_PS_NEVER, w.text, sizeof(w.text));
	ck_assert_uint_eq(n, strlen(w.text));
	ck_assert(strstr(w.text, "thread 0") < strstr(w.text, "thread 1 \"waiter\" waits"));
	ck_assert_uint_eq(vs_host_report_blocked(w.r.h, VS_PS_NEVER, small, sizeof(small)), n);
	ck_assert_uint_eq(strlen(small), sizeof(small) - 1);
	/* before they slept */
	ck_assert_uint_eq(vs_host_report_blocked(w.r.h, MS(1), w.text, sizeof(w.text)), 0);
}
END_TEST

/* Looks at a word again and again, from a place of its own. */
static void spins(void *arg)
{
	for (;;) {
		vs_hw_charge(vs_core_now, US(1), VS_CAUSE_COMPUTE);
		vs_access((uintptr_t)w.lock, 8, VS_READ, (uintptr_t)arg);
	}
}

/* Announces no access. */
static void computes(void *arg)
{
	(void)arg;
	vs_task_compute(S(1), VS_CAUSE_COMPUTE);
}

static const char *name_number(void *ctx, uintptr_t pc, char *buf, size_t size)
{
	(void)ctx;
	snprintf(buf, size, "place %u", (unsigned)pc);
	return buf;
}

static void run_busy_cpus(const struct rig_options *o)
{
	teardown();
	rig_init(&w.r, o);
	w.lock = vs_hw_arena_take(w.r.hw, 65536, 0);
	rig_task(&w.r, "one", VS_TASK_CONTROL, 0, spins, (void *)1, MS(1));
	rig_task(&w.r, "two", VS_TASK_CONTROL, 0, spins, (void *)2, MS(1) + US(5));
	rig_task(&w.r, "asleep", VS_TASK_KTHREAD, 1, waits_for_work, NULL, MS(1));
	rig_task(&w.r, "three", VS_TASK_CONTROL, 2, spins, (void *)3, MS(1));
	rig_task(&w.r, "four", VS_TASK_CONTROL, 3, computes, NULL, MS(1));
	rig_task(&w.r, "never", VS_TASK_CONTROL, 3, spins, (void *)5, VS_PS_NEVER);
	vs_host_set_namer(w.r.h, name_number, NULL);
	ck_assert_int_eq(rig_run(&w.r, MS(30)), VS_STOP_LIMIT);
	vs_host_report_running(w.r.h, w.text, sizeof(w.text));
}

/* Two share CPU 0, of which one has it; each is where it has always been, and the same however the
 * engine is run. */
START_TEST(who_runs_at_the_limit)
{
	struct rig_options how[] = {{.preempt = VS_PREEMPT_FULL},
				    {.preempt = VS_PREEMPT_FULL, .strict = true},
				    {.preempt = VS_PREEMPT_FULL, .order = VS_ORDER_DOWN},
				    {.preempt = VS_PREEMPT_FULL, .any_window = true, .window = 1}};
	bool one_has_it;
	char expected[256];

	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		run_busy_cpus(&how[i]);
		if (!i)
			one_has_it = strstr(w.text, "\"one\" runs");
		snprintf(expected, sizeof(expected),
			 "thread 0 \"one\" %s in place 1\nthread 1 \"two\" %s in place 2\n"
			 "thread 3 \"three\" runs on CPU 2 in place 3\nthread 4 \"four\" runs on "
			 "CPU 3\n",
			 one_has_it ? "runs on CPU 0" : "could run",
			 one_has_it ? "could run" : "runs on CPU 0");
		ck_assert_str_eq(w.text, expected);
	}
}
END_TEST

/* -- bugs
 * ------------------------------------------------------------------------------------------ */

static void on_bug(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line, const char *what)
{
	ck_assert_ptr_eq(ctx, &w);
	ck_assert_uint_eq(cpu, 2);
	ck_assert_str_eq(file, "some.c");
	ck_assert_int_eq(line, 42);
	w.now = now;
	strncpy(w.what, what, sizeof(w.what) - 1);
}

static void on_warn(void *ctx, uint32_t cpu, vs_ps now, const char *file, int line,
		    const char *what)
{
	(void)ctx;
	(void)cpu;
	(void)now;
	(void)file;
	(void)line;
	strncpy(w.what, what, sizeof(w.what) - 1);
	w.n_warnings++;
}

static void buggy(void *arg)
{
	(void)arg;
	vs_bug("some.c", 42, "it broke");
}

START_TEST(bug_ends_the_run)
{
	struct vs_bug_sink sink = {.ctx = &w, .bug = on_bug, .warn = on_warn};

	vs_host_set_bug_sink(w.r.h, &sink);
	rig_task(&w.r, "buggy", VS_TASK_CONTROL, 2, buggy, NULL, MS(1));
	rig_task(&w.r, "napper", VS_TASK_CONTROL, 3, naps, NULL, MS(1));
	ck_assert_int_eq(rig_run(&w.r, S(1)), VS_STOP_ABORTED);
	ck_assert_uint_eq(w.now, MS(1) + NS(300));
	ck_assert_str_eq(w.what, "it broke");
}
END_TEST

static void atomic_sleeper(void *arg)
{
	(void)arg;
	vs_preempt_disable();
	vs_task_block(VS_WAIT_TIMER, NULL, NULL, MS(2));
	vs_preempt_enable();
}

START_TEST(sleeping_with_preemption_off)
{
	struct vs_bug_sink sink = {.ctx = &w, .bug = on_bug, .warn = on_warn};

	vs_host_set_bug_sink(w.r.h, &sink);
	rig_task(&w.r, "t", VS_TASK_CONTROL, 2, atomic_sleeper, NULL, MS(1));
	rig_run(&w.r, S(1));
	ck_assert_uint_eq(w.n_warnings, 1);
	ck_assert_ptr_nonnull(strstr(w.what, "preemption off"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host report");
	TCase *c = tcase_create("report");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, circle_is_found);
	tcase_add_test(c, circle_with_a_tail);
	tcase_add_test(c, chain_is_hung_after_120_s);
	tcase_add_test(c, nobody_left);
	tcase_add_test(c, report_by_number);
	tcase_add_test(c, who_runs_at_the_limit);
	tcase_add_test(c, bug_ends_the_run);
	tcase_add_test(c, sleeping_with_preemption_off);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
