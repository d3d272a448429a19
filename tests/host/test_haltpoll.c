/*
 * Halt polling, worked out by hand. Costs: see rig.h; also 1 ns of issue for each access and
 * cpu_relax(), 1 ns for a hit, 100 ns for memory of the own socket.
 *
 * The poller runs on CPU 2 from 1.3 us. It fetches the word it will look at (issue 1.301, there
 * 1.401) and polls from then on: look (2 ns) and relax (1 ns), so turns end at 1.404, 1.407, ...
 * The third finds nothing new for the second time and parks at 1.410; it goes on at 1.410 + 3 n ns.
 */
#include <check.h>
#include <string.h>

#include "sim/hw/access.h"
#include "tests/host/rig.h"

static struct {
	struct rig r;
	struct vs_task *poller;
	uint64_t *word;
	vs_ps stop, timer, at, other_at;
	bool over;
} w;

static void look(void)
{
	vs_access((uintptr_t)w.word, 8, VS_READ, 0);
}

static void poll(void *arg)
{
	(void)arg;
	look();
	vs_poll_begin(w.stop, w.timer);
	do {
		look();
		w.over = *w.word;
		if (w.over)
			break;
		vs_cpu_relax();
	} while (vs_poll_goes_on());
	w.over = w.over || vs_now_ps() >= w.timer;
	vs_poll_end(w.over);
	w.at = vs_now_ps();
	ck_assert_uint_eq(rig_books(), w.at);
}

static void other(void *arg)
{
	(void)arg;
	w.other_at = vs_now_ps();
}

static void setup(void)
{
	memset(&w, 0, sizeof(w));
	rig_init(&w.r, &(struct rig_options){0});
	w.word = vs_hw_arena_take(w.r.hw, 65536, 2);
	w.poller = rig_task(&w.r, "poller", VS_TASK_VCPU, 2, poll, NULL, US(1));
	w.stop = NS(11401);
	w.timer = VS_PS_NEVER;
}

static void teardown(void)
{
	rig_release(&w.r);
}

static uint64_t looks(void)
{
	struct vs_hw_stats st;

	vs_hw_stats(w.r.hw, &st);
	return st.accesses;
}

/* The first turn that ends at 11.401 or later does so at 1.410 + 3331 * 0.003 = 11.403. It took the
 * fetch and three turns, not 3334. */
START_TEST(times_out)
{
	struct vs_host_stats st;

	rig_run(&w.r, MS(1));
	ck_assert_uint_eq(w.at, NS(11403));
	ck_assert(!w.over);
	ck_assert_uint_eq(looks(), 4);
	vs_host_stats(w.r.h, &st);
	ck_assert_uint_eq(st.polls, 1);
	ck_assert_uint_eq(st.poll_hits, 0);
	/* nothing but the host has had it, but for 0.3 us of leaving idle */
	ck_assert_uint_eq(vs_task_time(w.poller)[VS_VCPU_HOST], NS(11403 - 1300));
	ck_assert_uint_eq(vs_task_time(w.poller)[VS_VCPU_STEAL], NS(300));
}
END_TEST

static void writer(void *arg)
{
	(void)arg;
	vs_access((uintptr_t)w.word, 8, VS_WRITE, 0);
	*w.word = 1;
}

/*
 * CPU 0 runs from 5.3, asks for the line at 5.301: at its home 5.311, lost by CPU 2 at 5.321 and
 * written at 5.301 + 0.120 (free from 5.422 on). CPU 2's turn ends at 5.322; it asks at 5.323, the
 * home sees that at 5.333 and lets the line leave at 5.412, so that CPU 0 loses it at 5.422; a hop
 * of 60 ns: 5.482.
 */
START_TEST(succeeds_when_the_line_is_written)
{
	struct vs_host_stats st;

	rig_task(&w.r, "writer", VS_TASK_CONTROL, 0, writer, NULL, US(5));
	rig_run(&w.r, MS(1));
	ck_assert(w.over);
	ck_assert_uint_eq(w.at, NS(5482));
	vs_host_stats(w.r.h, &st);
	ck_assert_uint_eq(st.poll_hits, 1);
	ck_assert_uint_eq(st.wakes, 2); /* of the two threads' beginnings: nobody was woken */
}
END_TEST

/* The guest's own timer interrupts at 8.000; the turn ends at 8.001, the handler takes 0.2. */
START_TEST(succeeds_by_the_guests_timer)
{
	w.timer = US(8);
	rig_run(&w.r, MS(1));
	ck_assert(w.over);
	ck_assert_uint_eq(w.at, NS(8201));
}
END_TEST

/* Somebody else becomes runnable on CPU 2 at 5.000. The turn ends at 5.001, and so do the polling
 * and the thread; the other has the CPU a context switch later. */
START_TEST(gives_way_to_another_thread)
{
	rig_task(&w.r, "other", VS_TASK_CONTROL, 2, other, NULL, US(5));
	rig_run(&w.r, MS(1));
	ck_assert(!w.over);
	ck_assert_uint_eq(w.at, NS(5001));
	ck_assert_uint_eq(w.other_at, NS(6001));
}
END_TEST

static void stopper(void *arg)
{
	(void)arg;
	vs_host_stop_guests(w.r.h);
}

/* CPU 0 says so at 5.3, CPU 2 knows at 5.5; the turn ends at 5.502. */
START_TEST(ends_with_the_vm)
{
	rig_task(&w.r, "stopper", VS_TASK_CONTROL, 0, stopper, NULL, US(5));
	rig_run(&w.r, MS(1));
	ck_assert(!w.over);
	ck_assert_uint_eq(w.at, NS(5502));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("halt polling");
	TCase *c = tcase_create("by hand");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, times_out);
	tcase_add_test(c, succeeds_when_the_line_is_written);
	tcase_add_test(c, succeeds_by_the_guests_timer);
	tcase_add_test(c, gives_way_to_another_thread);
	tcase_add_test(c, ends_with_the_vm);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
