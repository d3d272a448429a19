/* Fresh memory: who gets which address, when, and where its home is. Times in the comments are ns.
 */
#include "tests/hw/rig.h"

static void grow(struct rig_core *me)
{
	vs_ps from = rig_now(me);
	void *p = vs_hw_arena_grow(me->rig->user ? *(size_t *)me->rig->user : 1);

	rig_note(me, rig_now(me) - from);
	rig_note(me, p ? vs_hw_arena_offset(me->rig->hw, (uintptr_t)p) : UINT64_MAX);
	if (p)
		rig_note(me, rig_read(me, p));
}

/*
 * Asked at 0, at the agent at 10; the page allocator takes 200 from the asking on. At the same time
 * the lower core gets the lower address, after the three chunks that the rig took. Homes are the
 * askers' own sockets, so each reads its own memory: 1 + 100.
 */
START_TEST(a_round_trip_in_key_order)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	rig_script(&r, 8, 0, grow);
	rig_script(&r, 4, 0, grow);
	rig_run(&r);
	for (uint32_t c = 4; c <= 8; c += 4) {
		ck_assert_ps(r.core[c].t[0], 200 * NS);
		ck_assert_uint_eq(r.core[c].t[1], (c == 4 ? 3 : 4) * 65536);
		ck_assert_ps(r.core[c].t[2], 101 * NS);
		ck_assert_ps(r.core[c].books[VS_CAUSE_ALLOC], 200 * NS);
	}
	rig_free(&r);
}
END_TEST

/* The earlier one gets the lower address, whichever core it is and however close: 1 ps. */
START_TEST(the_earlier_one_gets_the_lower_address)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	rig_script(&r, 4, 1, grow);
	rig_script(&r, 8, 0, grow);
	rig_run(&r);
	ck_assert_uint_eq(r.core[8].t[1], 3 * 65536);
	ck_assert_uint_eq(r.core[4].t[1], 4 * 65536);
	rig_free(&r);
}
END_TEST

/* However fast the allocator, the answer takes a way there (10) and back (10). */
START_TEST(never_faster_than_a_round_trip)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	m.page_alloc_ps = 5 * NS;
	rig_new(&r, &m, _i);
	rig_script(&r, 0, 0, grow);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 20 * NS);
	rig_free(&r);
}
END_TEST

/* Rounded up to 64 KiB; what does not fit is refused and takes nothing. */
START_TEST(sizes)
{
	struct vs_machine m;
	size_t too_much = (size_t)1 << 40;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	char *a = vs_hw_arena_take(r.hw, 65537, 0), *b = vs_hw_arena_take(r.hw, 1, 0);

	ck_assert_int_eq(b - a, 2 * 65536);
	ck_assert(vs_hw_in_arena(r.hw, (uintptr_t)a));
	ck_assert(!vs_hw_in_arena(r.hw, (uintptr_t)&r));
	ck_assert_ptr_null(vs_hw_arena_take(r.hw, too_much, 0));
	r.user = &too_much;
	rig_script(&r, 0, 0, grow);
	rig_run(&r);
	ck_assert_ps(r.core[0].t[0], 200 * NS);
	ck_assert_uint_eq(r.core[0].t[1], UINT64_MAX);
	ck_assert_int_eq((char *)vs_hw_arena_take(r.hw, 1, 0) - b, 65536);
	rig_free(&r);
}
END_TEST

static void grow_for_free(struct rig_core *me)
{
	vs_hw_set_pricing(me->rig->hw, false);
	grow(me);
	vs_hw_set_pricing(me->rig->hw, true);
}

/* At boot nothing takes time, and the home is still the asker's socket. */
START_TEST(free_while_pricing_is_off)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	rig_script(&r, 8, 0, grow_for_free);
	rig_run(&r);
	ck_assert_ps(r.core[8].t[0], 0);
	ck_assert_uint_eq(r.core[8].t[1], 3 * 65536);
	ck_assert_ps(r.core[8].t[2], 0);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_round_trip_in_key_order,      the_earlier_one_gets_the_lower_address,
		never_faster_than_a_round_trip, sizes,
		free_while_pricing_is_off,
	};

	return rig_main("arena", tests, sizeof(tests) / sizeof(tests[0]));
}
