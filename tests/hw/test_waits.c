/* Who waited how long for which line. Times in comments are ns. */
#include "tests/hw/rig.h"

#define PC 77

static char *at(struct rig_core *me, size_t byte)
{
	return (char *)me->rig->user + byte;
}

static void start(struct rig *r, bool strict)
{
	struct vs_machine m;

	rig_machine(&m);
	rig_new(r, &m, strict);
	r->user = r->line[0];
}

/* The one entry of this kind, all cores together; loses nothing: there is none. */
static struct vs_hw_wait of(const struct rig *r, size_t byte, bool write, enum vs_cause cause)
{
	const struct vs_hw_wait *w;
	size_t n = vs_hw_waits(r->hw, &w);
	uintptr_t addr = (uintptr_t)r->user + byte;
	struct vs_hw_wait found = {0};

	for (size_t i = 0; i < n; i++)
		if (w[i].lost_ps && vs_hw_line_address(r->hw, w[i].line) + w[i].offset == addr &&
		    w[i].write == write && w[i].cause == cause) {
			ck_assert_uint_eq(found.lost_ps, 0);
			found = w[i];
		}
	return found;
}

static size_t entries(const struct rig *r)
{
	const struct vs_hw_wait *w;
	size_t n = vs_hw_waits(r->hw, &w), used = 0;

	for (size_t i = 0; i < n; i++)
		used += w[i].lost_ps != 0;
	return used;
}

static void assert_wait(const struct rig *r, size_t byte, bool write, enum vs_cause cause,
			uint64_t count, vs_ps lost)
{
	struct vs_hw_wait w = of(r, byte, write, cause);

	ck_assert_uint_eq(w.count, count);
	ck_assert_ps(w.lost_ps, lost);
}

static void even(struct rig_core *me)
{
	for (int i = 0; i < 10; i += 2) {
		rig_until(me, (1000 + 1000 * i) * NS);
		rig_write(me, at(me, 8), i);
		rig_write(me, at(me, 8), i);
	}
	rig_until(me, 20000 * NS);
	rig_read(me, at(me, 16));
}

static void odd(struct rig_core *me)
{
	for (int i = 1; i < 10; i += 2) {
		rig_until(me, (1000 + 1000 * i) * NS);
		rig_write(me, at(me, 8), i);
		rig_write(me, at(me, 8), i);
	}
	rig_until(me, 30000 * NS);
	rig_write(me, at(me, 24), 0);
}

/*
 * Two cores of one L3 write a word in turn, far enough apart that each is alone: the first finds it
 * in memory, 100; the nine others take it from the other core, 40 each. Every second write hits,
 * and is not seen here. The read in the end, of another word of the line, takes it back from core
 * 1: 40. So does a last write of core 1 to a third word.
 */
START_TEST(ping_pong)
{
	struct rig r;

	start(&r, _i);
	rig_script(&r, 0, 0, even);
	rig_script(&r, 1, 0, odd);
	rig_run(&r);
	assert_wait(&r, 8, true, VS_CAUSE_MEMORY, 1, 100 * NS);
	assert_wait(&r, 8, true, VS_CAUSE_XFER_SAME_L3, 9, 9 * 40 * NS);
	assert_wait(&r, 16, false, VS_CAUSE_XFER_SAME_L3, 1, 40 * NS);
	assert_wait(&r, 24, true, VS_CAUSE_XFER_SAME_L3, 1, 40 * NS);
	ck_assert_uint_eq(entries(&r), 4);
	rig_free(&r);
}
END_TEST

static void own_second(struct rig_core *me)
{
	rig_write(me, at(me, 64), 1);
}

static void zero_three(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_zero(me, at(me, 32), 128);
	rig_zero(me, at(me, 32), 128);
	vs_access((uintptr_t)at(me, 4096), 8, VS_READ, PC);
}

/*
 * Bytes 32 to 160 are three lines. Core 4, a socket away, has the second: it takes 120, longer than
 * the 100 of the other two from memory, so all of the wait is that line's: 120 + 2 x 5. The second
 * time all are held. Core 4 itself found the line in memory a link away: 200.
 */
START_TEST(a_range_is_one_wait_for_its_slowest_line)
{
	struct rig r;
	struct vs_hw_wait w;

	start(&r, _i);
	rig_script(&r, 4, 0, own_second);
	rig_script(&r, 0, 0, zero_three);
	rig_run(&r);
	w = of(&r, 64, true, VS_CAUSE_MEMORY);
	ck_assert_uint_eq(w.count, 1);
	ck_assert_ps(w.lost_ps, 200 * NS);
	assert_wait(&r, 64, true, VS_CAUSE_XFER_CROSS_SOCKET, 1, 130 * NS);
	w = of(&r, 4096, false, VS_CAUSE_MEMORY);
	ck_assert_ps(w.lost_ps, 100 * NS);
	ck_assert_uint_eq(w.pc, PC);
	ck_assert_uint_eq(entries(&r), 3);
	rig_free(&r);
}
END_TEST

static void zero_cold(struct rig_core *me)
{
	rig_zero(me, at(me, 32), 128);
}

/* All from memory: the first line decides, at the range's first byte. 100 + 2 x 5. */
START_TEST(a_range_of_equals_is_its_first_byte)
{
	struct rig r;

	start(&r, _i);
	rig_script(&r, 0, 0, zero_cold);
	rig_run(&r);
	assert_wait(&r, 32, true, VS_CAUSE_MEMORY, 1, 110 * NS);
	ck_assert_uint_eq(entries(&r), 1);
	rig_free(&r);
}
END_TEST

static void many_lines(struct rig_core *me)
{
	for (int i = 0; i < 1000; i++) {
		rig_read(me, at(me, 64 * i));
		vs_access((uintptr_t)at(me, 64 * i + 8), 8, VS_READ, PC + i);
	}
	for (int i = 0; i < 1000; i++)
		vs_access((uintptr_t)at(me, 64 * i), 8, VS_READ, PC + i);
}

/* 1,000 lines from memory, then all but the last from L3 or memory: the table grows meanwhile. The
 * reads right behind the first hit. */
START_TEST(thousands_of_lines)
{
	struct rig r;
	const struct vs_hw_wait *w;
	uint64_t count = 0, first = 0;
	size_t n;

	start(&r, _i);
	rig_script(&r, 0, 0, many_lines);
	rig_run(&r);
	n = vs_hw_waits(r.hw, &w);
	for (size_t i = 0; i < n; i++) {
		count += w[i].count;
		first += w[i].lost_ps && w[i].pc == 0;
	}
	ck_assert_uint_eq(first, 1000);
	/* L2 has 64 lines, and what is read in order is gone before its turn */
	ck_assert_uint_eq(count, 2000);
	ck_assert_uint_eq(entries(&r), 2000);
	rig_free(&r);
}
END_TEST

static void nothing(struct rig_core *me)
{
	(void)me;
}

START_TEST(names_of_memory)
{
	struct rig r;
	char *p;
	uintptr_t piece;
	size_t each;

	start(&r, _i);
	p = vs_hw_arena_take(r.hw, 65536, 0);
	vs_hw_name(r.hw, p, 256, 64, "records");
	vs_hw_name(r.hw, p + 256, 128, 128, "others");
	rig_script(&r, 0, 0, nothing);
	rig_run(&r);
	ck_assert_str_eq(vs_hw_name_of(r.hw, (uintptr_t)p + 130, &piece, &each), "records");
	ck_assert_uint_eq(piece, (uintptr_t)p + 128);
	ck_assert_uint_eq(each, 64);
	ck_assert_str_eq(vs_hw_name_of(r.hw, (uintptr_t)p + 383, &piece, &each), "others");
	ck_assert_uint_eq(piece, (uintptr_t)p + 256);
	ck_assert_ptr_null(vs_hw_name_of(r.hw, (uintptr_t)p + 384, &piece, &each));
	ck_assert_ptr_null(vs_hw_name_of(r.hw, (uintptr_t)r.line[0], &piece, &each));
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		ping_pong,
		a_range_is_one_wait_for_its_slowest_line,
		a_range_of_equals_is_its_first_byte,
		thousands_of_lines,
		names_of_memory,
	};

	return rig_main("waits", tests, sizeof(tests) / sizeof(tests[0]));
}
