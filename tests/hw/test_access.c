/* What the access path charges, and what it lets through. Times in the comments are ns. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/hw/rig.h"

static void run_alone(struct rig *r, bool strict, void (*script)(struct rig_core *me))
{
	struct vs_machine m;

	rig_machine(&m);
	rig_new(r, &m, strict);
	r->user = r->line[0];
	rig_script(r, 0, 0, script);
	rig_run(r);
}

static uint64_t accesses(const struct rig *r)
{
	struct vs_hw_stats st;

	vs_hw_stats(r->hw, &st);
	return st.accesses;
}

/* -- one core ------------------------------------------------------------------------------- */

static vs_ps fence(struct rig_core *me, int order)
{
	vs_ps from = rig_now(me);

	vs_access_fence(order, 0);
	return rig_now(me) - from;
}

static void hits_and_fences(struct rig_core *me)
{
	void *p = me->rig->user;

	rig_note(me, rig_write(me, p, 1));
	rig_note(me, rig_read(me, p));
	rig_note(me, rig_write(me, p, 1));
	rig_note(me, rig_add(me, p));
	rig_note(me, fence(me, __ATOMIC_SEQ_CST));
	rig_note(me, fence(me, __ATOMIC_ACQUIRE));
	rig_note(me, fence(me, __ATOMIC_RELEASE));
}

/* Memory 1 + 100, then hits of 1 + 1; an atomic has 5 of its own; only a full fence costs: 8.
 * Computing: four issues, 5, 8 = 17; cache: three hits. */
START_TEST(hits_atomics_and_fences)
{
	static const vs_ps want[] = {101, 2, 2, 7, 8, 0, 0};
	struct rig r;

	run_alone(&r, _i, hits_and_fences);
	for (int i = 0; i < 7; i++)
		ck_assert_ps(r.core[0].t[i], want[i] * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_COMPUTE], 17 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_CACHE], 3 * NS);
	ck_assert_ps(r.core[0].books[VS_CAUSE_MEMORY], 100 * NS);
	rig_free(&r);
}
END_TEST

static vs_ps read_at(struct rig_core *me, const void *p, size_t size, unsigned kind)
{
	vs_ps from = rig_now(me);

	vs_access((uintptr_t)p, size, kind, 0);
	return rig_now(me) - from;
}

static void straddle(struct rig_core *me)
{
	char *p = me->rig->user;

	rig_note(me, read_at(me, p + 60, 8, VS_WRITE));
	rig_note(me, read_at(me, p + 60, 8, VS_WRITE));
	rig_note(me, read_at(me, p + 56, 8, VS_READ));
	rig_note(me, read_at(me, p + 64, 8, VS_READ));
	rig_note(me, read_at(me, p + 128 + 60, 8, VS_WRITE | VS_ATOMIC));
	rig_note(me, read_at(me, p + 60, 8, VS_WRITE | VS_ATOMIC));
}

/* Two cold lines in one transaction: 1 + 100 + 5 for the second. Both are held then: 1 + 2 x 1. A
 * scalar up to the line's end is in one line. Atomic on top: 5. */
START_TEST(an_access_across_two_lines)
{
	static const vs_ps want[] = {106, 3, 2, 2, 111, 8};
	struct rig r;

	run_alone(&r, _i, straddle);
	for (int i = 0; i < 6; i++)
		ck_assert_ps(r.core[0].t[i], want[i] * NS);
	rig_free(&r);
}
END_TEST

static void touch_stack(struct rig_core *me)
{
	volatile uint64_t mine = 0;

	(void)mine;
	rig_note(me, read_at(me, (void *)&mine, 8, VS_WRITE));
	rig_note(me, read_at(me, (void *)&mine, 8, VS_READ));
	rig_note(me, rig_zero(me, (void *)&mine, 8));
}

/* The own stack costs an issue and nothing else. */
START_TEST(the_own_stack_is_a_constant)
{
	struct rig r;

	run_alone(&r, _i, touch_stack);
	for (int i = 0; i < 3; i++)
		ck_assert_ps(r.core[0].t[i], 1 * NS);
	rig_free(&r);
}
END_TEST

/* -- modules' data -------------------------------------------------------------------------- */

static _Alignas(64) char data[256];

static void touch_data(struct rig_core *me)
{
	rig_note(me, rig_read(me, data + 8));
	rig_note(me, rig_read(me, data + 8));
	rig_note(me, read_at(me, data + 60, 8, VS_READ));
	rig_note(me, rig_add(me, data + 128));
	rig_note(me, rig_add(me, data + 128));
}

/* A module's data are memory of socket 0, found by ordinal and offset: 101, hit 2; across into the
 * next line: one held, one cold, 1 + 100 + 5; an atomic: 1 + 100 + 5, then 7. */
START_TEST(a_modules_data_are_memory)
{
	static const vs_ps want[] = {101, 2, 106, 106, 7};
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	ck_assert(!vs_hw_add_region(r.hw, data, sizeof(data), 1)); /* 0 comes first */
	ck_assert(vs_hw_add_region(r.hw, data, sizeof(data), 0));
	ck_assert(!vs_hw_add_region(r.hw, data, sizeof(data), 0));
	rig_script(&r, 0, 0, touch_data);
	rig_run(&r);
	for (int i = 0; i < 5; i++)
		ck_assert_ps(r.core[0].t[i], want[i] * NS);
	rig_free(&r);
}
END_TEST

static void add_to_data(struct rig_core *me)
{
	for (int i = 0; i < 8; i++) {
		rig_add(me, data);
		rig_note(me, rig_now(me) - me->rig->m.atomic_ps);
	}
}

/* A contended word of a module's data moves as one of the arena does: 101, then 25 each. */
START_TEST(a_modules_lock_is_contended_like_any)
{
	struct vs_machine m;
	struct rig r;

	rig_machine(&m);
	rig_new(&r, &m, _i);
	ck_assert(vs_hw_add_region(r.hw, data, sizeof(data), 0));
	rig_script(&r, 0, 0, add_to_data);
	rig_script(&r, 1, 0, add_to_data);
	rig_run(&r);
	for (uint32_t k = 0; k < 16; k++)
		ck_assert_ps(r.core[k % 2].t[k / 2], (101 + 25 * k) * NS);
	rig_free(&r);
}
END_TEST

/* -- refused -------------------------------------------------------------------------------- */

static const char *expected_refusal;

static void __attribute__((noreturn))
refuse(struct vs_core *c, uintptr_t addr, size_t size, unsigned kind, uintptr_t pc, const char *why)
{
	ck_assert_uint_eq(c->id, 0);
	ck_assert_uint_eq(pc, 0x1234);
	ck_assert_ptr_nonnull(strstr(why, expected_refusal));
	(void)addr;
	(void)size;
	(void)kind;
	_exit(0); /* the refusal does not return; the test has passed */
}

static void touch_end_of_data(struct rig_core *me)
{
	(void)me;
	vs_access_range((uintptr_t)data + 192, 0, 128, VS_WRITE | VS_BULK, 0x1234);
}

static void touch_heap(struct rig_core *me)
{
	vs_access((uintptr_t)me, 8, VS_READ, 0x1234);
}

static void touch_foreign_stack(struct rig_core *me)
{
	uintptr_t lo, hi;

	vs_ctx_stack(me->rig->core[1].ctx, &lo, &hi);
	vs_access(hi - 64, 8, VS_READ, 0x1234);
}

static void do_nothing(struct rig_core *me)
{
	(void)me;
}

static void expect_refusal(bool strict, void (*script)(struct rig_core *me), const char *what)
{
	struct vs_machine m;
	struct rig r;

	expected_refusal = what;
	rig_machine(&m);
	rig_new(&r, &m, strict);
	ck_assert(vs_hw_add_region(r.hw, data, 256, 0));
	vs_hw_set_refuse(r.hw, refuse);
	rig_script(&r, 0, 0, script);
	rig_script(&r, 1, 0, do_nothing);
	rig_run(&r);
	ck_abort_msg("it was let through");
}

START_TEST(a_foreign_stack_is_refused)
{
	expect_refusal(_i, touch_foreign_stack, "stack");
}
END_TEST

START_TEST(unknown_memory_is_refused)
{
	expect_refusal(_i, touch_heap, "neither");
}
END_TEST

/* A range that begins in known memory must also end there. */
START_TEST(a_range_past_the_end_is_refused)
{
	expect_refusal(_i, touch_end_of_data, "neither");
}
END_TEST

/* -- the watch ------------------------------------------------------------------------------ */

static uint64_t watched_value[4], n_watched;

static void watch(struct vs_core *c, uintptr_t addr, size_t size, unsigned kind, uintptr_t pc)
{
	ck_assert_uint_eq(c->id, 0);
	ck_assert_uint_eq(size, 8);
	ck_assert_uint_eq(kind, VS_WRITE);
	ck_assert_uint_eq(pc, 0);
	ck_assert_uint_lt(n_watched, 4);
	watched_value[n_watched++] = *(uint64_t *)addr;
}

static void write_watched(struct rig_core *me)
{
	uint64_t *p = me->rig->user;

	for (uint64_t i = 1; i <= 3; i++) {
		rig_note(me, rig_write(me, p, i));
		rig_write(me, p + 8, i); /* the next line is not watched */
		if (i == 2)
			vs_hw_watch_lines(me->rig->hw, (uintptr_t)p, 64, false);
	}
}

/* Called before each write executes, until unmarked; prices are those without it. */
START_TEST(a_watched_line_calls_the_hook)
{
	struct vs_machine m;
	struct rig r;

	n_watched = 0;
	rig_machine(&m);
	rig_new(&r, &m, _i);
	r.user = r.line[0];
	vs_hw_set_watch(r.hw, watch);
	vs_hw_watch_lines(r.hw, (uintptr_t)r.line[0] + 8, 16, true);
	rig_script(&r, 0, 0, write_watched);
	rig_run(&r);
	ck_assert_uint_eq(n_watched, 2);
	ck_assert_uint_eq(watched_value[0], 0);
	ck_assert_uint_eq(watched_value[1], 1);
	ck_assert_ps(r.core[0].t[0], 101 * NS);
	ck_assert_ps(r.core[0].t[1], 2 * NS);
	ck_assert_ps(r.core[0].t[2], 2 * NS);
	rig_free(&r);
}
END_TEST

/* -- spinning ------------------------------------------------------------------------------- */

static void set_at_1000(struct rig_core *me)
{
	rig_until(me, 1000 * NS);
	rig_write(me, me->rig->user, 1);
}

static uint64_t flag_of(struct rig_core *me)
{
	rig_read(me, me->rig->user);
	return *(volatile uint64_t *)me->rig->user;
}

static void spin(struct rig_core *me)
{
	while (!flag_of(me))
		vs_hw_relax(0);
	rig_note(me, rig_now(me));
}

static void spin_charged(struct rig_core *me)
{
	while (!flag_of(me))
		vs_hw_charge(me->core, me->rig->m.issue_ps, VS_CAUSE_COMPUTE);
	rig_note(me, rig_now(me));
}

static void spin_counting(struct rig_core *me)
{
	uint64_t *turns = (uint64_t *)me->rig->user + 8;

	while (!flag_of(me)) {
		rig_write(me, turns, *turns + 1);
		vs_hw_relax(0);
	}
	rig_note(me, rig_now(me));
}

static uint64_t run_spin(struct rig *r, bool strict, void (*script)(struct rig_core *me))
{
	struct vs_machine m;

	rig_machine(&m);
	rig_new(r, &m, strict);
	r->user = r->line[0];
	rig_script(r, 0, 0, set_at_1000);
	rig_script(r, 4, 0, script);
	rig_run(r);
	return accesses(r);
}

/*
 * Core 4 reads the flag at 201 (memory, a socket away). Its turns take 3: relax 1, issue 1, hit 1;
 * so one begins at 202, 205, ... 1021, ... Core 0 asks at 1001, the copy of core 4 goes at 1021
 * (home 1011): the turn that begins at 1021 asks at 1022, just after it. Core 0 has the line at
 * 1121 (its transfer), is done at 1122, and core 4's reading was chosen at 1112: free 1122, hop 60:
 * 1182. Exactly the same when the spin is not parked but walked through turn by turn.
 */
START_TEST(a_parked_spin_ends_when_an_unparked_one_does)
{
	struct rig r;
	uint64_t parked = run_spin(&r, _i, spin), walked;

	ck_assert_ps(r.core[4].t[0], 1182 * NS);
	rig_free(&r);
	walked = run_spin(&r, _i, spin_charged);
	ck_assert_ps(r.core[4].t[0], 1182 * NS);
	rig_free(&r);
	ck_assert_uint_lt(parked, 10);
	ck_assert_uint_gt(walked, 270); /* (1021 - 202) / 3 = 273 turns */
}
END_TEST

/* A spin that writes changes something at each turn; each must be walked: read 2, write 2, relax 1.
 */
START_TEST(a_spin_that_writes_is_not_parked)
{
	struct rig r;

	ck_assert_uint_gt(run_spin(&r, _i, spin_counting), 2 * 123);
	ck_assert_uint_ge(r.line[0][8], 123);
	rig_free(&r);
}
END_TEST

static void long_then_spin(struct rig_core *me)
{
	flag_of(me);
	vs_hw_relax(0);
	for (int i = 0; i < 100; i++)
		flag_of(me);
	spin(me);
}

/*
 * Hits before the spin are no turn of it: 201, relax 202, then 100 hits of 2: 402. The spin's turns
 * begin at 405 (the first, 402 to 404, relax), 408, ... 1020, 1023: asks at 1024, two after the
 * loss; the answer still waits for core 0 to be done: 1182.
 */
START_TEST(a_turn_is_what_repeats)
{
	struct rig r;

	run_spin(&r, _i, long_then_spin);
	ck_assert_ps(r.core[4].t[0], 1182 * NS);
	rig_free(&r);
}
END_TEST

static void on_timer(struct vs_core *c, struct vs_event *ev)
{
	(void)c;
	*(bool *)ev->obj = true;
}

static void spin_for_timer(struct rig_core *me)
{
	static bool rang;
	struct vs_event *ev = vs_event_new(me->rig->engine);

	rang = false;
	flag_of(me);
	ev->rank = VS_CLASS_TIMER;
	ev->issue = rig_now(me);
	ev->time = 500 * NS + 1;
	ev->fn.local = on_timer;
	ev->obj = &rang;
	vs_send_timer(me->core, ev);
	while (flag_of(me), !rang)
		vs_hw_relax(0);
	rig_note(me, rig_now(me));
}

/*
 * A local event is a wake-up too. Core 0 reads at 101 and again at 103; turns begin at 104, 107,
 * ..., 500, 503: the timer of 500.001 is seen by the turn that begins at 503 and ends at 505.
 */
START_TEST(a_local_event_wakes_a_spinner)
{
	struct rig r;

	run_alone(&r, _i, spin_for_timer);
	ck_assert_ps(r.core[0].t[0], 505 * NS);
	ck_assert_uint_lt(accesses(&r), 12);
	rig_free(&r);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		hits_atomics_and_fences,
		an_access_across_two_lines,
		the_own_stack_is_a_constant,
		a_modules_data_are_memory,
		a_modules_lock_is_contended_like_any,
		a_foreign_stack_is_refused,
		unknown_memory_is_refused,
		a_range_past_the_end_is_refused,
		a_watched_line_calls_the_hook,
		a_parked_spin_ends_when_an_unparked_one_does,
		a_spin_that_writes_is_not_parked,
		a_turn_is_what_repeats,
		a_local_event_wakes_a_spinner,
	};

	return rig_main("access", tests, sizeof(tests) / sizeof(tests[0]));
}
