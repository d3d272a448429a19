/*
 * sim/check/rcu: each violation, and beside each the nearest thing that is none. W is 1,000 ps.
 * domain NULL is RCU, `srcu` and `other` are srcu_structs.
 */
#include "mock.h"

#include <string.h>

static const char srcu[1], other[1];

static void lock(uint32_t cpu, uint32_t task, vs_ps t, const void *domain, unsigned idx)
{
	rcu.lock(rcu.ctx, cpu, task, t, domain, idx, 0);
}

static void unlock(uint32_t cpu, uint32_t task, vs_ps t, const void *domain, unsigned idx)
{
	rcu.unlock(rcu.ctx, cpu, task, t, domain, idx, 0);
}

static void gp_begin(uint32_t cpu, vs_ps t, const void *domain, uint64_t seq)
{
	rcu.gp_begin(rcu.ctx, cpu, t, domain, seq);
}

static void gp_end(uint32_t cpu, vs_ps t, const void *domain, uint64_t seq)
{
	rcu.gp_end(rcu.ctx, cpu, t, domain, seq);
}

/* Nested, SRCU out of order and on another CPU, sleeping in SRCU and after RCU: all allowed. */
START_TEST(balanced_sections)
{
	lock(0, 1, 100, NULL, 0);
	lock(0, 1, 110, NULL, 0);
	lock(0, 1, 120, srcu, 0);
	unlock(0, 1, 130, NULL, 0);
	unlock(0, 1, 140, NULL, 0);
	rcu.sleeping(rcu.ctx, 0, 1, 150, 0);
	lock(2, 1, 5000, srcu, 1);
	unlock(2, 1, 5010, srcu, 0);
	rcu.synchronizing(rcu.ctx, 2, 1, 5015, other, 0);
	unlock(2, 1, 5020, srcu, 1);
	rcu.synchronizing(rcu.ctx, 2, 1, 5030, srcu, 0);
	rcu.exited(rcu.ctx, 2, 1, 5040);
	mock_expect_none();
}
END_TEST

START_TEST(sleeps_in_a_reader)
{
	lock(0, 1, 100, NULL, 0);
	lock(0, 1, 110, NULL, 0);
	unlock(0, 1, 120, NULL, 0);
	rcu.sleeping(rcu.ctx, 0, 2, 125, 0); /* another thread */
	rcu.sleeping(rcu.ctx, 0, 1, 130, 0);
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_SLEEP_IN_READER)->text,
				     "section of thread 1 begun by ? at 0.000100 us; sleeps by ? "
				     "on CPU 0 at 0.000130 us"));
}
END_TEST

START_TEST(waits_for_itself)
{
	lock(0, 1, 100, _i ? srcu : NULL, 0);
	rcu.synchronizing(rcu.ctx, 0, 1, 200, _i ? srcu : NULL, 0);
	mock_expect_one(VS_CHECK_SYNC_IN_READER);
}
END_TEST

START_TEST(waits_for_srcu_in_rcu)
{
	lock(0, 1, 100, NULL, 0);
	rcu.synchronizing(rcu.ctx, 0, 1, 200, srcu, 0);
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_SYNC_IN_READER)->text,
				     "waits for SRCU readers inside an RCU reader"));
}
END_TEST

START_TEST(unlocks_too_often)
{
	lock(0, 1, 100, NULL, 0);
	unlock(0, 1, 110, NULL, 0);
	unlock(0, 1, 120, NULL, 0);
	ck_assert_uint_eq(mock_expect_one(VS_CHECK_UNBALANCED)->time, 120);
}
END_TEST

START_TEST(unlocks_with_the_wrong_index)
{
	lock(0, 1, 100, srcu, 0);
	unlock(0, 1, 110, srcu, 1);
	ck_assert_ptr_nonnull(
		strstr(mock_expect_one(VS_CHECK_UNBALANCED)->text, "(1, begun with 0)"));
}
END_TEST

START_TEST(unlocks_another_domain)
{
	lock(0, 1, 100, srcu, 0);
	unlock(0, 1, 110, other, 0);
	mock_expect_one(VS_CHECK_UNBALANCED);
}
END_TEST

START_TEST(ends_inside)
{
	lock(0, 1, 100, srcu, 0);
	rcu.exited(rcu.ctx, 0, 1, 110);
	mock_expect_one(VS_CHECK_UNBALANCED);
}
END_TEST

/*
 * Grace period of CPU 0 from 5,000 to `to`; a reader of CPU 1 from `s` to `u`. It began before if
 * s + W <= 5,000; then it must have ended as CPU 0 can know: u + W <= to. The host may have run the
 * end of the reader first (order 0), or that of the grace period (1).
 */
static const struct {
	vs_ps s, u, to;
	bool fires;
} periods[] = {
	{4000, 8000, 9000, false}, /* known in time, to the picosecond */
	{4000, 8001, 9000, true},  /* not known yet */
	{4000, 9500, 9000, true},  /* goes on after it */
	{4001, 9500, 9000, false}, /* cannot have been known when it began */
	{4000, 8600, 9500, true},
	{4000, 4300, 5000, true}, /* an empty grace period waits for nobody */
	{4000, 4100, 5100, false},
};

START_TEST(grace_periods_by_the_rule)
{
	size_t i = (size_t)_i / 2;
	bool period_first = _i % 2;

	lock(1, 3, periods[i].s, NULL, 0);
	gp_begin(0, 5000, NULL, 7);
	if (period_first && periods[i].u + W > periods[i].to)
		gp_end(0, periods[i].to, NULL, 7);
	unlock(1, 3, periods[i].u, NULL, 0);
	gp_end(0, periods[i].to, NULL, 7); /* a second end of the same is none */
	if (periods[i].fires)
		ck_assert_ptr_nonnull(strstr(
			mock_expect_one(VS_CHECK_SHORT_GRACE_PERIOD)->text,
			"RCU grace period 7 ended before a reader that began before it; section "
			"of thread 3"));
	else
		mock_expect_none();
}
END_TEST

/* On its own CPU all is known at once. */
START_TEST(grace_period_and_reader_on_one_cpu)
{
	lock(0, 1, 5000, NULL, 0);
	gp_begin(0, 5000, NULL, 1);
	unlock(0, 1, 5001, NULL, 0);
	gp_end(0, 5001, NULL, 1);
	ck_assert_uint_eq(vs_check_count(checker, VS_CHECK_SHORT_GRACE_PERIOD), 0);
	lock(0, 1, 5002, NULL, 0);
	gp_begin(0, 5003, NULL, 2);
	gp_end(0, 5003, NULL, 2);
	mock_expect_one(VS_CHECK_SHORT_GRACE_PERIOD);
}
END_TEST

/* Domains have nothing to do with each other, and may have grace periods at the same time. */
START_TEST(domains_apart)
{
	lock(1, 3, 100, srcu, 0);
	gp_begin(0, 5000, other, 1);
	gp_begin(0, 5000, srcu, 1);
	gp_begin(0, 5000, NULL, 1);
	gp_end(0, 6000, other, 1);
	gp_end(0, 6000, NULL, 1);
	ck_assert_uint_eq(vs_check_count(checker, VS_CHECK_SHORT_GRACE_PERIOD), 0);
	gp_end(0, 6000, srcu, 1);
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_SHORT_GRACE_PERIOD)->text, "SRCU"));
}
END_TEST

/* Many short sections, which are forgotten as time goes on; the one that matters is not. */
START_TEST(many_sections)
{
	vs_ps t;

	gp_begin(0, 500000, NULL, 1);
	for (t = 490000; t < 500000; t += 10) {
		lock(1, 3, t, NULL, 0);
		unlock(1, 3, t + 5, NULL, 0);
	}
	lock(1, 3, 500000, NULL, 0);
	gp_end(0, 500004, NULL, 1);
	/* Known to CPU 0 at 500,000: begun by 499,000. Not known at 500,004 to have ended: after
	 * 499,004. That is 499,000 .. 499,005, and only that. */
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_SHORT_GRACE_PERIOD)->text,
				     "begun by ? at 0.499000 us"));
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, balanced_sections);
	tcase_add_test(t, sleeps_in_a_reader);
	tcase_add_loop_test(t, waits_for_itself, 0, 2);
	tcase_add_test(t, waits_for_srcu_in_rcu);
	tcase_add_test(t, unlocks_too_often);
	tcase_add_test(t, unlocks_with_the_wrong_index);
	tcase_add_test(t, unlocks_another_domain);
	tcase_add_test(t, ends_inside);
	tcase_add_loop_test(t, grace_periods_by_the_rule, 0,
			    2 * sizeof(periods) / sizeof(*periods));
	tcase_add_test(t, grace_period_and_reader_on_one_cpu);
	tcase_add_test(t, domains_apart);
	tcase_add_test(t, many_sections);
}

int main(void)
{
	return mock_main("check_rcu", add, mock_set_up);
}
