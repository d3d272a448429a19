/* The stream prefetcher. Times in the comments are ns. Depth 2, four streams, unless said. */
#include "tests/hw/rig.h"

static void *line(struct rig_core *me, uint32_t i)
{
	return (char *)me->rig->line[0] + 64 * (size_t)i;
}

static void rig_new_prefetching(struct rig *r, bool strict)
{
	struct vs_machine m;

	rig_machine(&m);
	m.prefetch_streams = 4;
	m.prefetch_depth = 2;
	rig_new(r, &m, strict);
}

static uint64_t prefetches(const struct rig *r)
{
	struct vs_hw_stats st;

	vs_hw_stats(r->hw, &st);
	return st.prefetches;
}

static void walk_five(struct rig_core *me)
{
	for (int i = 10; i < 15; i++)
		rig_note(me, rig_read(me, line(me, i)));
	rig_note(me, rig_read(me, line(me, 12))); /* by now in L1 */
}

/*
 * Line 10 misses: 0 to 101. Line 11 misses, asked at 102: the second in a row, so 12 and 13 are
 * asked for at 102 too; all three arrive at 202. Line 12: issued at 203, after its grant: a hit in
 * L2, 1 + 4 = 5, to 207; its first use keeps the stream going: 14 is asked for at 203. Line 13:
 * issued 208, 5, to 212, asks for 15 at 208. Line 14: issued 213, before its grant: waits until
 * 303, 91 in all. It asks for 16 (15 is on its way).
 */
START_TEST(used_after_and_before_its_grant)
{
	static const vs_ps want[] = {101, 101, 5, 5, 91, 2};
	struct rig r;

	rig_new_prefetching(&r, _i);
	rig_script(&r, 0, 0, walk_five);
	rig_run(&r);
	for (int i = 0; i < 6; i++)
		ck_assert_ps(r.core[0].t[i], want[i] * NS);
	ck_assert_uint_eq(prefetches(&r), 5);
	rig_free(&r);
}
END_TEST

static void no_stream(struct rig_core *me)
{
	static const uint32_t at[] = {10, 12, 14, 20, 19, 18};

	for (int i = 0; i < 6; i++)
		rig_note(me, rig_read(me, line(me, at[i])));
}

/* Only lines that follow each other upwards make a stream. */
START_TEST(strides_and_backwards_are_not_followed)
{
	struct rig r;

	rig_new_prefetching(&r, _i);
	rig_script(&r, 0, 0, no_stream);
	rig_run(&r);
	for (int i = 0; i < 6; i++)
		ck_assert_ps(r.core[0].t[i], 101 * NS);
	ck_assert_uint_eq(prefetches(&r), 0);
	rig_free(&r);
}
END_TEST

static void page_end(struct rig_core *me)
{
	for (int i = 61; i < 64; i++)
		rig_note(me, rig_read(me, line(me, i)));
	rig_until(me, 1000 * NS);
	rig_note(me, rig_read(me, line(me, 64)));
}

/* 61 and 62 miss, 63 is prefetched, 64 is in the next page of 64 lines: it misses. */
START_TEST(it_stops_at_the_page)
{
	struct rig r;

	rig_new_prefetching(&r, _i);
	rig_script(&r, 0, 0, page_end);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[2], 5 * NS);
	ck_assert_ps(r.core[0].t[3], 101 * NS);
	rig_free(&r);
}
END_TEST

static void share_ahead(struct rig_core *me)
{
	rig_read(me, line(me, 12));
}

static void walk_then_write(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_read(me, line(me, 10));
	rig_read(me, line(me, 11));
	rig_note(me, rig_write(me, line(me, 13), 1));
	rig_note(me, rig_write(me, line(me, 12), 1));
}

/*
 * Core 1 has line 12. Core 0 reads 10 (1001 to 1101) and 11 (asked 1102, there 1202); 12 and 13 are
 * asked for at 1102. Line 13 is nobody else's: granted with the right to write, 1202: a write
 * issued at 1203 hits in L2 (5). Core 1's copy of 12 came for reading alone and is its own: the
 * prefetch has made both sharers (transfer 40: there at 1142). A write to 12 at 1208: core 1's copy
 * must go: 1 + 40.
 */
START_TEST(a_write_to_a_prefetched_line)
{
	struct rig r;

	rig_new_prefetching(&r, _i);
	rig_script(&r, 1, 0, share_ahead);
	rig_script(&r, 0, 0, walk_then_write);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 5 * NS);
	ck_assert_ps(r.core[0].t[1], 41 * NS);
	rig_free(&r);
}
END_TEST

static void write_in_flight(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_read(me, line(me, 10));
	vs_access((uintptr_t)line(me, 11) + 56, 8, VS_READ, 0);
	rig_note(me, rig_now(me));
	rig_note(me, rig_write(me, line(me, 12), 1));
}

static void own_far_away(struct rig_core *me)
{
	rig_write(me, line(me, 12), 1);
}

/*
 * Core 8 (far) owns line 12. Core 0's prefetch of it is asked at 1102 and shares it at 1102 + 240 =
 * 1342. Core 0 has line 11 at 1202 and writes 12 at 1203: that waits for the prefetch (1342) and
 * then asks to have it alone: another 240, from 1342: 1582. Price 1582 - 1202 = 380.
 */
START_TEST(a_write_while_it_is_in_flight_asks_again)
{
	struct rig r;

	rig_new_prefetching(&r, _i);
	rig_script(&r, 8, 0, own_far_away);
	rig_script(&r, 0, 0, write_in_flight);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 1202 * NS);
	ck_assert_ps(r.core[0].t[1], 380 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_XFER_FAR_SOCKET], 379 * NS);
	rig_free(&r);
}
END_TEST

/* Four lines that evict line 13 from core 0's L2 (16 sets). */
static void warm_up(struct rig_core *me)
{
	for (int i = 1; i <= 4; i++)
		rig_read(me, line(me, 13 + 16 * i));
}

static void far_home(struct rig_core *me)
{
	char *far = (char *)me->rig->line[2];

	rig_until(me, 1000 * NS);
	rig_read(me, far + 64 * 11);
	rig_read(me, far + 64 * 12);
	rig_note(me, rig_now(me));
	/* across 13 and 14, both on their way */
	rig_note(me, rig_zero(me, far + 64 * 13 + 60, 8));
	for (int i = 1; i <= 4; i++)
		rig_read(me, line(me, 13 + 16 * i));
	rig_until(me, 4000 * NS);
	rig_write(me, far + 64 * 13, 1);
}

static void take_it_at_3000(struct rig_core *me)
{
	rig_until(me, 3000 * NS);
	rig_note(me, rig_write(me, (char *)me->rig->line[2] + 64 * 13, 1));
	rig_until(me, 5000 * NS);
	rig_note(me, rig_write(me, (char *)me->rig->line[2] + 64 * 13, 1));
}

/*
 * Lines 13 and 14 of far memory are asked for at 1402 (with line 12, so they arrive at 1802, with
 * it) ... unless line 12 comes sooner. Core 1 owns line 12: core 0 has it at 1402 + 40 = 1442 and
 * 13 and 14 are in flight until 1802. The range over both waits for them, and then holds both: no
 * further price. 1802 - 1442 = 360. If it did not wait, its own grant would overtake the
 * prefetches', which would bring back line 13 after core 0 has evicted it: core 8 would take it
 * from memory at 3000 and core 0 would write to its old copy at 4000. So core 8's second write
 * costs a far transfer.
 */
static void own_line_12(struct rig_core *me)
{
	warm_up(me);
	rig_write(me, (char *)me->rig->line[2] + 64 * 12, 1);
}

START_TEST(a_range_waits_for_prefetches_of_its_lines)
{
	struct rig r;

	rig_new_prefetching(&r, _i);
	rig_script(&r, 1, 0, own_line_12);
	rig_script(&r, 0, 0, far_home);
	rig_script(&r, 8, 0, take_it_at_3000);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 1442 * NS);
	ck_assert_ps(r.core[0].t[1], 360 * NS);
	ck_assert_ps(r.core[8].t[1], 241 * NS);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		used_after_and_before_its_grant,
		strides_and_backwards_are_not_followed,
		it_stops_at_the_page,
		a_write_to_a_prefetched_line,
		a_write_while_it_is_in_flight_asks_again,
		a_range_waits_for_prefetches_of_its_lines,
	};

	return rig_main("prefetch", tests, sizeof(tests) / sizeof(tests[0]));
}
