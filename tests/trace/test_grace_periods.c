/* What a trace says of grace periods, worked out by hand to the nanosecond. */
#include <check.h>
#include <string.h>

#include "tests/trace/events.h"

/*
 * RCU's number 5 from 1 to 4 and, in a lane of its own, an expedited one of the same number from 2
 * to 3. Two SRCU domains have a number 1 each: the first's from 1 to 2.5, the second's from 2 to 3,
 * so they take two lanes; the first's number 2 begins at 2.5, where the first lane is free again,
 * and has not ended when the run does, at 5.
 */
START_TEST(in_lanes)
{
	static const char first, second;
	const uint64_t expedited = UINT64_C(1) << 63;
	static const char *const expected[] = {
		ALL_IDLE("0.000", "5.000"),
		XA(5, 0, "1.000", "3.000", "RCU", "\"number\":5"),
		XA(5, 16, "1.000", "1.500", "SRCU", "\"number\":1"),
		XA(5, 8, "2.000", "1.000", "RCU expedited", "\"number\":5"),
		XA(5, 17, "2.000", "1.000", "SRCU", "\"number\":1"),
		XA(5, 16, "2.500", "2.500", "SRCU", "\"number\":2"),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	vs_trace_gp(trace, 0, US(1), NULL, 5, true);
	vs_trace_gp(trace, 0, US(1), &first, 1, true);
	vs_trace_gp(trace, 1, US(2), NULL, expedited | 5, true);
	vs_trace_gp(trace, 1, US(2), &second, 1, true);
	vs_trace_gp(trace, 0, US(2.5), &first, 1, false);
	vs_trace_gp(trace, 0, US(2.5), &first, 2, true);
	vs_trace_gp(trace, 1, US(3), NULL, expedited | 5, false);
	vs_trace_gp(trace, 1, US(3), &second, 1, false);
	vs_trace_gp(trace, 0, US(4), NULL, 5, false);
	expect(US(5), expected);
}
END_TEST

#define I(tid, ts, name, args)                                                                     \
	AT("i", 5, tid, ts) ",\"name\":\"" name "\",\"s\":\"t\",\"args\":{" args "}}\n"

/*
 * RCU's number 7 from 1 to 3, whose nodes know of the end at 3.1. CPU 1 tells of itself at 2, a
 * scan by CPU 0 of CPU 1 once more at 2.5, and at 3.05 CPU 1 what nobody waits for any more.
 * Meanwhile an expedited one of the same number, 2 to 2.9, hears of CPU 0 at 2.2. Number 8 begins
 * at 4 and is cut by the run's end at 5.
 */
START_TEST(what_they_go_through)
{
	const uint64_t expedited = UINT64_C(1) << 63;
	static const char *const expected[] = {
		ALL_IDLE("0.000", "5.000"),
		XA(5, 0, "1.000", "2.000", "RCU", "\"number\":7"),
		I(0, "1.000", "started", "\"number\":7"),
		I(0, "1.200", "initialised", "\"number\":7"),
		I(0, "2.000", "quiescent", "\"number\":7,\"cpu\":1,\"by\":1"),
		XA(5, 8, "2.000", "0.900", "RCU expedited", "\"number\":7"),
		I(8, "2.200", "quiescent", "\"number\":7,\"cpu\":0,\"by\":0"),
		I(0, "2.400", "scan", "\"number\":7"),
		I(0, "2.500", "quiescent", "\"number\":7,\"cpu\":1,\"by\":0"),
		I(0, "3.000", "clear", "\"number\":7"),
		I(0, "3.100", "ended", "\"number\":7"),
		XA(5, 0, "4.000", "1.000", "RCU", "\"number\":8"),
		I(0, "4.000", "started", "\"number\":8"),
		NULL,
	};

	begin(0, VS_PS_NEVER);
	vs_trace_gp(trace, 0, US(1), NULL, 7, true);
	vs_trace_gp_step(trace, 0, US(1), 7, VS_RCU_GP_START);
	vs_trace_gp_step(trace, 0, US(1.2), 7, VS_RCU_GP_INITED);
	vs_trace_quiescent(trace, 1, US(2), 7, 1, false);
	vs_trace_gp(trace, 0, US(2), NULL, expedited | 7, true);
	vs_trace_quiescent(trace, 0, US(2.2), 7, 0, true);
	vs_trace_gp_step(trace, 0, US(2.4), 7, VS_RCU_GP_SCAN);
	vs_trace_quiescent(trace, 0, US(2.5), 7, 1, false);
	vs_trace_gp(trace, 0, US(2.9), NULL, expedited | 7, false);
	vs_trace_gp_step(trace, 0, US(3), 7, VS_RCU_GP_CLEAR);
	vs_trace_gp(trace, 0, US(3), NULL, 7, false);
	vs_trace_quiescent(trace, 1, US(3.05), 7, 1, false);
	vs_trace_gp_step(trace, 0, US(3.1), 7, VS_RCU_GP_END);
	vs_trace_gp(trace, 0, US(4), NULL, 8, true);
	vs_trace_gp_step(trace, 0, US(4), 8, VS_RCU_GP_START);
	expect(US(5), expected);
}
END_TEST

/* Of one that began before the part that is drawn, what comes within it. */
START_TEST(what_an_older_one_goes_through)
{
	static const char *const expected[] = {
		ALL_IDLE("5.000", "3.000"),
		XA(5, 0, "5.000", "2.000", "RCU", "\"number\":7"),
		I(0, "6.000", "quiescent", "\"number\":7,\"cpu\":1,\"by\":1"),
		I(0, "7.000", "clear", "\"number\":7"),
		NULL,
	};

	begin(US(5), US(8));
	vs_trace_gp(trace, 0, US(1), NULL, 7, true);
	vs_trace_gp_step(trace, 0, US(1), 7, VS_RCU_GP_START);
	vs_trace_quiescent(trace, 0, US(4), 7, 0, false);
	vs_trace_quiescent(trace, 1, US(6), 7, 1, false);
	vs_trace_gp_step(trace, 0, US(7), 7, VS_RCU_GP_CLEAR);
	vs_trace_gp(trace, 0, US(7), NULL, 7, false);
	vs_trace_gp_step(trace, 0, US(8), 7, VS_RCU_GP_END);
	expect(US(9), expected);
}
END_TEST

/* Nine at once: there are eight lanes, so the last to begin is left out. */
START_TEST(a_ninth_has_no_lane)
{
	static const char domain[9];
	const char *e;
	int n = 0;

	begin(0, VS_PS_NEVER);
	for (int i = 0; i < 9; i++)
		vs_trace_gp(trace, 0, US(1 + i), &domain[i], (uint64_t)i, true);
	e = events(US(20));
	ck_assert_ptr_nonnull(strstr(e, XA(5, 23, "8.000", "12.000", "SRCU", "\"number\":7")));
	for (; (e = strstr(e, "SRCU")); e++)
		n++;
	ck_assert_int_eq(n, 8);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("grace periods in a trace");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, NULL, end_trace);
	tcase_add_test(c, in_lanes);
	tcase_add_test(c, a_ninth_has_no_lane);
	tcase_add_test(c, what_they_go_through);
	tcase_add_test(c, what_an_older_one_goes_through);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
