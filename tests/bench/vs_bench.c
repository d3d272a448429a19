/*
 * vs_bench - what a priced access costs in processor time, beside two baselines that run the same
 * memory system: (a) a bare stack-switching loop without SimGrid, (b) SimGrid one event at a time.
 * All at the machine's own window, each measurement in a process of its own. Exit status 1 if the
 * three do not give the same result.
 *
 *     vs_bench [--tiny] [--only MODE] [LOAD...]
 *
 * The machine is xeon-platinum-8176 (224 cores). Where a load has more cores, its sockets are given
 * more cores each and L3 in proportion: a synthetic machine, for speed only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/io/machine.h"
#include "tests/bench/load.h"

static const struct bench_load loads[] = {
	{"broadcast-64", BENCH_BROADCAST, 64, 1024, 0},
	{"broadcast-512", BENCH_BROADCAST, 512, 4096, 0},
	{"mixed-64", BENCH_MIXED, 64, 0, 30000},
	{"mixed-512", BENCH_MIXED, 512, 0, 4000},
	{"hits", BENCH_HITS, 64, 0, 20000000},
};

static const struct bench_load tiny_loads[] = {
	{"broadcast-8", BENCH_BROADCAST, 8, 32, 0},
	{"broadcast-256", BENCH_BROADCAST, 256, 8, 0},
	{"mixed-16", BENCH_MIXED, 16, 0, 300},
	{"hits", BENCH_HITS, 4, 0, 20000},
};

static const struct bench_mode modes[] = {
	{"simgrid", VS_BACKEND_SIMGRID, false},
	{"bare", VS_BACKEND_BARE, false},
	{"one-by-one", VS_BACKEND_SIMGRID, true},
};
#define N_MODES (sizeof(modes) / sizeof(modes[0]))

static void machine_for(const struct bench_load *l, struct vs_machine *m)
{
	struct vs_errors errs;

	vs_errors_init(&errs);
	if (!vs_machine_load("xeon-platinum-8176", ".", VS_SOURCE_DIR "/models/machines", m,
			     &errs)) {
		vs_errors_print(&errs, stderr);
		exit(2);
	}
	vs_errors_release(&errs);
	if (l->cores <= vs_machine_cores(m))
		return;
	uint32_t per_l3 = (l->cores + m->sockets - 1) / m->sockets;

	m->l3.size_bytes = m->l3.size_bytes / m->cores_per_l3 * per_l3;
	m->cores_per_l3 = per_l3;
	fprintf(stderr, "%s: %u sockets of %u cores instead of 28 (synthetic)\n", l->name,
		m->sockets, per_l3);
}

static bool measure(const struct bench_load *l, const struct bench_mode *mode,
		    struct bench_result *out)
{
	struct vs_machine m;
	int fd[2], status;

	machine_for(l, &m);
	fflush(NULL);
	if (pipe(fd))
		return false;
	pid_t pid = fork();

	if (pid == 0) {
		struct bench_result r = bench_run(l, mode, &m);

		_exit(write(fd[1], &r, sizeof(r)) != (ssize_t)sizeof(r));
	}
	close(fd[1]);
	bool got = pid > 0 && read(fd[0], out, sizeof(*out)) == (ssize_t)sizeof(*out);

	close(fd[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 && got;
}

static void print(const struct bench_load *l, const struct bench_mode *mode,
		  const struct bench_result *r)
{
	double ns = 1e9 * r->seconds;

	printf("%-14s %-10s %8.1f %8.1f %8.1f %10.2f %9.2f %9llu %9llu %8llu  %016llx\n", l->name,
	       mode->name, ns / (double)r->accesses, ns / (double)(r->misses ? r->misses : 1),
	       ns / (double)(r->resumes ? r->resumes : 1), 1e3 * r->seconds,
	       (double)r->accesses / 1e6, (unsigned long long)r->misses,
	       (unsigned long long)r->resumes, (unsigned long long)r->rss_kib / 1024,
	       (unsigned long long)r->hash);
	fflush(stdout);
}

static bool run_load(const struct bench_load *l, const char *only)
{
	struct bench_result r[N_MODES];
	bool same = true;

	for (size_t i = 0; i < N_MODES; i++) {
		if (only && strcmp(only, modes[i].name))
			continue;
		if (!measure(l, &modes[i], &r[i])) {
			fprintf(stderr, "%s, %s: did not finish\n", l->name, modes[i].name);
			return false;
		}
		print(l, &modes[i], &r[i]);
	}
	if (only)
		return true;
	for (size_t i = 1; i < N_MODES; i++)
		same &= r[i].hash == r[0].hash && r[i].accesses == r[0].accesses;
	printf("%-14s simgrid is %.2f x bare, one-by-one is %.2f x simgrid; results %s\n", l->name,
	       r[0].seconds / r[1].seconds, r[2].seconds / r[0].seconds, same ? "equal" : "DIFFER");
	return same;
}

static bool wanted(const char *name, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const struct bench_load *l = loads;
	size_t n = sizeof(loads) / sizeof(loads[0]);
	const char *only = NULL;
	bool good = true;
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--tiny")) {
			l = tiny_loads;
			n = sizeof(tiny_loads) / sizeof(tiny_loads[0]);
		} else if (!strcmp(argv[i], "--only") && i + 1 < argc) {
			only = argv[++i];
		} else {
			fprintf(stderr, "usage: vs_bench [--tiny] [--only simgrid|bare|one-by-one] "
					"[LOAD...]\n");
			return 2;
		}
	}
	printf("%-14s %-10s %8s %8s %8s %10s %9s %9s %9s %8s  %s\n", "load", "engine", "ns/acc",
	       "ns/miss", "ns/resume", "CPU ms", "M access", "misses", "resumes", "RSS MiB",
	       "result");
	for (size_t k = 0; k < n; k++)
		if (wanted(l[k].name, argv + i))
			good &= run_load(&l[k], only);
	return !good;
}
