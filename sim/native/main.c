/* vcpusim-native: a scenario's operations by real threads on this machine. docs/native.md */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "models/native/native.h"
#include "sim/cli/report.h"
#include "sim/cli/summarize.h"
#include "sim/io/apart.h"
#include "sim/io/result.h"
#include "sim/io/scenario.h"
#include "sim/native/bench.h"
#include "sim/native/tables.h"

enum { EXIT_OK = 0, EXIT_USAGE = 2, EXIT_RUN = 3 };

#define SETS_MAX 64

struct options {
	const char *output, *scenario;
	struct vs_set set[SETS_MAX];
	size_t n_sets;
	bool quiet, tables;
};

static int usage(FILE *to)
{
	fputs("usage: vcpusim-native [-q] [-o FILE] [--table NAME]... [--set /P=VALUE]... "
	      "[--seed N] [--reps N] SCENARIO.json\n\n"
	      "Runs a scenario's streams by real threads on this machine and writes a result with\n"
	      "\"backend\": \"native\": to FILE, or - for standard output. What that means: "
	      "docs/native.md\n",
	      to);
	return to == stdout ? EXIT_OK : EXIT_USAGE;
}

static bool add_set(struct options *o, const char *pointer, const char *value)
{
	if (o->n_sets == SETS_MAX) {
		fprintf(stderr, "vcpusim-native: more than %d overrides\n", SETS_MAX);
		return false;
	}
	o->set[o->n_sets++] = (struct vs_set){pointer, value};
	return true;
}

static bool take(struct options *o, int c, char *arg)
{
	struct vs_set set;

	switch (c) {
	case 'o':
		o->output = arg;
		return true;
	case 'q':
		o->quiet = true;
		return true;
	case 'S':
		return add_set(o, "/seed", arg);
	case 'r':
		return add_set(o, "/replications", arg);
	case 't':
		if (!o->tables && !add_set(o, "/tables", "[]"))
			return false;
		o->tables = true;
		return add_set(o, "/tables/-", arg);
	case 's':
		if (vs_set_parse(arg, &set))
			return add_set(o, set.pointer, set.value);
		fprintf(stderr, "vcpusim-native: --set: found %s, expected /POINTER=VALUE\n", arg);
		return false;
	}
	return false;
}

static bool parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{"output", required_argument, NULL, 'o'}, {"quiet", no_argument, NULL, 'q'},
		{"seed", required_argument, NULL, 'S'},   {"reps", required_argument, NULL, 'r'},
		{"table", required_argument, NULL, 't'},  {"set", required_argument, NULL, 's'},
		{"help", no_argument, NULL, 'h'},         {0}};
	int c;

	while ((c = getopt_long(argc, argv, "o:qh", names, NULL)) >= 0) {
		if (c == 'h')
			exit(usage(stdout));
		if (!take(o, c, optarg))
			return false;
	}
	if (optind + 1 != argc)
		return false;
	o->scenario = argv[optind];
	return true;
}

/* "model name" of the first CPU, as the kernel has it. */
static void read_cpu(char *out, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(out, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		const char *name = strchr(line, ':');

		if (strncmp(line, "model name", 10) || !name)
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(out, size, "%s", name + 2);
		break;
	}
	if (f)
		fclose(f);
}

static const struct vs_table *table_of(const struct vs_table_ref *ref)
{
	const struct vs_table *all[VS_NATIVE_TABLES];

	vs_native_tables(all);
	for (size_t i = 0; i < VS_NATIVE_TABLES; i++)
		if (!strcmp(all[i]->name, ref->table))
			return all[i];
	return NULL;
}

static bool run_all(const struct vs_scenario *s, bool quiet, struct vs_result *r)
{
	r->runs = calloc(s->n_tables * s->replications, sizeof(*r->runs));
	if (!r->runs)
		return false;
	vs_native_init(NULL, s->hz);
	/* replication by replication, so that what changes on this machine meanwhile meets all */
	for (uint32_t rep = 0; rep < s->replications; rep++) {
		for (size_t t = 0; t < s->n_tables; t++) {
			if (!quiet && isatty(STDERR_FILENO))
				fprintf(stderr, "\r%zu of %zu runs ", r->n_runs,
					s->n_tables * s->replications);
			if (!vs_bench_run(s, &s->tables[t], table_of(&s->tables[t]), rep,
					  &r->runs[r->n_runs++]))
				return false;
		}
	}
	if (!quiet && isatty(STDERR_FILENO))
		fputs("\r                    \r", stderr);
	return vs_summarize(r);
}

static int run(const struct options *o, const struct vs_scenario *s)
{
	struct vs_native_host host = {.cpus = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
				      .clock_ps = vs_bench_clock_ps()};
	struct vs_result r = {.scenario = s, .native = &host};
	FILE *to = o->output && !strcmp(o->output, "-") ? stderr : stdout;
	struct vs_errors errs;
	int status = EXIT_RUN;

	vs_errors_init(&errs);
	read_cpu(host.cpu, sizeof(host.cpu));
	snprintf(r.version, sizeof(r.version), "%s", VS_VERSION);
	if (!run_all(s, o->quiet, &r)) {
		fputs("vcpusim-native: out of memory or of threads\n", stderr);
	} else {
		status = EXIT_OK;
		if (!o->quiet)
			vs_report(&r, to);
		if (o->output && !vs_result_write(&r, o->output, &errs))
			status = EXIT_USAGE;
	}
	vs_errors_print(&errs, stderr);
	vs_errors_release(&errs);
	vs_result_release(&r);
	return status;
}

static bool are_apart(const struct options *o, const struct vs_scenario *s, struct vs_errors *errs)
{
	const struct vs_run_file files[] = {{o->output, "the result (-o)", true},
					    {o->scenario, "the scenario", false},
					    {s->machine_file, "its machine", false}};

	return vs_files_apart(files, sizeof(files) / sizeof(files[0]), errs);
}

static bool no_modules(struct vs_catalog *c, const char *path, struct vs_errors *errs)
{
	(void)c;
	vs_errors_add(errs, path, 0, 0, NULL, "modules are not run natively");
	return false;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	struct vs_scenario *s;
	struct vs_errors errs;
	const struct vs_table *tables[VS_NATIVE_TABLES];
	struct vs_catalog known = {
		.tables = tables, .n_tables = VS_NATIVE_TABLES, .load = no_modules};
	int status = EXIT_USAGE;

	if (!parse(&o, argc, argv))
		return usage(stderr);
	vs_native_tables(tables);
	vs_errors_init(&errs);
	s = vs_scenario_load(o.scenario, o.set, o.n_sets, &known, VS_MACHINES_DIR, &errs);
	if (s && vs_bench_can(s, o.scenario, &errs) && are_apart(&o, s, &errs))
		status = run(&o, s);
	vs_errors_print(&errs, stderr);
	vs_errors_release(&errs);
	if (s)
		vs_scenario_free(s);
	return status;
}
