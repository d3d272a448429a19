/* E1 and E3: windowed execution against the strict loop, on random machines and mixed work. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/engine/mix.h"

static uint64_t n_seeds(void)
{
	const char *s = getenv("VS_EXACT_SEEDS");

	return s ? strtoull(s, NULL, 10) : 300;
}

static void compare(uint64_t seed, const struct vs_mix_result *want, const struct vs_mix_run *as,
		    vs_ps window)
{
	for (int order = VS_ORDER_UP; order <= VS_ORDER_SHUFFLED; order++) {
		struct vs_mix_run how = *as;

		how.strict = false;
		how.window = window;
		how.order = order;
		struct vs_mix_result got = vs_mix_run(seed, &how);

		ck_assert_msg(got.signature == want->signature && got.accesses == want->accesses &&
				      got.stop == want->stop,
			      "seed %llu, window %llu ps, host order %d differs from strict "
			      "(VS_EXACT_FIRST=%llu VS_EXACT_SEEDS=1 repeats it)",
			      (unsigned long long)seed, (unsigned long long)window, order,
			      (unsigned long long)seed);
	}
}

START_TEST(windows_equal_strict)
{
	const char *first = getenv("VS_EXACT_FIRST");
	uint64_t from = first ? strtoull(first, NULL, 10) : 1, misses = 0, accesses = 0;

	for (uint64_t seed = from; seed < from + n_seeds(); seed++) {
		struct vs_mix_run strict = {.strict = true, .backend = VS_BACKEND_BARE};
		struct vs_machine m;
		uint32_t cores;

		vs_mix_machine(seed, &m, &cores);
		strict.window = m.window_ps;
		struct vs_mix_result want = vs_mix_run(seed, &strict);

		ck_assert_int_eq(want.stop, VS_STOP_QUIET);
		compare(seed, &want, &strict, 0);
		compare(seed, &want, &strict, 1);
		compare(seed, &want, &strict,
			m.agent_delay_ps < m.window_ps ? m.agent_delay_ps : m.window_ps);
		compare(seed, &want, &strict, seed * 2654435761u % m.window_ps);
		compare(seed, &want, &strict, m.window_ps);
		misses += want.misses;
		accesses += want.accesses;
	}
	printf("%llu seeds, %llu accesses, %llu misses in the strict runs\n",
	       (unsigned long long)n_seeds(), (unsigned long long)accesses,
	       (unsigned long long)misses);
}
END_TEST

/* A run that is cut short, by its limit or by a worker, is cut at the same point of every core. */
START_TEST(so_do_runs_that_are_cut_short)
{
	for (uint64_t seed = 1; seed <= 80; seed++) {
		struct vs_mix_run strict = {.strict = true, .backend = VS_BACKEND_BARE};
		struct vs_machine m;
		uint32_t cores;

		vs_mix_machine(seed, &m, &cores);
		strict.window = m.window_ps;
		vs_ps end = vs_mix_run(seed, &strict).end;
		struct vs_mix_result want;

		strict.limit = end / 16 * (1 + seed % 14) + seed % 1000;
		want = vs_mix_run(seed, &strict);
		ck_assert_int_eq(want.stop, VS_STOP_LIMIT);
		compare(seed, &want, &strict, 1);
		compare(seed, &want, &strict, m.window_ps);
		strict.limit = 0;
		strict.finish_after = 1 + seed % 17;
		want = vs_mix_run(seed, &strict);
		ck_assert_int_eq(want.stop, VS_STOP_DONE);
		compare(seed, &want, &strict, 1);
		compare(seed, &want, &strict, m.window_ps);
	}
}
END_TEST

/* In a process of its own, since the engine's own asserts may find it first. */
static bool breaks(uint64_t seed, vs_ps window)
{
	fflush(NULL);
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		struct vs_mix_run strict = {.strict = true, .backend = VS_BACKEND_BARE};
		struct vs_mix_run wide = {.window = window, .backend = VS_BACKEND_BARE};

		if (!freopen("/dev/null", "w", stderr))
			_exit(3);
		struct vs_mix_result want = vs_mix_run(seed, &strict);

		for (int order = VS_ORDER_UP; order <= VS_ORDER_SHUFFLED; order++) {
			wide.order = order;
			if (vs_mix_run(seed, &wide).signature != want.signature)
				_exit(1);
		}
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return !WIFEXITED(status) || WEXITSTATUS(status) == 1;
}

static unsigned broken_of(uint64_t seeds, vs_ps (*window)(const struct vs_machine *))
{
	unsigned n = 0;

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		struct vs_machine m;
		uint32_t cores;

		vs_mix_machine(seed, &m, &cores);
		n += breaks(seed, window(&m));
	}
	return n;
}

static vs_ps one_more(const struct vs_machine *m)
{
	return m->window_ps + 1;
}

static vs_ps twice(const struct vs_machine *m)
{
	return 2 * m->window_ps;
}

/* If a window that is too wide went unnoticed, the equality above would prove nothing. */
START_TEST(wider_windows_are_seen_to_break)
{
	unsigned by_one = broken_of(60, one_more), by_twice = broken_of(60, twice);

	printf("of 60 seeds, W + 1 ps breaks %u, 2 W breaks %u\n", by_one, by_twice);
	ck_assert_uint_ge(by_one, 1);
	ck_assert_uint_ge(by_twice, 30);
}
END_TEST

/* The same through SimGrid, which lives once per process. */
START_TEST(simgrid_equals_bare)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct vs_machine m;
		uint32_t cores;

		vs_mix_machine(seed, &m, &cores);
		struct vs_mix_run how = {.window = m.window_ps, .backend = VS_BACKEND_BARE};
		struct vs_mix_result want = vs_mix_run(seed, &how);

		how.backend = VS_BACKEND_SIMGRID;
		how.strict = seed % 3 == 0;
		fflush(NULL);
		pid_t pid = fork();
		int status;

		if (!pid)
			_exit(vs_mix_run(seed, &how).signature != want.signature);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "seed %llu: %x",
			      (unsigned long long)seed, status);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("exact");
	TCase *t = tcase_create("exact");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 600);
	tcase_add_test(t, windows_equal_strict);
	tcase_add_test(t, so_do_runs_that_are_cut_short);
	tcase_add_test(t, wider_windows_are_seen_to_break);
	tcase_add_test(t, simgrid_equals_bare);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
