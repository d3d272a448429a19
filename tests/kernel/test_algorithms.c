/*
 * Locks, wait queues and SRCU under many interleavings: the very objects that the simulator links,
 * with a change of thread possible at every access.
 */
#include <check.h>
#include <string.h>

#include "models/kernel/srcu_private.h"

#include "mock.h"
#include "racy.h"

#define SEEDS 200
#define STALL 8192 /* longer than a grace period takes */

static struct racy_counter counter;
static struct racy_hog hog;
static struct racy_event event;
static struct racy_srcu srcu;

static void counter_init(uint64_t seed)
{
	mock_init(3, seed);
	memset(&counter, 0, sizeof(counter));
	spin_lock_init(&counter.spin);
	spin_lock_init(&counter.inner);
	mutex_init(&counter.mutex);
	rwlock_init(&counter.rw);
}

/* All entered the section alone, and each as often as it should: 4 threads of RACY_ROUNDS. */
static void counter_check(uint64_t seed)
{
	mock_run();
	ck_assert_msg(mock_faults() == 0, "seed %lu", (unsigned long)seed);
	ck_assert_msg(counter.overlaps == 0, "seed %lu", (unsigned long)seed);
	ck_assert_int_eq(counter.n, 4 * RACY_ROUNDS);
	ck_assert(!spin_is_locked(&counter.spin));
	ck_assert(!mutex_is_locked(&counter.mutex));
}

START_TEST(spinlock_excludes)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		counter_init(seed);
		mock_spawn(0, racy_spin, &counter);
		mock_spawn(1, racy_spin, &counter);
		mock_spawn(1, racy_spin_nested, &counter);
		mock_spawn(2, racy_spin_nested, &counter);
		counter_check(seed);
	}
}
END_TEST

START_TEST(spin_trylock_excludes_and_fails_without_waiting)
{
	int tried = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		counter_init(seed);
		mock_spawn(0, racy_spin, &counter);
		mock_spawn(1, racy_spin_try, &counter);
		mock_spawn(2, racy_spin_try, &counter);
		mock_spawn(2, racy_spin, &counter);
		counter_check(seed);
		tried += counter.tried;
	}
	ck_assert_int_gt(tried, 0);
}
END_TEST

/* Writers alone, readers together, and everybody gets there: 2 writers of RACY_ROUNDS. */
START_TEST(rwlock_excludes_writers_and_lets_readers_in_together)
{
	int together = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		counter_init(seed);
		mock_spawn(0, racy_rw_writer, &counter);
		mock_spawn(1, racy_rw_writer, &counter);
		mock_spawn(1, racy_rw_reader, &counter);
		mock_spawn(2, racy_rw_reader, &counter);
		mock_spawn(0, racy_rw_reader, &counter);
		mock_run();
		ck_assert_msg(mock_faults() == 0, "seed %lu", (unsigned long)seed);
		ck_assert_msg(counter.overlaps == 0, "seed %lu", (unsigned long)seed);
		ck_assert_int_eq(counter.n, 2 * RACY_ROUNDS);
		ck_assert_uint_eq(counter.rw.word, 0);
		together += counter.together;
	}
	ck_assert_int_gt(together, 0);
}
END_TEST

START_TEST(mutex_excludes_and_loses_no_wakeup)
{
	uint64_t slept = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		counter_init(seed);
		mock_spawn(0, racy_mutex, &counter);
		mock_spawn(1, racy_mutex, &counter);
		mock_spawn(2, racy_mutex, &counter);
		mock_spawn(2, racy_mutex_try, &counter);
		counter_check(seed);
		slept += mock.blocks[VS_WAIT_LOCK];
	}
	ck_assert_uint_gt(slept, 0);
}
END_TEST

/* A waiter that was woken in vain gets the mutex before anybody who comes later. */
START_TEST(mutex_hands_off)
{
	int requests = 0;

	for (uint64_t seed = 1; seed <= 20 * SEEDS; seed++) {
		mock_init(3, seed);
		memset(&hog, 0, sizeof(hog));
		mutex_init(&hog.mutex);
		mock_spawn(0, racy_hog, &hog);
		mock_spawn(1, racy_hogged, &hog);
		mock_run();
		ck_assert_uint_eq(mock_faults(), 0);
		ck_assert_msg(hog.after_request == 0, "seed %lu", (unsigned long)seed);
		requests += hog.requests;
	}
	ck_assert_int_gt(requests, 0); /* it did come to that */
}
END_TEST

static void try_reserved(void *arg)
{
	*(bool *)arg = mutex_trylock(&hog.mutex);
}

/* Let go, with a hand-off asked for: it is the first waiter's (flags of mutex.c: 1 | 2). */
START_TEST(mutex_trylock_keeps_off_a_reserved_one)
{
	bool taken = true;

	mock_init(1, 1);
	mutex_init(&hog.mutex);
	hog.mutex.owner = 1 | 2;
	mock_call(try_reserved, &taken);
	ck_assert(!taken);
	ck_assert_uint_eq(hog.mutex.owner, 1 | 2);
}
END_TEST

START_TEST(swait_loses_no_wakeup)
{
	uint64_t slept = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		mock_init(2, seed);
		memset(&event, 0, sizeof(event));
		init_swait_queue_head(&event.q);
		mock_spawn(0, racy_poster, &event);
		mock_spawn(1, racy_sleeper, &event);
		mock_run();
		ck_assert_msg(mock_faults() == 0, "seed %lu", (unsigned long)seed);
		ck_assert_int_eq(event.seen, RACY_ROUNDS);
		ck_assert(!swait_active(&event.q));
		slept += mock.blocks[VS_WAIT_HALT];
	}
	ck_assert_uint_gt(slept, 0);
}
END_TEST

/* A domain of that size to begin with. */
static void srcu_protects(bool expedited, unsigned int size)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		mock_init(4, seed);
		mock.stall_points = STALL;
		memset(&srcu, 0, sizeof(srcu));
		srcu.expedited = expedited;
		srcu.size = size;
		srcu.sleep_us = expedited ? 20 : 9000; /* longer than it would take alone */
		mock_call(racy_srcu_init, &srcu);
		mock_spawn(0, racy_srcu_reader, &srcu);
		mock_spawn(1, racy_srcu_sleepy_reader, &srcu);
		mock_spawn(2, racy_srcu_reader, &srcu);
		mock_spawn(3, racy_srcu_updater, &srcu);
		mock_spawn(0, racy_srcu_updater, &srcu);
		mock_spawn(1, racy_srcu_caller, &srcu);
		mock_run();
		mock_call(racy_srcu_cleanup, &srcu);
		ck_assert_msg(mock_faults() == 0, "seed %lu", (unsigned long)seed);
		ck_assert_int_eq(srcu.bad, 0);
		ck_assert_uint_eq(mock.live[VS_MEM_TABLE], 0);
	}
}

START_TEST(srcu_grace_period_waits_for_readers)
{
	srcu_protects(false, _i);
}
END_TEST

START_TEST(srcu_expedited_waits_for_readers)
{
	srcu_protects(true, _i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("kernel algorithms");
	TCase *t = tcase_create("interleavings");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, spinlock_excludes);
	tcase_add_test(t, spin_trylock_excludes_and_fails_without_waiting);
	tcase_add_test(t, rwlock_excludes_writers_and_lets_readers_in_together);
	tcase_add_test(t, mutex_excludes_and_loses_no_wakeup);
	tcase_add_test(t, mutex_hands_off);
	tcase_add_test(t, mutex_trylock_keeps_off_a_reserved_one);
	tcase_add_test(t, swait_loses_no_wakeup);
	/* small, growing, with a tree */
	for (int i = 0; i < 3; i++) {
		int size = i < 2 ? i : SRCU_BIG;

		tcase_add_loop_test(t, srcu_grace_period_waits_for_readers, size, size + 1);
		tcase_add_loop_test(t, srcu_expedited_waits_for_readers, size, size + 1);
	}
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
