/*
 * One build of the engine in which something may be left out: of the seeds 1 to N, how many runs in
 * windows differ from the strict one, and how many end in an assert, there or in the strict run
 * already. tests/engine/left_out.py builds and runs it. WIDER: the window instead of the usual
 * ones, in terms of w.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/engine/private.h"
#include "tests/engine/mix.h"

enum outcome { SAME, RESULT, ASSERT_WINDOWS, ASSERT_STRICT, N_OUTCOMES };

#ifdef WITHOUT_SIMGRID
const struct vs_backend_ops vs_backend_simgrid; /* all runs are bare */
#endif

static bool differs(uint64_t seed, const struct vs_mix_result *want, vs_ps window)
{
	for (int order = VS_ORDER_UP; order <= VS_ORDER_SHUFFLED; order++) {
		struct vs_mix_run how = {
			.window = window, .order = order, .backend = VS_BACKEND_BARE};
		struct vs_mix_result got = vs_mix_run(seed, &how);

		if (got.signature != want->signature || got.accesses != want->accesses)
			return true;
	}
	return false;
}

/* In a process of its own. Writes a byte when the strict run is over. */
_Noreturn static void child(uint64_t seed, int strict_done)
{
	struct vs_mix_run strict = {.strict = true, .backend = VS_BACKEND_BARE};
	struct vs_machine m;
	uint32_t cores;

	alarm(20); /* what is left out may also make it go round for ever */
	if (!freopen("/dev/null", "w", stderr))
		_exit(N_OUTCOMES);
	vs_mix_machine(seed, &m, &cores);
	vs_ps w = m.window_ps, leg = m.agent_delay_ps;
	struct vs_mix_result want = vs_mix_run(seed, &strict);

	if (write(strict_done, "s", 1) != 1)
		_exit(N_OUTCOMES);
#ifdef WIDER
	_exit(differs(seed, &want, WIDER) ? RESULT : SAME);
#endif
	_exit(differs(seed, &want, 0) || differs(seed, &want, 1) ||
			      differs(seed, &want, leg < w ? leg : w) ||
			      differs(seed, &want, seed * 2654435761u % w) ||
			      differs(seed, &want, w)
		      ? RESULT
		      : SAME);
}

static enum outcome outcome(uint64_t seed)
{
	int fd[2], status;
	char c;

	fflush(NULL);
	if (pipe(fd))
		abort();
	pid_t pid = fork();

	if (pid < 0)
		abort();
	if (!pid)
		child(seed, fd[1]);
	close(fd[1]);
	bool strict_done = read(fd[0], &c, 1) == 1;

	close(fd[0]);
	if (waitpid(pid, &status, 0) != pid)
		abort();
	if (!WIFEXITED(status))
		return strict_done ? ASSERT_WINDOWS : ASSERT_STRICT;
	if (WEXITSTATUS(status) >= N_OUTCOMES)
		abort();
	return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	unsigned n[N_OUTCOMES] = {0};

	if (!seeds)
		return 2;
	for (uint64_t seed = 1; seed <= seeds; seed++)
		n[outcome(seed)]++;
	printf("%u %u %u\n", n[RESULT], n[ASSERT_WINDOWS], n[ASSERT_STRICT]);
	return 0;
}
