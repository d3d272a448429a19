/* Call sites beside those that the contract is about, compiled against the table linked in. */
#include <errno.h>

#include "contract.h"

static void index_of(void *arg)
{
	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	create_n(N);
	mock.visits = 0;
	for (uint32_t i = 0; i < N; i++)
		ck_assert_int_eq(t->index_of(vm, vcpus[i]), i);
	ck_assert_uint_eq(mock.visits, N * (N + 1) / 2); /* up to the one that is asked for */
	ck_assert_int_eq(t->index_of(vm, &param), -1);
	for (uint32_t i = 0; i < N; i++)
		ck_assert(t->kick(vm, i));
	ck_assert(!t->kick(vm, N));
	ck_assert(!t->kick(vm, UINT32_MAX));
	ck_assert_uint_eq(mock.kicks, 0); /* none of them runs */
	t->vm_destroy(vm);
}

START_TEST(C1_index_of_and_kick_of_who_is_there)
{
	run(index_of);
}
END_TEST

static uint64_t visits_of(uint32_t index, enum vs_count how)
{
	mock.visits = 0;
	ck_assert(t->start_stop(vm, index, how));
	return mock.visits;
}

/*
 * Three vCPUs, 0 and 1 stopped in turn, then 1 and 0 started. Who counts by walking visits 3 each
 * time, and 3 more to tell all when a second one starts. Who stops at the second visits 3 to find
 * the second of 1 and 2, all 3 to see that 2 is alone; then of 2 alone all 3 (and 3 to tell all);
 * then, 1 and 2 being started, 3. Who has a counter looks for the last one (3), and tells all (3).
 */
static void start_stop(void *arg)
{
	static const uint64_t expected[][4] = {[VS_COUNT_WALK] = {3, 3, 6, 3},
					       [VS_COUNT_BREAK] = {3, 3, 6, 3},
					       [VS_COUNT_COUNTER] = {0, 3, 3, 0}};
	const enum vs_count *how = arg;

	ck_assert_int_eq(vm_new(MAX), 0);
	create_n(3);
	ck_assert_uint_eq(visits_of(0, *how), expected[*how][0]);
	ck_assert_uint_eq(visits_of(1, *how), expected[*how][1]);
	ck_assert_uint_eq(visits_of(1, *how), expected[*how][2]);
	ck_assert_uint_eq(visits_of(0, *how), expected[*how][3]);
	/* all are started: stopping the last leaves 0 and 1 */
	ck_assert_uint_eq(visits_of(2, *how), *how == VS_COUNT_WALK    ? 3
					      : *how == VS_COUNT_BREAK ? 2
								       : 0);
	ck_assert(!t->start_stop(vm, 3, *how));
	t->vm_destroy(vm);
}

START_TEST(C2_start_and_stop_count_who_is_started)
{
	enum vs_count how = (enum vs_count)_i;

	t = vs_module.tables[0];
	mock_init(2, 1);
	mock_call(start_stop, &how);
	ck_assert_uint_eq(mock_faults(), 0);
}
END_TEST

/* VPs 0 to N - 1, or of a VM for MAX that counts them down: MAX - 1 to MAX - N. */
static void vp_flush(void *arg)
{
	const bool *mismatched = arg;
	struct vs_vm_params params = {
		.max_vcpus = MAX, .vp_mismatched = *mismatched, .table = param};
	const uint64_t all[] = {UINT64_MAX, UINT64_MAX}, one[] = {1, 0}, some[] = {1, 5};
	uint32_t first = *mismatched ? MAX - N : 0;

	ck_assert_int_eq(t->vm_create(&params, &vm), 0);
	create_n(N);
	for (uint32_t i = 0; i < N; i++)
		ck_assert_uint_eq(t->vp_flush(vm, first + i, one), 1);
	ck_assert_uint_eq(t->vp_flush(vm, first, all), N);
	ck_assert_uint_eq(t->vp_flush(vm, first, some), 3); /* 0, 64 and 66 */
	ck_assert_uint_eq(t->vp_flush(vm, first + N, one), 0);
	ck_assert_uint_eq(t->vp_flush(vm, UINT32_MAX - 127, all), 0);
	t->vm_destroy(vm);
}

START_TEST(C3_flush_finds_vps_by_their_index)
{
	bool mismatched = _i;

	t = vs_module.tables[0];
	mock_init(2, 1);
	mock_call(vp_flush, &mismatched);
	ck_assert_uint_eq(mock_faults(), 0);
}
END_TEST

static void ck_slots(enum vs_page first, enum vs_page second, enum vs_page third)
{
	const enum vs_page expected[] = {first, second, third, VS_PAGE_NONE};

	for (uint64_t i = 0; i < SLOTS + 1; i++) {
		uint64_t begin = i * VS_SLOT_PAGES, end = begin + VS_SLOT_PAGES - 1;

		ck_assert_int_eq(t->memslot_read(vm, NULL, begin), expected[i]);
		ck_assert_int_eq(t->memslot_read(vm, NULL, end), expected[i]);
		ck_assert_int_eq(t->memslot_read(vm, vcpus[0], begin), expected[i]);
	}
	ck_assert_int_eq(t->memslot_read(vm, NULL, UINT64_MAX), VS_PAGE_NONE);
}

/* Each update has one array allocated and one freed, and waits once. */
static void memslots(void *arg)
{
	struct vs_vm_params none = {.max_vcpus = MAX, .table = param};
	uint64_t live;

	(void)arg;
	ck_assert_int_eq(vm_new(MAX), 0);
	create_n(1);
	live = look().live[VS_MEM_KERNEL];
	ck_slots(VS_PAGE_PLAIN, VS_PAGE_PLAIN, VS_PAGE_PLAIN);
	mock.blocks[VS_WAIT_GRACE_PERIOD] = mock.n_allocs = 0;
	ck_assert_int_eq(t->memslot_update(vm, 1), 0);
	ck_assert_uint_eq(mock.n_allocs, 1);
	ck_assert_uint_gt(mock.blocks[VS_WAIT_GRACE_PERIOD], 0);
	ck_slots(VS_PAGE_PLAIN, VS_PAGE_LOGGED, VS_PAGE_PLAIN);
	ck_assert_int_eq(t->memslot_update(vm, 2), 0);
	ck_assert_int_eq(t->memslot_update(vm, 1), 0);
	ck_slots(VS_PAGE_PLAIN, VS_PAGE_PLAIN, VS_PAGE_LOGGED);
	ck_assert_int_eq(t->memslot_update(vm, SLOTS), -EINVAL);
	mock.n_allocs = 0;
	mock.fail_at = 1;
	ck_assert_int_eq(t->memslot_update(vm, 0), -ENOMEM);
	mock.fail_at = 0;
	ck_slots(VS_PAGE_PLAIN, VS_PAGE_PLAIN, VS_PAGE_LOGGED);
	ck_assert_uint_eq(look().live[VS_MEM_KERNEL], live);
	t->vm_destroy(vm);
	ck_assert_uint_eq(mock.live[VS_MEM_KERNEL], 0);
	ck_assert_int_eq(t->vm_create(&none, &vm), 0);
	ck_assert_int_eq(t->memslot_read(vm, NULL, 0), VS_PAGE_NONE);
	ck_assert_int_eq(t->memslot_update(vm, 0), -EINVAL);
	t->vm_destroy(vm);
}

START_TEST(C4_memory_slots_are_found_and_changed)
{
	run(memslots);
}
END_TEST

void add_call_sites(TCase *c)
{
	tcase_add_test(c, C1_index_of_and_kick_of_who_is_there);
	tcase_add_loop_test(c, C2_start_and_stop_count_who_is_started, 0, 3);
	tcase_add_loop_test(c, C3_flush_finds_vps_by_their_index, 0, 2);
	tcase_add_test(c, C4_memory_slots_are_found_and_changed);
}
