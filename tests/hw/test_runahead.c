/*
 * Run-ahead. Times in the comments are ns. An array of pointers in lines 0 and 1 of socket 0's
 * memory; objects far apart behind it, of which a walk reads one word, 16 bytes in.
 */
#include "tests/hw/rig.h"

#define SLOTS 16

static uint64_t *slot(struct rig *r, uint32_t i)
{
	return &r->line[0][i];
}

static char *object(struct rig *r, uint32_t i)
{
	return (char *)r->line[0] + 64 * (100 + 7 * (size_t)i);
}

/* A load of a slot, and what it holds. */
static char *pointer_in(struct rig_core *me, uint64_t *at)
{
	rig_note(me, rig_read(me, at));
	return (char *)*at;
}

static void rig_new_walk(struct rig *r, uint32_t mlp, bool strict)
{
	struct vs_machine m;

	rig_machine(&m);
	m.mlp = mlp;
	rig_new(r, &m, strict);
	for (uint32_t i = 0; i < SLOTS; i++)
		*slot(r, i) = (uintptr_t)object(r, i);
}

static uint64_t ahead(const struct rig *r)
{
	struct vs_hw_stats st;

	vs_hw_stats(r->hw, &st);
	return st.prefetches;
}

/* t[2 i] is what the load of slot i cost, t[2 i + 1] the load behind it. */
static void expect(const struct rig_core *me, uint32_t n, const vs_ps (*want)[2])
{
	ck_assert_uint_eq(me->n, 2 * n);
	for (uint32_t i = 0; i < n; i++)
		for (int k = 0; k < 2; k++)
			ck_assert_msg(me->t[2 * i + k] == want[i][k] * NS,
				      "step %u, %s: %llu ps, expected %llu ns", i,
				      k ? "object" : "slot", (unsigned long long)me->t[2 * i + k],
				      (unsigned long long)want[i][k]);
}

static void walk(struct rig_core *me, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		char *v = pointer_in(me, slot(me->rig, i));

		rig_note(me, rig_read(me, v + 16));
	}
}

static void walk_all(struct rig_core *me)
{
	walk(me, 0, 12);
}

/* Nothing overlaps: every line of the array and every object costs 1 + 100. */
START_TEST(an_array_with_mlp_1)
{
	struct rig r;

	rig_new_walk(&r, 1, _i);
	rig_script(&r, 0, 0, walk_all);
	rig_run(&r);
	for (int i = 0; i < 12; i++) {
		ck_assert_ps(r.core[0].t[2 * i], (i % 8 ? 2 : 101) * NS);
		ck_assert_ps(r.core[0].t[2 * i + 1], 101 * NS);
	}
	ck_assert_uint_eq(ahead(&r), 0);
	rig_free(&r);
}
END_TEST

/*
 * Slot 0: 0 to 101. Object 0: 102 to 202, and might be the only one. Slot 1: to 204. Object 1:
 * asked at 205, with 2, 3 and 4: they arrive with it, at 305. Slot 2 to 307, object 2 at 308 in L2,
 * to 312: 5 goes at 308 and comes at 408. Likewise object 3 at 315: 6, comes 415. Object 4 at 322:
 * 7, comes 422. Slot 5 to 328, object 5 is waited for from 329 to 408; slot 8 is not held. Slot 6
 * to 410, object 6 from 411 to 415. Slot 7 to 417, object 7 from 418 to 422.
 * Slot 8: 423 to 523. Object 8 follows slot 7: asked at 524, with 9, 10 and 11, to 624. The last
 * three are there.
 * Asked for ahead: 2 to 7, 9 to 11, and at 627, 634 and 641 (first use of 9, 10, 11) 12, 13 and 14.
 */
START_TEST(an_array_with_mlp_4)
{
	static const vs_ps want[12][2] = {{101, 101}, {2, 101}, {2, 5},     {2, 5}, {2, 5}, {2, 80},
					  {2, 5},     {2, 5},   {101, 101}, {2, 5}, {2, 5}, {2, 5}};
	struct rig r;

	rig_new_walk(&r, 4, _i);
	rig_script(&r, 0, 0, walk_all);
	rig_run(&r);
	expect(&r.core[0], 12, want);
	ck_assert_uint_eq(ahead(&r), 12);
	rig_free(&r);
}
END_TEST

/* Objects as nodes: the next one's address is in the line that is missing. */
static void walk_list(struct rig_core *me)
{
	uint64_t *node = (uint64_t *)object(me->rig, 0);

	for (int i = 0; i < 6; i++)
		node = (uint64_t *)pointer_in(me, node);
}

static void list_of(uint32_t mlp, bool strict, size_t bytes)
{
	struct rig r;

	rig_new_walk(&r, mlp, strict);
	for (uint32_t i = 0; i < 6; i++) {
		uint64_t *node = (uint64_t *)(object(&r, 0) + i * bytes);

		node[0] = (uintptr_t)node + bytes;
		node[1] = (uintptr_t)node - bytes;
	}
	rig_script(&r, 0, 0, walk_list);
	rig_run(&r);
	for (int i = 0; i < 6; i++)
		ck_assert_ps(r.core[0].t[i], 101 * NS);
	ck_assert_uint_eq(ahead(&r), 0);
	rig_free(&r);
}

/* Six nodes, 101 each, with whatever mlp: scattered ones, and ones in line. */
START_TEST(a_list_never_overlaps)
{
	list_of(1, _i, 448);
	list_of(4, _i, 448);
	list_of(1, _i, 64);
	list_of(4, _i, 64);
}
END_TEST

static void walk_adding(struct rig_core *me)
{
	for (uint32_t i = 0; i < 6; i++) {
		char *v = pointer_in(me, slot(me->rig, i));

		rig_note(me, rig_read(me, v + 16));
		rig_add(me, v + 24);
	}
}

static void walk_fencing(struct rig_core *me)
{
	for (uint32_t i = 0; i < 6; i++) {
		char *v = pointer_in(me, slot(me->rig, i));

		rig_note(me, rig_read(me, v + 16));
		vs_access_fence(__ATOMIC_SEQ_CST, 0);
	}
}

static void walk_writing(struct rig_core *me)
{
	for (uint32_t i = 0; i < 6; i++) {
		char *v = pointer_in(me, slot(me->rig, i));

		rig_note(me, rig_write(me, v + 16, 1));
	}
}

static void nothing_overlaps(struct rig *r, void (*script)(struct rig_core *me), bool strict)
{
	static const vs_ps want[6][2] = {{101, 101}, {2, 101}, {2, 101},
					 {2, 101},   {2, 101}, {2, 101}};

	rig_new_walk(r, 4, strict);
	rig_script(r, 0, 0, script);
	rig_run(r);
	expect(&r->core[0], 6, want);
	ck_assert_uint_eq(ahead(r), 0);
	rig_free(r);
}

/* An atomic (or a full fence) in each step, and stores instead of loads: as with mlp 1. */
START_TEST(atomics_fences_and_stores_do_not_run_ahead)
{
	struct rig r;

	nothing_overlaps(&r, walk_adding, _i);
	nothing_overlaps(&r, walk_fencing, _i);
	nothing_overlaps(&r, walk_writing, _i);
}
END_TEST

static void one_atomic(struct rig_core *me)
{
	walk(me, 0, 2);
	rig_note(me, rig_add(me, slot(me->rig, SLOTS)));
	rig_note(me, rig_now(me));
	walk(me, 2, 6);
}

/*
 * To 305 as with mlp 4, with objects 2, 3 and 4. An atomic on a line of its own: 1 + 100 + 5, to
 * 411. What is there, is there: slot 2 and object 2 cost 2 and 5, but nothing is asked for at its
 * first use, at 414. Object 3's, at 421, is the second after the atomic: 4 is held, 5 and 6 are
 * asked for, to 521. Object 4 at 428 asks for 7. Slot 5 to 434, object 5 from 435 to 521.
 */
START_TEST(an_atomic_starts_over)
{
	static const vs_ps want[7][2] = {{101, 101}, {2, 101}, {106, 411}, {2, 5},
					 {2, 5},     {2, 5},   {2, 87}};
	struct rig r;

	rig_new_walk(&r, 4, _i);
	rig_script(&r, 0, 0, one_atomic);
	rig_run(&r);
	expect(&r.core[0], 7, want);
	ck_assert_uint_eq(ahead(&r), 6);
	rig_free(&r);
}
END_TEST

static void pause_in_between(struct rig_core *me)
{
	walk(me, 0, 2);
	rig_until(me, 1000 * NS);
	walk(me, 2, 5);
}

static void take_object_3(struct rig_core *me)
{
	rig_write(me, object(me->rig, 3) + 16, 1);
}

/* Objects 2, 3, 4 come at 305; core 1 of the same L3 takes 3 at 500: 1 + 40 to have it back. */
START_TEST(a_line_taken_away_before_its_use)
{
	static const vs_ps want[5][2] = {{101, 101}, {2, 101}, {2, 5}, {2, 41}, {2, 5}};
	struct rig r;

	rig_new_walk(&r, 4, _i);
	rig_script(&r, 0, 0, pause_in_between);
	rig_script(&r, 1, 500 * NS, take_object_3);
	rig_run(&r);
	expect(&r.core[0], 5, want);
	rig_free(&r);
}
END_TEST

static void redirect_slot_4(struct rig_core *me)
{
	rig_write(me, slot(me->rig, 4), (uintptr_t)object(me->rig, 15));
}

/*
 * Core 1 asks for the array's line at 151 and has it at 191. Core 0 has it back for slot 1 at 203 +
 * 40 = 243. Object 1 at 244, with 2, 3 and what slot 4 now points to: all at 344.
 */
START_TEST(a_slot_is_read_as_it_is)
{
	static const vs_ps want[5][2] = {{101, 101}, {41, 101}, {2, 5}, {2, 5}, {2, 5}};
	struct rig r;

	rig_new_walk(&r, 4, _i);
	rig_script(&r, 0, 0, pause_in_between);
	rig_script(&r, 1, 150 * NS, redirect_slot_4);
	rig_run(&r);
	expect(&r.core[0], 5, want);
	rig_free(&r);
}
END_TEST

static void lose_the_array(struct rig_core *me)
{
	uint64_t *v;

	walk(me, 0, 1);
	v = (uint64_t *)pointer_in(me, slot(me->rig, 1));
	rig_until(me, 400 * NS);
	rig_note(me, rig_read(me, &v[2]));
	walk(me, 2, 4);
}

/*
 * Core 1 takes the array's line between core 0's load of slot 1 and the miss behind it, at 401: no
 * slot is held to look into then. Slot 2: 1 + 40. Object 2 follows object 0: asked at 543 with 3,
 * 15 and 5. Object 3's first use asks for 6.
 */
START_TEST(a_slot_that_is_not_held_is_not_looked_into)
{
	static const vs_ps want[4][2] = {{101, 101}, {2, 101}, {41, 101}, {2, 5}};
	struct rig r;

	rig_new_walk(&r, 4, _i);
	rig_script(&r, 0, 0, lose_the_array);
	rig_script(&r, 1, 300 * NS, redirect_slot_4);
	rig_run(&r);
	expect(&r.core[0], 4, want);
	ck_assert_uint_eq(ahead(&r), 4);
	rig_free(&r);
}
END_TEST

static void walk_two_lines(struct rig_core *me)
{
	for (uint32_t i = 0; i < 5; i++) {
		char *v = (char *)*slot(me->rig, i);

		rig_read(me, slot(me->rig, i));
		rig_note(me, rig_read(me, v + 16));
		rig_note(me, rig_read(me, v + 80));
	}
}

/*
 * Two lines of each object, a and b, each a walk of its own. Slot 0 to 101, a0 to 202, b0 to 303.
 * Slot 1 to 305, a1 at 306 with a2, a3, a4: 406. b1 at 407 with b2, b3, b4: 507. Then all is there.
 */
START_TEST(each_line_of_an_object_is_a_walk)
{
	static const vs_ps want[5][2] = {{101, 101}, {101, 101}, {5, 5}, {5, 5}, {5, 5}};
	struct rig r;

	rig_new_walk(&r, 4, _i);
	rig_script(&r, 0, 0, walk_two_lines);
	rig_run(&r);
	expect(&r.core[0], 5, want);
	rig_free(&r);
}
END_TEST

static void own_far_line_12(struct rig_core *me)
{
	rig_write(me, (char *)me->rig->line[2] + 64 * 12, 1);
}

static void walk_beside_a_stream(struct rig_core *me)
{
	char *far = (char *)me->rig->line[2];

	rig_until(me, 1000 * NS);
	walk(me, 0, 1);
	rig_note(me, rig_read(me, far + 64 * 11));
	rig_note(me, rig_read(me, far + 64 * 12));
	walk(me, 1, 4);
}

/*
 * Slot 0 to 1101, object 0 to 1202. Far line 11 from 1203 to 1603. Far line 12 at 1604, from core 1
 * next door: 1644. With it the stream prefetcher asks for far 13 and 14, on their way until 2004.
 * So at 1647 only one line can go with object 1: object 2, both to 1747. Object 2 at 1750 asks for
 * 3, to 1850. Slot 3 to 1756, object 3 from 1757 to 1850.
 */
START_TEST(streams_count_as_in_flight)
{
	static const vs_ps want[5][2] = {{101, 101}, {401, 41}, {2, 101}, {2, 5}, {2, 94}};
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	m.mlp = 4;
	m.prefetch_streams = 4;
	m.prefetch_depth = 2;
	rig_new(&r, &m, _i);
	for (uint32_t i = 0; i < SLOTS; i++)
		*slot(&r, i) = (uintptr_t)object(&r, i);
	rig_script(&r, 0, 0, walk_beside_a_stream);
	rig_script(&r, 1, 0, own_far_line_12);
	rig_run(&r);
	expect(&r.core[0], 5, want);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_array_with_mlp_1,
		an_array_with_mlp_4,
		a_list_never_overlaps,
		atomics_fences_and_stores_do_not_run_ahead,
		an_atomic_starts_over,
		a_line_taken_away_before_its_use,
		a_slot_is_read_as_it_is,
		a_slot_that_is_not_held_is_not_looked_into,
		each_line_of_an_object_is_a_walk,
		streams_count_as_in_flight,
	};

	return rig_main("runahead", tests, sizeof(tests) / sizeof(tests[0]));
}
