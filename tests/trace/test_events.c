/* What a trace says of made-up records, worked out by hand to the nanosecond. */
#include <check.h>

#include "tests/trace/events.h"

/* -- CPUs and threads -------------------------------------------------------------------------- */

/*
 * vcpu0 is runnable at 0.2 and gets CPU 0 at 1; in the guest from 2 to 5; preempted at 5.3. The
 * switch takes until 6.3, the worker runs until 9.3, waits for a lock that vcpu1 holds, and after
 * another switch vcpu0 is back at 10.3. CPU 1 idles all the time. The run ends at 12.
 */
START_TEST(runs_is_preempted_waits)
{
	static const char *const expected[] = {
		X(1, 0, "0.000", "1.000", "idle"),
		X(1, 2, "0.000", "12.000", "idle"),
		X(2, 0, "0.200", "0.800", "runnable"),
		X(1, 0, "1.000", "4.300", "vcpu0"),
		X(2, 0, "1.000", "1.000", "host"),
		X(2, 0, "2.000", "3.000", "guest"),
		X(2, 0, "5.000", "0.300", "host"),
		X(1, 0, "5.300", "1.000", "switching"),
		X(2, 0, "5.300", "5.000", "runnable"),
		X(1, 0, "6.300", "3.000", "worker"),
		X(3, 2, "6.300", "3.000", "running"),
		X(1, 0, "9.300", "1.000", "switching"),
		XA(3, 2, "9.300", "2.700", "lock", "\"holder\":\"vcpu1\""),
		X(1, 0, "10.300", "1.700", "vcpu0"),
		X(2, 0, "10.300", "1.700", "host"),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	is_in(0, US(0.2), VCPU0, VS_IN_STEAL);
	runs(0, US(1), VCPU0);
	is_in(0, US(1), VCPU0, VS_IN_HOST);
	is_in(0, US(2), VCPU0, VS_IN_GUEST);
	is_in(0, US(5), VCPU0, VS_IN_HOST);
	leaves(0, US(5.3), VCPU0);
	is_in(0, US(5.3), VCPU0, VS_IN_STEAL);
	runs(0, US(6.3), WORKER);
	is_in(0, US(6.3), WORKER, VS_IN_HOST);
	leaves(0, US(9.3), WORKER);
	tracer.event(tracer.ctx, 0, US(9.3), VS_HOST_STATE, &task[WORKER], VS_IN_LOCK, VCPU1 + 1);
	runs(0, US(10.3), VCPU0);
	is_in(0, US(10.3), VCPU0, VS_IN_HOST);
	expect(US(12), expected);
}
END_TEST

/* Told twice that it is in the guest, from 1 and from 2: one slice. It ends at 3: no slice more. */
START_TEST(the_same_again_is_no_change)
{
	static const char *const expected[] = {
		ALL_IDLE("0.000", "4.000"),
		X(2, 1, "1.000", "2.000", "guest"),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	is_in(0, US(1), VCPU1, VS_IN_GUEST);
	is_in(0, US(2), VCPU1, VS_IN_GUEST);
	is_in(0, US(3), VCPU1, VS_IN_NOTHING);
	expect(US(4), expected);
}
END_TEST

/*
 * 1,999 ps and 3,001 ps lie in the nanoseconds that begin at 1 and at 3: both ends are rounded
 * down, so "guest" takes 2 ns, not the 1 of 1,002 ps, and "host" begins where it ends.
 */
START_TEST(rounded_down_at_both_ends)
{
	static const char *const expected[] = {
		ALL_IDLE("0.000", "0.004"),
		X(2, 1, "0.001", "0.002", "guest"),
		X(2, 1, "0.003", "0.001", "host"),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	is_in(1, 1999, VCPU1, VS_IN_GUEST);
	is_in(1, 3001, VCPU1, VS_IN_HOST);
	expect(4000, expected);
}
END_TEST

/*
 * At 5 vcpu0 goes over from CPU 0 to CPU 1, both of which say something of it: CPU 0 counts as the
 * earlier, in whichever order the two were run. So from 5 on it is halted.
 */
START_TEST(equal_times_are_in_order_of_cpus)
{
	static const char *const expected[] = {
		ALL_IDLE("0.000", "7.000"),
		X(2, 0, "1.000", "4.000", "guest"),
		X(2, 0, "5.000", "2.000", "halted"),
		NULL,
	};

	for (int first = 0; first < 2; first++) {
		begin(0, VS_PS_NEVER);
		is_in(0, US(1), VCPU0, VS_IN_GUEST);
		for (int i = 0; i < 2; i++) {
			uint32_t cpu = (uint32_t)(first ^ i);

			is_in(cpu, US(5), VCPU0, cpu ? VS_IN_HALTED : VS_IN_STEAL);
		}
		expect(US(7), expected);
	}
}
END_TEST

/* A run that was cut short has no end: its last record, at 3, is. */
START_TEST(without_an_end_the_last_record_is)
{
	static const char *const expected[] = {
		ALL_IDLE("0.000", "3.000"),
		X(2, 0, "1.000", "2.000", "guest"),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	is_in(0, US(1), VCPU0, VS_IN_GUEST);
	handles(1, US(3), VS_IRQ_TICK, US(4));
	expect(VS_PS_NEVER, expected);
}
END_TEST

/* -- interrupts -------------------------------------------------------------------------------- */

/*
 * Number 70 leaves CPU 0 at 1 and is taken by CPU 1 at 1.2; a tick that is due at 1.3 there has to
 * wait for that handler, until 1.4. Number 60 goes the other way, 1.5 to 1.7. They are numbered
 * anew in the order of their numbers. Number 71 is still under way in the end, at 2.5, and of 50
 * nobody said that it was sent: no arrows.
 */
START_TEST(interrupts_and_their_arrows)
{
	static const char *const expected[] = {
		ALL_IDLE("0.000", "2.500"),
		SENT(0, "1.000", 2),
		X(1, 3, "1.200", "0.200", "kick"),
		TAKEN(3, "1.200", 2),
		X(1, 3, "1.400", "0.200", "tick"),
		SENT(2, "1.500", 1),
		X(1, 1, "1.700", "0.200", "resched"),
		TAKEN(1, "1.700", 1),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	sends(0, US(1), 70);
	takes(1, US(1.2), 70);
	handles(1, US(1.2), VS_IRQ_KICK, US(1.4));
	handles(1, US(1.3), VS_IRQ_TICK, US(1.6));
	sends(1, US(1.5), 60);
	takes(0, US(1.7), 60);
	handles(0, US(1.7), VS_IRQ_RESCHED, US(1.9));
	takes(0, US(1.8), 50);
	sends(0, US(2), 71);
	takes(1, US(2.5), 71);
	expect(US(2.5), expected);
}
END_TEST

/* -- operations -------------------------------------------------------------------------------- */

/*
 * The first takes from 1 to 3, 1,500.5 ns of it computing and 499.5 waiting for a lock. The second
 * was due at 2 but begins when the first has ended; its 2,000 ns are told whole. The third took no
 * time. Another thread's is under way when the run ends, at 5.
 */
START_TEST(operations_one_after_the_other)
{
	const vs_ps parts[VS_CAUSES] = {[VS_CAUSE_COMPUTE] = 1500500, [VS_CAUSE_LOCK] = 499500};
	static const char *const expected[] = {
		ALL_IDLE("0.000", "5.000"),
		XA(4, 0, "1.000", "2.000", "hotplug",
		   "\"compute_ns\":1500.500,\"lock_ns\":499.500"),
		XA(4, 0, "3.000", "1.000", "lookup", "\"compute_ns\":2000.000"),
		XA(4, 2, "4.500", "0.500", "kick", "\"compute_ns\":1500.000"),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	op(WORKER, "kick", US(4.5), US(6));
	op(VCPU0, "lookup", US(2), US(4));
	op(VCPU0, "nothing", US(4.2), US(4.2));
	vs_trace_op(trace, 1, &task[VCPU0], "hotplug", US(1), US(3), parts);
	expect(US(5), expected);
}
END_TEST

/* -- a part of it: from 5 to 8 ----------------------------------------------------------------- */

/*
 * CPU 0 leaves vcpu0 at 5 sharp, so vcpu0's slice there does not reach into it; the worker that
 * runs from 6 loses the CPU at 8 sharp: no slice of what comes then. vcpu0 is in the guest from 2
 * to 9, on both sides over the edge. vcpu1 was halted until a picosecond before 5.
 */
START_TEST(cut_states)
{
	static const char *const expected[] = {
		X(1, 0, "5.000", "1.000", "switching"), X(1, 2, "5.000", "3.000", "idle"),
		X(2, 0, "5.000", "3.000", "guest"),     X(2, 1, "5.000", "3.000", "runnable"),
		X(1, 0, "6.000", "2.000", "worker"),    NULL,
	};

	begin(US(5), US(8));
	runs(0, US(1), VCPU0);
	is_in(0, US(2), VCPU0, VS_IN_GUEST);
	is_in(1, US(3), VCPU1, VS_IN_HALTED);
	is_in(1, US(5) - 1, VCPU1, VS_IN_STEAL);
	leaves(0, US(5), VCPU0);
	runs(0, US(6), WORKER);
	leaves(0, US(8), WORKER);
	is_in(0, US(9), VCPU0, VS_IN_HOST);
	expect(US(20), expected);
}
END_TEST

/*
 * Handlers: until 5 sharp, from 4.9 to 5.1, from 7.9 to 8.1, and one from 8 sharp: two are seen, in
 * part. Of three interrupts only the one that is sent and taken between 5 and 8 has an arrow.
 */
START_TEST(cut_interrupts)
{
	static const char *const expected[] = {
		X(1, 0, "5.000", "3.000", "idle"),
		SENT(0, "5.000", 1),
		X(1, 2, "5.000", "3.000", "idle"),
		X(1, 3, "5.000", "0.100", "call"),
		X(1, 3, "7.900", "0.100", "kick"),
		TAKEN(3, "7.900", 1),
		NULL,
	};

	begin(US(5), US(8));
	handles(0, US(4.8), VS_IRQ_TICK, US(5));
	handles(1, US(4.9), VS_IRQ_CALL, US(5.1));
	sends(0, US(4.9), 1);
	takes(1, US(5), 1);
	sends(0, US(5), 2);
	takes(1, US(7.9), 2);
	handles(1, US(7.9), VS_IRQ_KICK, US(8.1));
	sends(0, US(7.9), 3);
	takes(1, US(8), 3);
	handles(1, US(8), VS_IRQ_NOTIFY, US(8.1));
	expect(US(20), expected);
}
END_TEST

/* Of each kind: until 5 sharp, over 5, over 8, from 8 sharp on. */
START_TEST(cut_operations_and_grace_periods)
{
	static const char *const expected[] = {
		ALL_IDLE("5.000", "3.000"),
		XA(4, 1, "5.000", "0.100", "over", "\"compute_ns\":1100.000"),
		XA(5, 0, "5.000", "1.000", "RCU", "\"number\":3"),
		XA(4, 0, "7.000", "1.000", "into", "\"compute_ns\":2000.000"),
		XA(5, 0, "7.000", "1.000", "RCU", "\"number\":4"),
		NULL,
	};

	begin(US(5), US(8));
	op(VCPU0, "before", US(4), US(5));
	op(VCPU1, "over", US(4), US(5.1));
	op(VCPU0, "into", US(7), US(9));
	op(VCPU1, "after", US(8), US(9));
	vs_trace_gp(trace, 0, US(1), NULL, 1, true);
	vs_trace_gp(trace, 0, US(2), NULL, 1, false);
	vs_trace_gp(trace, 0, US(2), NULL, 2, true);
	vs_trace_gp(trace, 0, US(5), NULL, 2, false);
	vs_trace_gp(trace, 0, US(4), NULL, 3, true);
	vs_trace_gp(trace, 0, US(6), NULL, 3, false);
	vs_trace_gp(trace, 0, US(7), NULL, 4, true);
	vs_trace_gp(trace, 0, US(9), NULL, 4, false);
	vs_trace_gp(trace, 0, US(8), NULL, 5, true);
	expect(US(20), expected);
}
END_TEST

/* The run ends at 3, before the part begins: nothing is seen of what came before it. */
START_TEST(a_part_after_the_end_is_empty)
{
	begin(US(5), US(8));
	runs(0, US(1), VCPU0);
	is_in(0, US(1), VCPU0, VS_IN_GUEST);
	handles(0, US(2), VS_IRQ_TICK, US(6)); /* was to run longer */
	ck_assert_str_eq(events(US(3)), "");
}
END_TEST

/* -- the document ------------------------------------------------------------------------------ */

#define NAME(what, pid, tid, name)                                                                 \
	"{\"ph\":\"M\",\"pid\":" #pid ",\"tid\":" #tid ",\"name\":\"" what                         \
	"_name\",\"args\":{\"name\":\"" name "\"}},\n"

#define SLICE(pid, tid, ts, dur, rest)                                                             \
	AT("X", pid, tid, ts) ",\"dur\":" dur ",\"name\":" rest "},\n"
#define ODD_NAME "a\\\"b\\\\cd" /* as JSON */

/* Tracks that have something, each once, each process before its first; quotes and backslashes get
 * a backslash before them, what is below a space is left out. */
START_TEST(the_whole_document)
{
	static const char domain;
	static const char *const expected[] = {
		"{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n",
		NAME("process", 1, 0, "host CPUs"),
		NAME("thread", 1, 0, "CPU 0"),
		NAME("thread", 1, 2, "CPU 1"),
		NAME("thread", 1, 3, "CPU 1 interrupts"),
		NAME("process", 3, 0, "other threads"),
		NAME("thread", 3, 3, ODD_NAME),
		NAME("process", 4, 0, "operations"),
		NAME("thread", 4, 3, ODD_NAME),
		NAME("process", 5, 0, "grace periods"),
		NAME("thread", 5, 16, "SRCU"),
		SLICE(1, 0, "1.000", "0.500", "\"" ODD_NAME "\""),
		SLICE(1, 2, "1.000", "1.000", "\"idle\""),
		SLICE(1, 3, "1.000", "0.250", "\"tick\""),
		SLICE(4, 3, "1.000", "1.000", "\"x\\\"y\",\"args\":{\"compute_ns\":1000.000}"),
		SLICE(5, 16, "1.000", "1.000", "\"SRCU\",\"args\":{\"number\":7}"),
		SLICE(1, 0, "1.500", "0.500", "\"switching\""),
		X(3, 3, "1.500", "0.500", "timer"), /* the last has no comma */
		"]}\n",
		NULL,
	};

	begin(US(1), US(2));
	runs(0, US(1), ODD);
	is_in(0, US(1.5), ODD, VS_IN_TIMER);
	leaves(0, US(1.5), ODD);
	op(ODD, "x\"y", US(1), US(2));
	handles(1, US(1), VS_IRQ_TICK, US(1.25));
	vs_trace_gp(trace, 1, US(1), &domain, 7, true);
	written(US(9));
	expect_text(expected);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trace");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, NULL, end_trace);
	tcase_add_test(c, runs_is_preempted_waits);
	tcase_add_test(c, the_same_again_is_no_change);
	tcase_add_test(c, rounded_down_at_both_ends);
	tcase_add_test(c, equal_times_are_in_order_of_cpus);
	tcase_add_test(c, without_an_end_the_last_record_is);
	tcase_add_test(c, interrupts_and_their_arrows);
	tcase_add_test(c, operations_one_after_the_other);
	tcase_add_test(c, cut_states);
	tcase_add_test(c, cut_interrupts);
	tcase_add_test(c, cut_operations_and_grace_periods);
	tcase_add_test(c, a_part_after_the_end_is_empty);
	tcase_add_test(c, the_whole_document);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
