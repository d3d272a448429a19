/* Topology, books, charges, and running for free. Times in the comments are ns. */
#include "tests/hw/rig.h"

/* Cores 0 and 1 in an L3, 0 to 3 in a socket; sockets 0 and 1 are neighbours, 0 and 2 are not. */
START_TEST(distances)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	ck_assert_int_eq(vs_hw_distance(r.hw, 0, 0), VS_SAME_L3);
	ck_assert_int_eq(vs_hw_distance(r.hw, 0, 1), VS_SAME_L3);
	ck_assert_int_eq(vs_hw_distance(r.hw, 1, 2), VS_SAME_SOCKET);
	ck_assert_int_eq(vs_hw_distance(r.hw, 3, 4), VS_CROSS_SOCKET);
	ck_assert_int_eq(vs_hw_distance(r.hw, 11, 7), VS_CROSS_SOCKET);
	ck_assert_int_eq(vs_hw_distance(r.hw, 8, 0), VS_FAR_SOCKET);
	rig_free(&r);
}
END_TEST

static vs_ps other_books[VS_CAUSES];

static void change_books(struct rig_core *me)
{
	rig_read(me, me->rig->user);
	vs_hw_charge(me->core, 7 * NS, VS_CAUSE_SCHED);
	rig_note(me, rig_now(me));
	vs_hw_set_books(me->core, other_books);
	rig_read(me, me->rig->user);
	vs_hw_charge(me->core, 9 * NS, VS_CAUSE_INTERRUPT);
	rig_note(me, rig_now(me));
	vs_hw_set_books(me->core, NULL);
	rig_read(me, me->rig->user);
	vs_hw_set_books(me->core, me->books);
	vs_hw_charge(me->core, 2 * NS, VS_CAUSE_IDLE); /* for the 2 that nobody was charged */
}

/* Time goes to whose books are set: 101 + 7 and the last 2 to the first, a hit and 9 to the second
 * (11, not one twice), a hit to nobody. rig_run wants the first to have all: give it the second's
 * too. */
START_TEST(time_goes_into_the_books_that_are_set)
{
	struct vs_machine m;
	struct rig r;

	for (int i = 0; i < VS_CAUSES; i++)
		other_books[i] = 0;
	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, change_books);
	ck_assert_int_eq(vs_engine_run(r.engine, VS_PS_MAX_RUN), VS_STOP_QUIET);
	vs_hw_set_books(r.core[0].core, NULL);
	ck_assert_ps(r.core[0].t[0], 108 * NS);
	ck_assert_ps(r.core[0].t[1], 119 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_COMPUTE], 1 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_CACHE], 0);
	ck_assert_ps(r.core[0].books[VS_CAUSE_MEMORY], 100 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_SCHED], 7 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_IDLE], 2 * NS);
	ck_assert_ps(other_books[VS_CAUSE_COMPUTE], 1 * NS);
	ck_assert_ps(other_books[VS_CAUSE_CACHE], 1 * NS);
	ck_assert_ps(other_books[VS_CAUSE_INTERRUPT], 9 * NS);
	rig_free(&r);
}
END_TEST

static void run_free(struct rig_core *me)
{
	uint64_t *p = me->rig->user;
	struct vs_hw_stats st;

	vs_hw_set_pricing(me->rig->hw, false);
	ck_assert(!vs_hw_pricing(me->rig->hw));
	rig_write(me, p, 5);
	rig_zero(me, p + 8, 4096);
	vs_access((uintptr_t)me, 8, VS_READ, 0); /* not even looked at */
	vs_access_fence(__ATOMIC_SEQ_CST, 0);
	vs_hw_charge(me->core, 1000, VS_CAUSE_COMPUTE);
	vs_hw_relax(0);
	ck_assert_uint_eq(rig_now(me), 0);
	vs_hw_stats(me->rig->hw, &st);
	ck_assert_uint_eq(st.accesses, 0);
	vs_hw_set_pricing(me->rig->hw, true);
	rig_note(me, rig_read(me, p)); /* nothing was cached either */
	ck_assert_uint_eq(*p, 5);
}

START_TEST(nothing_costs_while_pricing_is_off)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, run_free);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 101 * NS);
	rig_free(&r);
}
END_TEST

/* Outside of any context an access is free: set-up code. */
START_TEST(nobody_pays_outside_a_context)
{
	struct vs_machine m;
	struct vs_hw_stats st;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	vs_access((uintptr_t)r.line[0], 8, VS_WRITE, 0);
	vs_access_range((uintptr_t)r.line[0], 0, 4096, VS_WRITE, 0);
	vs_access_fence(__ATOMIC_SEQ_CST, 0);
	vs_hw_relax(0);
	vs_hw_stats(r.hw, &st);
	ck_assert_uint_eq(st.accesses, 0);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		distances,
		time_goes_into_the_books_that_are_set,
		nothing_costs_while_pricing_is_off,
		nobody_pays_outside_a_context,
	};

	return rig_main("hw", tests, sizeof(tests) / sizeof(tests[0]));
}
