/* A core's side of a miss: ranges, upgrades, what it counts and books. Times in comments are ns. */
#include "tests/hw/rig.h"

static char *at(struct rig_core *me, size_t byte)
{
	return (char *)me->rig->user + byte;
}

static void run_alone(struct rig *r, bool strict, void (*script)(struct rig_core *me))
{
	struct vs_machine m;

	rig_machine(&m);
	rig_new(r, &m, strict);
	r->user = r->line[0];
	rig_script(r, 0, 0, script);
	rig_run(r);
}

/* -- ranges --------------------------------------------------------------------------------- */

static void zero_pages(struct rig_core *me)
{
	rig_note(me, rig_zero(me, at(me, 0), 4096));
	rig_note(me, rig_zero(me, at(me, 0), 4096));
	rig_note(me, rig_zero(me, at(me, 8192), 8192));
	rig_note(me, rig_zero(me, at(me, 32768 + 32), 4096));
	rig_note(me, rig_read(me, at(me, 32768 + 64)));
}

/*
 * A cold page of 64 lines: 1 + 100 for the first, 63 x 5 for the rest. All 64 fit in L2 (16 sets of
 * 4), so the second time they are held, but not in L1, which holds the last 16 lines and loses each
 * before its turn: 1 + 64 x 4. Two pages are two transactions. 4,096 bytes that begin in the middle
 * of a line are 65 lines, of which the first and the last share a set of L2 with three others of
 * the range: a line in between stays.
 */
START_TEST(zeroing_goes_by_bandwidth)
{
	struct rig r;

	run_alone(&r, _i, zero_pages);
	ck_assert_ps(r.core[0].t[0], (1 + 100 + 63 * 5) * NS);
	ck_assert_ps(r.core[0].t[1], (1 + 64 * 4) * NS);
	ck_assert_ps(r.core[0].t[2], 2 * (1 + 100 + 63 * 5) * NS);
	ck_assert_ps(r.core[0].t[3], (1 + 100 + 64 * 5) * NS);
	rig_free(&r);
}
END_TEST

/* Lines 0, 16, 32, 48 and 64 share a set of L2, of four lines, and one of L1, of two. */
static void use_as_a_range(struct rig_core *me)
{
	for (int i = 0; i < 4; i++)
		rig_read(me, at(me, 1024 * i));
	rig_note(me, rig_copy(me, at(me, 0), at(me, 3072), 64));
	rig_note(me, rig_copy(me, at(me, 0), at(me, 3072), 64));
	rig_read(me, at(me, 4096));
	rig_note(me, rig_read(me, at(me, 0)));
	rig_note(me, rig_read(me, at(me, 1024)));
}

/*
 * Lines 0, 16, 32, 48 are held, 32 and 48 in L1 too. A copy from 48 to 0: 4 for 0, which pushes 32
 * out of L1, and 1 for 48: 1 + 5. The same again: 1 + 2. So line 64 pushes 0 out of L1 and 16, the
 * least recently used, out of L2. Line 0 is in L2: 5. Line 16 is in L3: 21.
 */
START_TEST(a_range_uses_what_it_touches)
{
	struct rig r;

	run_alone(&r, _i, use_as_a_range);
	ck_assert_ps(r.core[0].t[0], 6 * NS);
	ck_assert_ps(r.core[0].t[1], 3 * NS);
	ck_assert_ps(r.core[0].t[2], 5 * NS);
	ck_assert_ps(r.core[0].t[3], 21 * NS);
	rig_free(&r);
}
END_TEST

static void write_source(struct rig_core *me)
{
	rig_write(me, at(me, 4096), 7);
	rig_write(me, at(me, 4096 + 64), 8);
}

static void copy(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_note(me, rig_copy(me, at(me, 0), at(me, 4096), 128));
	ck_assert_uint_eq(*(uint64_t *)at(me, 0), 7);
	ck_assert_uint_eq(*(uint64_t *)at(me, 64), 8);
	rig_note(me, rig_read(me, at(me, 0)));
	rig_note(me, rig_write(me, at(me, 64), 1));
	rig_note(me, rig_read(me, at(me, 4096)));
	rig_note(me, rig_write(me, at(me, 4096), 1));
}

static void read_target_meanwhile(struct rig_core *me)
{
	rig_until(me, 1100 * NS);
	rig_note(me, rig_read(me, at(me, 0)));
}

/*
 * Two lines are written (cold: 100), two read from far core 8 (240): all four at the slowest plus
 * 3 x 5: 1 + 255, at 1256. What is written is then core 0's own, what is read is shared with core
 * 8: its write is an upgrade, 1 + 240. Core 1 wants the first target line at 1101, long after that
 * would have come alone; but they are granted together: free at 1257, hop 20: 1277. It asked at
 * 1101 (from 1100). So core 0's own write of the second line hits still, its read of the first too.
 */
START_TEST(a_copy_is_granted_at_once)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 8, 0, write_source);
	rig_script(&r, 0, 0, copy);
	rig_script(&r, 1, 0, read_target_meanwhile);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 256 * NS);
	for (int i = 1; i <= 3; i++)
		ck_assert_ps(r.core[0].t[i], 2 * NS);
	ck_assert_ps(r.core[0].t[4], 241 * NS);
	ck_assert_ps(r.core[1].t[0], 177 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_XFER_FAR_SOCKET], (255 + 240) * NS);
	rig_free(&r);
}
END_TEST

static void copy_over_itself(struct rig_core *me)
{
	rig_note(me, rig_copy(me, at(me, 0), at(me, 32), 32));
	rig_note(me, rig_copy(me, at(me, 64), at(me, 0), 64));
}

/* Source and target in one line are one line, to be written: 1 + 100. One held, one cold: 1 + 100
 * + 5. */
START_TEST(ranges_that_share_a_line)
{
	struct rig r;

	run_alone(&r, _i, copy_over_itself);
	ck_assert_ps(r.core[0].t[0], 101 * NS);
	ck_assert_ps(r.core[0].t[1], 106 * NS);
	rig_free(&r);
}
END_TEST

static void copy_up(struct rig_core *me)
{
	for (int i = 0; i < 20; i++)
		rig_note(me, rig_copy(me, at(me, 0), at(me, 4096), 2048));
}

static void copy_down(struct rig_core *me)
{
	for (int i = 0; i < 20; i++)
		rig_note(me, rig_copy(me, at(me, 4096), at(me, 0), 2048));
}

/* Two cores that want the same 64 lines, each writing what the other reads: nobody holds some and
 * waits for others, so both get through, one after the other. */
START_TEST(crossing_copies_do_not_block_each_other)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, copy_up);
	rig_script(&r, 4, 0, copy_down);
	rig_run(&r);
	ck_assert_uint_eq(r.core[0].n, 20);
	ck_assert_uint_eq(r.core[4].n, 20);
	/* the first: 1 + 100 + 63 x 5 = 416. Core 4 asked at the same time and comes after it: free
	 * 417, hop 60, 63 x 5 */
	ck_assert_ps(r.core[0].t[0], 416 * NS);
	ck_assert_ps(r.core[4].t[0], (417 + 60 + 63 * 5) * NS);
	rig_free(&r);
}
END_TEST

/* -- counts --------------------------------------------------------------------------------- */

static void count_kinds(struct rig_core *me)
{
	rig_read(me, at(me, 0));      /* miss */
	rig_read(me, at(me, 0));      /* L1 */
	rig_read(me, at(me, 8 * 64)); /* misses into the same set of L1 */
	rig_read(me, at(me, 16 * 64));
	rig_read(me, at(me, 0)); /* L2 */
	rig_until(me, 2000 * NS);
	rig_write(me, at(me, 0), 1);     /* shared by then: upgrade */
	rig_zero(me, at(me, 4096), 128); /* a miss of two lines */
	rig_read(me, at(me, 24 * 64));
	rig_read(me, at(me, 32 * 64));
	rig_read(me, at(me, 48 * 64)); /* the fifth of a set of L2 (0, 16, 32, 48, 64): evicts */
}

static void share_at_1000(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_read(me, at(me, 0));
}

START_TEST(what_is_counted)
{
	struct vs_machine m;
	struct vs_hw_stats st;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, count_kinds);
	rig_script(&r, 1, 0, share_at_1000);
	rig_run(&r);
	vs_hw_stats(r.hw, &st);
	ck_assert_uint_eq(st.accesses, 11);
	ck_assert_uint_eq(st.l1_hits, 1);
	ck_assert_uint_eq(st.l2_hits, 1);
	ck_assert_uint_eq(st.upgrades, 1);
	ck_assert_uint_eq(st.misses, 8);
	ck_assert_uint_eq(st.bulk_lines, 2);
	ck_assert_uint_eq(st.evictions, 1);
	ck_assert_uint_eq(st.prefetches, 0);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		zeroing_goes_by_bandwidth,
		a_range_uses_what_it_touches,
		a_copy_is_granted_at_once,
		ranges_that_share_a_line,
		crossing_copies_do_not_block_each_other,
		what_is_counted,
	};

	return rig_main("request", tests, sizeof(tests) / sizeof(tests[0]));
}
