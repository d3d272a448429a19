/* What a grant costs, and whom it takes the line from. Times in the comments are ns. */
#include "tests/hw/rig.h"

/* Which core is how far from core 0. */
static const uint32_t peer[VS_DISTANCES] = {1, 2, 4, 8};

/* -- ping-pong ------------------------------------------------------------------------------ */

static void ping_writes(struct rig_core *me)
{
	void *p = me->rig->user;

	rig_note(me, rig_write(me, p, 1));
	rig_until(me, 2000 * NS);
	rig_note(me, rig_write(me, p, 3));
	rig_until(me, 4000 * NS);
	rig_note(me, rig_write(me, p, 5));
}

static void pong_writes(struct rig_core *me)
{
	void *p = me->rig->user;

	rig_until(me, 1000 * NS);
	rig_note(me, rig_write(me, p, 2));
	rig_until(me, 3000 * NS);
	rig_note(me, rig_read(me, p));
	rig_until(me, 5000 * NS);
	rig_note(me, rig_read(me, p));
	rig_note(me, rig_read(me, p));
}

static void ping_pong(bool strict, bool home_in_path, uint32_t home, const vs_ps want[VS_DISTANCES])
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	m.home_in_path = home_in_path;
	for (int d = 0; d < VS_DISTANCES; d++) {
		rig_new(&r, &m, strict);
		r.user = r.line[home];
		rig_script(&r, 0, 0, ping_writes);
		rig_script(&r, peer[d], 0, pong_writes);
		rig_run(&r);
		struct rig_core *a = &r.core[0], *b = &r.core[peer[d]];

		for (int i = 0; i < 2; i++)
			ck_assert_ps(a->t[1 + i], (1 + want[d]) * NS);
		for (int i = 0; i < 2; i++)
			ck_assert_ps(b->t[i], (1 + want[d]) * NS);
		ck_assert_ps(b->t[2], (1 + want[d]) * NS);
		ck_assert_ps(b->t[3], 2 * NS);
		rig_free(&r);
	}
}

/*
 * A lone requester pays its issue (1) and the whole transfer of its distance. Same L3: asked at t,
 * at the home at t + 10, gone from the holder at t + 20, there at t + 20 + hop 20 = t + 40, which
 * is the transfer. The hop never makes it later: 20 + {20, 30, 60, 120} <= {40, 60, 120, 240}.
 * Writes take the line away, a read shares it, a write to a shared line takes the other's copy
 * away: all the same way there and back.
 */
START_TEST(ping_pong_at_each_distance)
{
	static const vs_ps transfer[VS_DISTANCES] = {40, 60, 120, 240};

	ping_pong(_i, false, 0, transfer);
	ping_pong(_i, false, 1, transfer); /* wherever its home is */
	ping_pong(_i, false, 2, transfer);
}
END_TEST

/*
 * With the home in the path, what happens outside one L3 is at least as far as the requester's way
 * to the home. Home on socket 0: nothing changes for socket 0; the far core's and the cross core's
 * requests go the distance they went before. Home on socket 1: for 0 and 2 each way is cross.
 * Home on socket 2: core 0 is far from it, so is 2; between 0 and 4, core 0's requests are far and
 * core 4's cross: see the next test.
 */
START_TEST(a_far_home_lengthens_a_near_transfer)
{
	static const vs_ps at_0[VS_DISTANCES] = {40, 60, 120, 240};
	static const vs_ps at_1[VS_DISTANCES] = {40, 120, 120, 240};

	ping_pong(_i, true, 0, at_0);
	ping_pong(_i, true, 1, at_1);
}
END_TEST

static void first_then_third(struct rig_core *me)
{
	rig_note(me, rig_write(me, me->rig->user, 1));
	rig_until(me, 2000 * NS);
	rig_note(me, rig_write(me, me->rig->user, 1));
}

static void second(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_note(me, rig_write(me, me->rig->user, 1));
}

/* Home on socket 2. Core 4 is one link from it and from core 0: 120. Core 0 is two from it: 240. */
START_TEST(the_requesters_way_home_counts)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	m.home_in_path = true;
	rig_new(&r, &m, _i);
	r.user = r.line[2];
	rig_script(&r, 0, 0, first_then_third);
	rig_script(&r, 4, 0, second);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 401 * NS); /* memory, two links away */
	ck_assert_ps(r.core[4].t[0], 121 * NS);
	ck_assert_ps(r.core[0].t[1], 241 * NS);
	rig_free(&r);
}
END_TEST

/* -- memory and L3 -------------------------------------------------------------------------- */

static void read_homes(struct rig_core *me)
{
	for (int home = 0; home < 3; home++)
		rig_note(me, rig_read(me, me->rig->line[home]));
}

/* Cold lines come from the memory of their home: 1 + 100, 200, 400. */
START_TEST(memory_by_distance_to_the_home)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	rig_script(&r, 0, 0, read_homes);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 101 * NS);
	ck_assert_ps(r.core[0].t[1], 201 * NS);
	ck_assert_ps(r.core[0].t[2], 401 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_MEMORY], 700 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_COMPUTE], 3 * NS);
	rig_free(&r);
}
END_TEST

/* -- sharers -------------------------------------------------------------------------------- */

static void read_at_start(struct rig_core *me)
{
	rig_note(me, rig_read(me, me->rig->user));
}

static void write_later(struct rig_core *me)
{
	rig_until(me, 2000 * NS);
	rig_note(me, rig_write(me, me->rig->user, 1));
}

/*
 * Cores 1 (same L3), 4 (cross) and 8 (far) share the line; core 0 writes it. The three answers come
 * after 40, 120 and 240: the slowest decides, and it is a far transfer that the time is booked as.
 * The data come with the first (the line is in the L3 of core 0, 20), long before.
 */
START_TEST(the_slowest_of_three_sharers_decides)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 8, 0, read_at_start); /* the slowest is not the last to be asked */
	rig_script(&r, 1, 500 * NS, read_at_start);
	rig_script(&r, 4, 1000 * NS, read_at_start);
	rig_script(&r, 0, 0, write_later);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 241 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_XFER_FAR_SOCKET], 240 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_COMPUTE], 1 * NS);
	rig_free(&r);
}
END_TEST

static void read_then_upgrade(struct rig_core *me)
{
	rig_note(me, rig_read(me, me->rig->user));
	rig_read(me, (char *)me->rig->user + 512);
	rig_until(me, 2000 * NS);
	rig_note(me, rig_write(me, me->rig->user, 1));
	rig_note(me, rig_write(me, me->rig->user, 2));
}

/*
 * A writer that has a copy needs no data: the other sharer's answer alone, 1 + 60. Then it hits.
 * (The L3 holds a single line here, so that the data would have to come from memory, 400.)
 */
START_TEST(an_upgrade_waits_for_the_other_sharer_only)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	m.l3 = (struct vs_cache_geometry){64, 1};
	rig_new(&r, &m, _i);
	r.user = r.line[2];
	rig_script(&r, 2, 0, read_at_start);
	rig_script(&r, 0, 500 * NS, read_then_upgrade);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[1], 61 * NS);
	ck_assert_ps(r.core[0].t[2], 2 * NS);
	rig_free(&r);
}
END_TEST

static void writer_keeps_reading(struct rig_core *me)
{
	rig_note(me, rig_write(me, me->rig->user, 1));
	rig_until(me, 3000 * NS);
	rig_note(me, rig_read(me, me->rig->user));
	rig_note(me, rig_write(me, me->rig->user, 2));
}

static void read_at_1000(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_note(me, rig_read(me, me->rig->user));
}

static void read_at_2000(struct rig_core *me)
{
	rig_until(me, 2000 * NS);
	rig_note(me, rig_read(me, me->rig->user));
}

/*
 * Core 0 owns the line; core 4 reads it: a cross transfer, 1 + 120. Now it is clean and shared.
 * The second readers: core 1 finds it in the L3 of core 0 (1 + 20), core 5 in that of core 4
 * (1 + 20), core 8 in no L3 of its own: memory of socket 0, far, 1 + 400. Core 0 has kept a copy:
 * its read hits, 1 + 1. Its write needs the copies gone, the far one being the last: 1 + 240.
 */
START_TEST(a_read_leaves_the_owner_a_shared_copy)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, writer_keeps_reading);
	rig_script(&r, 4, 0, read_at_1000);
	rig_script(&r, 1, 0, read_at_2000);
	rig_script(&r, 5, 0, read_at_2000);
	rig_script(&r, 8, 0, read_at_2000);
	rig_run(&r);
	ck_assert_ps(r.core[4].t[0], 121 * NS);
	ck_assert_ps(r.core[1].t[0], 21 * NS);
	ck_assert_ps(r.core[1].books[VS_CAUSE_CACHE], 20 * NS);
	ck_assert_ps(r.core[5].t[0], 21 * NS);
	ck_assert_ps(r.core[8].t[0], 401 * NS);
	ck_assert_ps(r.core[0].t[1], 2 * NS);
	ck_assert_ps(r.core[0].t[2], 241 * NS);
	rig_free(&r);
}
END_TEST

static void read_at_1002(struct rig_core *me)
{
	rig_until(me, 1002 * NS);
	rig_note(me, rig_read(me, me->rig->user));
}

/*
 * Core 1's read (asked at 1001, home at 1011) takes the sole right from core 0 at 1021 and has the
 * line at 1041. Core 0's neighbour in the L3... is core 1 itself; so the second reader is core 1's
 * domain mate only on a wider machine: here core 4 reads first, core 1 two ns later. Core 4: asked
 * 1001, loss 1021, there at 1121. Core 1: asked 1003; the L3 could answer at 1023, but not before
 * the loss of 1021 plus the shortest hop, 20: at 1041. Price 39.
 */
START_TEST(a_second_reader_waits_for_the_downgrade_in_flight)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, writer_keeps_reading);
	rig_script(&r, 4, 0, read_at_1000);
	rig_script(&r, 1, 0, read_at_1002);
	rig_run(&r);
	ck_assert_ps(r.core[4].t[0], 121 * NS);
	ck_assert_ps(r.core[1].t[0], 39 * NS);
	rig_free(&r);
}
END_TEST

/* Eleven readers are more than are kept in line; all of them lose their copies. */
static void read_late_again(struct rig_core *me)
{
	rig_note(me, rig_read(me, me->rig->user));
	rig_until(me, 5000 * NS);
	rig_note(me, rig_read(me, me->rig->user));
}

START_TEST(more_sharers_than_fit_in_line)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	for (uint32_t i = 1; i < 12; i++)
		rig_script(&r, i, 0, read_late_again);
	rig_script(&r, 0, 0, write_later);
	rig_run(&r);
	/* core 11 is far from core 0, and no copy is left: nobody hits (2 ns) any more */
	ck_assert_ps(r.core[0].t[0], 241 * NS);
	for (uint32_t i = 1; i < 12; i++)
		ck_assert_uint_gt(r.core[i].t[1], 2 * NS);
	rig_free(&r);
}
END_TEST

/* A line that nobody shares is granted for writing at once: the write that follows hits. */
static void read_and_write(struct rig_core *me)
{
	rig_note(me, rig_read(me, me->rig->user));
	rig_note(me, rig_write(me, me->rig->user, 1));
}

START_TEST(a_sole_reader_may_write)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	rig_script(&r, 0, 0, read_and_write);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 101 * NS);
	ck_assert_ps(r.core[0].t[1], 2 * NS);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ping_pong_at_each_distance,
		a_far_home_lengthens_a_near_transfer,
		the_requesters_way_home_counts,
		memory_by_distance_to_the_home,
		the_slowest_of_three_sharers_decides,
		an_upgrade_waits_for_the_other_sharer_only,
		a_read_leaves_the_owner_a_shared_copy,
		a_second_reader_waits_for_the_downgrade_in_flight,
		more_sharers_than_fit_in_line,
		a_sole_reader_may_write,
	};

	return rig_main("grant", tests, sizeof(tests) / sizeof(tests[0]));
}
