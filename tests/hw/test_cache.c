/* A core's own caches by capacity and associativity, evictions, and the L3. Times are in ns. */
#include "tests/hw/rig.h"

static void *line(struct rig_core *me, uint32_t i)
{
	return (char *)me->rig->user + 64 * (size_t)i;
}

static vs_ps walk(struct rig_core *me, uint32_t lines)
{
	vs_ps sum = 0;

	for (uint32_t i = 0; i < lines; i++)
		sum += rig_read(me, line(me, i));
	return sum;
}

static void run_alone(struct rig *r, bool strict, void (*script)(struct rig_core *me))
{
	struct vs_machine m;

	rig_machine(&m);
	rig_new(r, &m, strict);
	r->user = vs_hw_arena_take(r->hw, 131072, 0);
	rig_script(r, 0, 0, script);
	rig_run(r);
}

/* -- walks ---------------------------------------------------------------------------------- */

static void walk_three_times(struct rig_core *me)
{
	uint32_t lines[] = {16, 64, 96, 2048};

	for (int i = 0; i < 4; i++) {
		walk(me, lines[i]);
		rig_note(me, walk(me, lines[i]));
		rig_note(me, walk(me, lines[i]));
	}
}

/*
 * LRU, walked in order: what does not fit is gone before it is used again.
 *   16 lines fit in L1 (8 sets of 2):             1 + 1 each
 *   64 fit in L2 (16 of 4), 8 to each set of L1:  1 + 4
 *   96 are 6 to a set of L2, but fit in L3:       1 + 20
 *   2,048 are 16 to a set of L3 (128 of 8):       1 + 100
 */
START_TEST(a_walk_costs_what_it_fits_in)
{
	static const vs_ps each[] = {2, 5, 21, 101}, lines[] = {16, 64, 96, 2048};
	struct rig r;

	run_alone(&r, _i, walk_three_times);
	for (int i = 0; i < 8; i++)
		ck_assert_ps(r.core[0].t[i], lines[i / 2] * each[i / 2] * NS);
	rig_free(&r);
}
END_TEST

static void alternate(struct rig_core *me)
{
	for (int i = 0; i < 3; i++)
		rig_read(me, line(me, 8 * i));
	rig_note(me, rig_read(me, line(me, 16))); /* youngest: in L1 */
	rig_note(me, rig_read(me, line(me, 0)));  /* oldest of three in two ways: L2 */
	rig_note(me, rig_read(me, line(me, 16))); /* used last but one: still in L1 */
	rig_note(me, rig_read(me, line(me, 8)));
	rig_note(me, rig_read(me, line(me, 1))); /* another set is not touched by that: memory */
	rig_note(me, rig_read(me, line(me, 1)));
}

/* Lines 0, 8 and 16 share a set of L1, which has two ways; the least recently used one leaves. */
START_TEST(three_lines_in_a_set_of_two)
{
	static const vs_ps want[] = {2, 5, 2, 5, 101, 2};
	struct rig r;

	run_alone(&r, _i, alternate);
	for (int i = 0; i < 6; i++)
		ck_assert_ps(r.core[0].t[i], want[i] * NS);
	rig_free(&r);
}
END_TEST

/* -- evictions ------------------------------------------------------------------------------ */

/* Lines 0, 16, 32, 48, 64 share a set of L2, which has four ways: the fifth evicts the first. */
static void own_and_evict(struct rig_core *me)
{
	for (int i = 0; i < 5; i++)
		rig_write(me, line(me, 16 * i), 1);
}

static void read_at_2000(struct rig_core *me)
{
	rig_until(me, 2000 * NS);
	rig_note(me, rig_read(me, line(me, 0)));
	rig_note(me, rig_read(me, line(me, 64)));
}

/*
 * Core 0 has told the home that line 0 is gone: core 1 finds it in their L3 (1 + 20), core 4 in the
 * memory of its home a socket away (1 + 200). Line 64 is still core 0's: transfers, 40 and 120.
 */
START_TEST(an_evicted_line_is_found_at_home)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	for (uint32_t other = 1; other <= 4; other += 3) {
		rig_new(&r, &m, _i);
		r.user = r.line[0];
		rig_script(&r, 0, 0, own_and_evict);
		rig_script(&r, other, 0, read_at_2000);
		rig_run(&r);
		ck_assert_ps(r.core[other].t[0], (other == 1 ? 21 : 201) * NS);
		ck_assert_ps(r.core[other].t[1], (other == 1 ? 41 : 121) * NS);
		rig_free(&r);
	}
}
END_TEST

static void read_at_506(struct rig_core *me)
{
	rig_until(me, 506 * NS);
	rig_note(me, rig_read(me, line(me, 0)));
}

static void read_at_496(struct rig_core *me)
{
	rig_until(me, 496 * NS);
	rig_note(me, rig_read(me, line(me, 0)));
}

/*
 * The fifth line arrives at 5 x 101 = 505 and evicts line 0; its home hears of it at 515. Core 1
 * asks at 507, arrives at 517: the L3 could answer at 527, which is 505 + 22, later than the
 * shortest hop after the eviction. Price 21. Asking at 497 it arrives at 507, when the home still
 * sends it to core 0: a transfer, 41, though the copy is gone by the time it is to be taken away.
 */
START_TEST(a_request_may_cross_an_eviction)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	for (int early = 0; early < 2; early++) {
		rig_new(&r, &m, _i);
		r.user = r.line[0];
		rig_script(&r, 0, 0, own_and_evict);
		rig_script(&r, 1, 0, early ? read_at_496 : read_at_506);
		rig_run(&r);
		ck_assert_ps(r.core[1].t[0], (early ? 41 : 21) * NS);
		rig_free(&r);
	}
}
END_TEST

/* -- the L3 of another domain --------------------------------------------------------------- */

static void read_then_write_at_1000(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_note(me, rig_read(me, line(me, 0)));
	rig_note(me, rig_write(me, line(me, 0), 2));
}

static void read_at_3000(struct rig_core *me)
{
	rig_until(me, 3000 * NS);
	rig_note(me, rig_read(me, line(me, 0)));
}

/*
 * Core 0's evicted line is in the L3 of its domain. Core 4 reads it, alone (memory, 201), and so
 * may write it without asking (2): the copy in that L3 is old from then on. Core 8 reads it from
 * core 4 (121). Core 1, of core 0's domain, must not be served by its L3 (21): memory, 101.
 */
START_TEST(an_l3_copy_that_another_core_may_have_written_is_old)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, own_and_evict);
	rig_script(&r, 4, 0, read_then_write_at_1000);
	rig_script(&r, 8, 0, read_at_2000);
	rig_script(&r, 1, 0, read_at_3000);
	rig_run(&r);
	ck_assert_ps(r.core[4].t[0], 201 * NS);
	ck_assert_ps(r.core[4].t[1], 2 * NS);
	ck_assert_ps(r.core[8].t[0], 121 * NS);
	ck_assert_ps(r.core[1].t[0], 101 * NS);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_walk_costs_what_it_fits_in,
		three_lines_in_a_set_of_two,
		an_evicted_line_is_found_at_home,
		a_request_may_cross_an_eviction,
		an_l3_copy_that_another_core_may_have_written_is_old,
	};

	return rig_main("cache", tests, sizeof(tests) / sizeof(tests[0]));
}
