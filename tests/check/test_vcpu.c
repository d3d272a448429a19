/*
 * sim/check/vcpu: each violation, and beside each the nearest thing that is none. W is 1,000 ps.
 * vCPUs are letters; their addresses name them.
 */
#include "mock.h"

#include <string.h>

static const char vcpus[8];
#define V(i) (&vcpus[i])

static void set_up(void)
{
	mock_set_up();
	mock_note(0, 0, 10, VS_NOTE_VM_CREATED, "vm", 0);
}

/* CPU 0's thread 0 makes vCPU i: ready at t, its create returns 100 later. Its id is 10 + 3 i. */
static unsigned id_of(unsigned i)
{
	return 10 + 3 * i;
}

static void create(unsigned i, vs_ps t)
{
	mock_note(0, 0, t, VS_NOTE_VCPU_ID, V(i), id_of(i));
	mock_note(0, 0, t, VS_NOTE_VCPU_READY, V(i), i);
	mock_note(0, 0, t + 100, VS_NOTE_VCPU_CREATED, V(i), i);
}

/* Thread `task` on a CPU looks an index up and gets obj, all at t. */
static void get(uint32_t task, uint32_t cpu, vs_ps t, unsigned index, const void *obj)
{
	mock_note(task, cpu, t, VS_NOTE_GET_BEGIN, NULL, index);
	mock_note(task, cpu, t, VS_NOTE_GET_END, obj, index);
}

static void get_by_id(uint32_t task, uint32_t cpu, vs_ps t, unsigned id, const void *obj)
{
	mock_note(task, cpu, t, VS_NOTE_GET_ID_BEGIN, NULL, id);
	mock_note(task, cpu, t, VS_NOTE_GET_ID_END, obj, id);
}

static void begin(uint32_t task, uint32_t cpu, vs_ps t)
{
	mock_note(task, cpu, t, VS_NOTE_WALK_BEGIN, "vm", 0);
}

static void visit(uint32_t task, uint32_t cpu, vs_ps t, unsigned i)
{
	mock_note(task, cpu, t, VS_NOTE_WALK_VISIT, V(i), i);
}

static void end(uint32_t task, uint32_t cpu, vs_ps t, bool early)
{
	mock_note(task, cpu, t, VS_NOTE_WALK_END, "vm", early);
}

START_TEST(found_as_created)
{
	create(0, 1000);
	create(1, 1200);
	get(1, 1, 5000, 1, V(1));
	get(0, 0, 1300, 1, V(1));
	get(1, 1, 5001, 2, NULL);
	begin(2, 2, 6000);
	visit(2, 2, 6001, 0);
	visit(2, 2, 6002, 1);
	end(2, 2, 6003, false);
	mock_expect_none();
}
END_TEST

/* Ready at 1,000 by CPU 0: CPU 1 can have it from 2,000 on, CPU 0 at once. */
START_TEST(ready_by_the_rule)
{
	create(0, 1000);
	get(0, 0, 1000, 0, V(0));
	get(1, 1, 2000, 0, V(0));
	ck_assert_uint_eq(vs_check_count(checker, VS_CHECK_NOT_READY), 0);
	get(1, 1, 1999, 0, V(0));
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_NOT_READY)->text,
				     "the look-up of index 0 handed out a vCPU that is not ready"));
}
END_TEST

START_TEST(never_ready)
{
	begin(1, 1, 5000);
	visit(1, 1, 5000, 3);
	end(1, 1, 5000, false);
	mock_expect_one(VS_CHECK_NOT_READY);
}
END_TEST

START_TEST(created_but_never_ready)
{
	mock_note(0, 0, 1000, VS_NOTE_VCPU_CREATED, V(0), 0);
	mock_expect_one(VS_CHECK_NOT_READY);
}
END_TEST

/* Its create returned at 1,100: lost for CPU 1 from 2,100 on, for CPU 0 from 1,100 on, by when the
 * look-up began. */
START_TEST(lost_by_the_rule)
{
	const struct vs_verdict *v;

	create(0, 1000);
	get(0, 0, 1099, 0, NULL);
	mock_note(1, 1, 2099, VS_NOTE_GET_BEGIN, NULL, 0);
	mock_note(1, 1, 9000, VS_NOTE_GET_END, NULL, 0);
	if (_i)
		get(1, 1, 2100, 0, NULL);
	else
		get(0, 0, 1100, 0, NULL);
	v = mock_expect_one(VS_CHECK_LOST);
	ck_assert_uint_eq(v->time, _i ? 2100 : 1100);
	ck_assert_ptr_nonnull(strstr(v->text, "index 0, whose create had returned at 0.001100 us"));
}
END_TEST

/* Gone at exactly 5,000, also when CPU 1 cannot know yet: then it may be missed. Handing it out is
 * a violation only once it can be known. */
START_TEST(gone_excuses_missing_it)
{
	create(0, 1000);
	mock_note(0, 0, 5000, VS_NOTE_VCPU_GONE, V(0), 0);
	get(1, 1, 5000, 0, NULL);
	get(1, 1, 5999, 0, V(0));
	mock_expect_none();
}
END_TEST

START_TEST(missing_it_before_it_went)
{
	create(0, 1000);
	mock_note(0, 0, 5000, VS_NOTE_VCPU_GONE, V(0), 0);
	get(1, 1, 4999, 0, NULL);
	mock_expect_one(VS_CHECK_LOST);
}
END_TEST

START_TEST(handed_out_when_gone)
{
	create(0, 1000);
	mock_note(0, 0, 5000, VS_NOTE_VCPU_GONE, V(0), 0);
	get(1, 1, 6000, 0, V(0));
	mock_expect_one(VS_CHECK_GONE);
}
END_TEST

/* A new vCPU in the memory of the old one is another vCPU. */
START_TEST(again_at_the_same_place)
{
	create(0, 1000);
	mock_note(0, 0, 5000, VS_NOTE_VCPU_GONE, V(0), 0);
	create(0, 7000);
	get(1, 1, 9000, 0, V(0));
	get(1, 1, 7500, 0, V(0)); /* knows the old one only */
	mock_expect_one(VS_CHECK_GONE);
}
END_TEST

START_TEST(the_wrong_one)
{
	create(0, 1000);
	create(1, 1200);
	get(1, 1, 5000, 0, V(1));
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_WRONG_VCPU)->text,
				     "of index 0 handed out the vCPU of index 1"));
}
END_TEST

START_TEST(found_by_id)
{
	create(0, 1000);
	create(1, 1200);
	get_by_id(1, 1, 5000, 10, V(0));
	get_by_id(1, 1, 5001, 13, V(1));
	get_by_id(1, 1, 5002, 1, NULL); /* an index is no id */
	get_by_id(1, 1, 5003, 16, NULL);
	mock_expect_none();
}
END_TEST

START_TEST(the_wrong_one_by_id)
{
	create(0, 1000);
	create(1, 1200);
	get_by_id(1, 1, 5000, 13, V(0));
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_WRONG_VCPU)->text,
				     "the look-up of id 13 handed out the vCPU of id 10"));
}
END_TEST

/* Nobody has id 1: the vCPU of index 1 is as wrong as any. */
START_TEST(an_index_taken_for_an_id)
{
	create(0, 1000);
	create(1, 1200);
	get_by_id(1, 1, 5000, 1, V(1));
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_WRONG_VCPU)->text,
				     "the look-up of id 1 handed out the vCPU of id 13"));
}
END_TEST

/* As by index: lost for CPU 1 from 2,100 on, not ready for it before 2,000. */
START_TEST(by_id_by_the_rule)
{
	create(0, 1000);
	get_by_id(1, 1, 2099, 10, NULL);
	get_by_id(1, 1, 2000, 10, V(0));
	if (_i) {
		get_by_id(1, 1, 2100, 10, NULL);
		ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_LOST)->text,
					     "id 10, whose create had returned"));
	} else {
		get_by_id(1, 1, 1999, 10, V(0));
		mock_expect_one(VS_CHECK_NOT_READY);
	}
}
END_TEST

/* Gone at 5,000. Whoever has its id afterwards is another one. */
START_TEST(an_id_used_again)
{
	create(0, 1000);
	mock_note(0, 0, 5000, VS_NOTE_VCPU_GONE, V(0), 0);
	get_by_id(1, 1, 5000, 10, NULL);
	get_by_id(1, 1, 5999, 10, V(0));
	mock_note(0, 0, 7000, VS_NOTE_VCPU_ID, V(2), 10);
	mock_note(0, 0, 7000, VS_NOTE_VCPU_READY, V(2), 0);
	get_by_id(1, 1, 8000, 10, V(2));
	get_by_id(1, 1, 8001, 10, V(0));
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_GONE)->text,
				     "the look-up of id 10 handed out a vCPU that is gone"));
}
END_TEST

START_TEST(a_walk_that_misses_one)
{
	create(0, 1000);
	create(1, 1200);
	create(2, 1400);
	begin(1, 1, 5000);
	visit(1, 1, 5001, 0);
	visit(1, 1, 5002, 2);
	end(1, 1, 5003, false);
	ck_assert_ptr_nonnull(strstr(mock_expect_one(VS_CHECK_WALK_MISSED)->text, "index 1"));
}
END_TEST

START_TEST(a_walk_that_stops_short)
{
	create(0, 1000);
	create(1, 1200);
	begin(1, 1, 5000);
	visit(1, 1, 5001, 0);
	end(1, 1, 5003, false);
	mock_expect_one(VS_CHECK_WALK_MISSED);
}
END_TEST

START_TEST(a_walk_left_early)
{
	create(0, 1000);
	create(1, 1200);
	begin(1, 1, 5000);
	visit(1, 1, 5001, 0);
	end(1, 1, 5003, true);
	mock_expect_none();
}
END_TEST

/* Created at 5,100 by CPU 0: a walk of CPU 1 that began at 6,099 may miss it, one of 6,100 may not;
 * both may see it. */
START_TEST(walks_by_the_rule)
{
	create(0, 1000);
	create(1, 5000);
	begin(1, 1, 6099);
	visit(1, 1, 6100, 0);
	end(1, 1, 9000, false);
	begin(1, 1, 9100);
	visit(1, 1, 9101, 0);
	visit(1, 1, 9102, 1);
	end(1, 1, 9103, false);
	begin(2, 2, 6100);
	visit(2, 2, 6101, 0);
	if (_i) {
		end(2, 2, 6102, false);
		mock_expect_one(VS_CHECK_WALK_MISSED);
	} else {
		visit(2, 2, 6102, 1);
		end(2, 2, 6103, false);
		mock_expect_none();
	}
}
END_TEST

START_TEST(twice_or_backwards)
{
	const struct vs_verdict *v;
	size_t n;

	create(0, 1000);
	create(1, 1200);
	begin(1, 1, 5000);
	visit(1, 1, 5001, 0);
	visit(1, 1, 5002, 0);
	visit(1, 1, 5003, 1);
	visit(1, 1, 5004, 0);
	end(1, 1, 5005, false);
	v = mock_finish(&n);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(v[0].kind, VS_CHECK_WALK_ORDER);
	ck_assert_uint_eq(v[0].time, 5002);
	ck_assert_int_eq(v[1].kind, VS_CHECK_WALK_ORDER);
	ck_assert_ptr_nonnull(strstr(v[1].text, "visited index 0 after index 1"));
}
END_TEST

/* Two threads take turns on one CPU, one of them moves, and one looks round inside its walk. */
START_TEST(walks_belong_to_threads)
{
	create(0, 1000);
	create(1, 1200);
	begin(1, 1, 5000);
	visit(1, 1, 5001, 0);
	begin(2, 1, 5002);
	visit(2, 1, 5003, 0);
	begin(2, 1, 5004);
	visit(2, 1, 5005, 0);
	visit(2, 1, 5006, 1);
	end(2, 1, 5007, false);
	visit(1, 3, 7000, 1);
	end(1, 3, 7001, false);
	visit(2, 1, 7002, 1);
	end(2, 1, 7003, false);
	mock_expect_none();
}
END_TEST

static unsigned heard;

static void hear(void *ctx, uint32_t cpu, vs_ps now, enum vs_note what, const void *obj, uint64_t a)
{
	ck_assert_ptr_eq(ctx, &heard);
	ck_assert_uint_eq(cpu, 2);
	ck_assert_uint_eq(now, 77);
	ck_assert_int_eq(what, VS_NOTE_IPI_POSTED);
	ck_assert_ptr_eq(obj, V(3));
	ck_assert_uint_eq(a, 5);
	heard++;
}

START_TEST(passes_on_what_was_asked_for)
{
	heard = 0;
	vs_check_hear_notes(checker, 1u << VS_NOTE_IPI_POSTED, hear, &heard);
	mock_note(1, 2, 77, VS_NOTE_IPI_POSTED, V(3), 5);
	mock_note(1, 2, 77, VS_NOTE_IPI_TAKEN, V(3), 5);
	ck_assert_uint_eq(heard, 1);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, found_as_created);
	tcase_add_test(t, ready_by_the_rule);
	tcase_add_test(t, never_ready);
	tcase_add_test(t, created_but_never_ready);
	tcase_add_loop_test(t, lost_by_the_rule, 0, 2);
	tcase_add_test(t, gone_excuses_missing_it);
	tcase_add_test(t, missing_it_before_it_went);
	tcase_add_test(t, handed_out_when_gone);
	tcase_add_test(t, again_at_the_same_place);
	tcase_add_test(t, the_wrong_one);
	tcase_add_test(t, found_by_id);
	tcase_add_test(t, the_wrong_one_by_id);
	tcase_add_test(t, an_index_taken_for_an_id);
	tcase_add_loop_test(t, by_id_by_the_rule, 0, 2);
	tcase_add_test(t, an_id_used_again);
	tcase_add_test(t, a_walk_that_misses_one);
	tcase_add_test(t, a_walk_that_stops_short);
	tcase_add_test(t, a_walk_left_early);
	tcase_add_loop_test(t, walks_by_the_rule, 0, 2);
	tcase_add_test(t, twice_or_backwards);
	tcase_add_test(t, walks_belong_to_threads);
	tcase_add_test(t, passes_on_what_was_asked_for);
}

int main(void)
{
	return mock_main("check_vcpu", add, set_up);
}
