#define _GNU_SOURCE /* open_memstream */
#include "sim/cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/io/near.h"

#define SILENT_S 10

enum {
	O_TABLE = 1000,
	O_SEED,
	O_REPS,
	O_JOBS,
	O_SET,
	O_MODULE,
	O_VALIDATE,
	O_LIST,
	O_STRICT,
	O_PROFILE,
	O_VERSION,
	O_WINDOW,
	O_ORDER,
	O_BARE,
	O_PARANOID,
	O_SILENT,
	O_TRACE,
	O_TRACE_FROM,
	O_TRACE_FOR
};

static const struct option longs[] = {{"output", required_argument, NULL, 'o'},
				      {"table", required_argument, NULL, O_TABLE},
				      {"seed", required_argument, NULL, O_SEED},
				      {"reps", required_argument, NULL, O_REPS},
				      {"jobs", required_argument, NULL, O_JOBS},
				      {"set", required_argument, NULL, O_SET},
				      {"module", required_argument, NULL, O_MODULE},
				      {"validate", no_argument, NULL, O_VALIDATE},
				      {"list", required_argument, NULL, O_LIST},
				      {"strict", no_argument, NULL, O_STRICT},
				      {"profile", required_argument, NULL, O_PROFILE},
				      {"quiet", no_argument, NULL, 'q'},
				      {"help", no_argument, NULL, 'h'},
				      {"version", no_argument, NULL, O_VERSION},
				      {"window-ps", required_argument, NULL, O_WINDOW},
				      {"host-order", required_argument, NULL, O_ORDER},
				      {"bare", no_argument, NULL, O_BARE},
				      {"paranoid", no_argument, NULL, O_PARANOID},
				      {"silent-s", required_argument, NULL, O_SILENT},
				      {"trace", required_argument, NULL, O_TRACE},
				      {"trace-from", required_argument, NULL, O_TRACE_FROM},
				      {"trace-for", required_argument, NULL, O_TRACE_FOR},
				      {NULL, 0, NULL, 0}};

/* clang-format off */
static const char help[] =
	"usage: vcpusim [options] SCENARIO.json\n"
	"\n"
	"Run a scenario: a summary here, everything in results/NAME.json\n"
	"    vcpusim scenarios/smoke.json\n"
	"Compare two tables, once each, with another machine and tick\n"
	"    vcpusim --table fixed --table chunked --reps 1 \\\n"
	"            --set /machine=xeon-8375c --set /host/hz=1000 scenarios/smoke.json\n"
	"Compare a table of your own with a shipped one\n"
	"    vcpusim-cc -o mine.so mine.c\n"
	"    vcpusim --module mine.so --table mine --table chunked scenarios/smoke.json\n"
	"Use the result, which is JSON\n"
	"    vcpusim -q -o - scenarios/smoke.json | jq '.runs[0].ops.hotplug.latency_ns'\n"
	"See what there is\n"
	"    vcpusim --list tables\n"
	"\n"
	"  -o, --output FILE    where the JSON goes (- is stdout; default results/NAME.json)\n"
	"      --table NAME     only this table (repeatable)\n"
	"      --seed N         seed of all random numbers\n"
	"      --reps N         replications of each table\n"
	"      --set /P=VALUE   another value for what JSON pointer /P names (repeatable)\n"
	"      --module FILE    load tables and operations of a module (repeatable)\n"
	"      --jobs N         processes at a time (default: one per processor)\n"
	"      --validate       check the scenario and stop\n"
	"      --list WHAT      tables, machines or operations\n"
	"      --trace FILE     what happened when, of the first table's first run, for\n"
	"                       ui.perfetto.dev (.json, or .json.gz)\n"
	"      --trace-from T   only what is later: 20ms, 1.5us, ...\n"
	"      --trace-for T    only so long\n"
	"      --profile FILE   speed figures, wall clock included (- is stderr)\n"
	"  -q, --quiet          neither summary nor progress\n"
	"  -h, --help           this\n"
	"      --version        versions of vcpusim and SimGrid\n"
	"\n"
	"How it is executed; no result may depend on it:\n"
	"      --strict         the reference order, one event at a time\n"
	"      --window-ps N    windows of N ps (default: the longest that is exact)\n"
	"      --host-order O   order of a window's cores: up, down or shuffled\n"
	"      --bare           without SimGrid\n"
	"      --paranoid       the memory system checks itself\n"
	"      --silent-s N     end a run that computes for N s without an access (default 10,\n"
	"                       0: never)\n"
	"\n"
	"On a terminal the summary fits 100 columns; in a pipe or file no line is broken.\n"
	"\n"
	"Exit status: 0 all well, 1 a check failed (the result is written), 2 bad usage or\n"
	"scenario, 3 a run crashed or deadlocked, 130 interrupted (finished runs are kept).\n";
/* clang-format on */

void vs_options_help(FILE *to)
{
	fputs(help, to);
}

static bool number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && *out >= min && *out <= max)
		return true;
	fprintf(stderr, "vcpusim: %s: found \"%s\", expected a whole number from %llu to %llu\n",
		option, text, (unsigned long long)min, (unsigned long long)max);
	return false;
}

/* "1.5us" */
static bool duration(const char *option, const char *text, vs_ps *out)
{
	static const struct {
		const char *unit;
		vs_ps ps;
	} units[] = {{"ns", VS_PS_PER_NS},
		     {"us", VS_PS_PER_US},
		     {"ms", VS_PS_PER_MS},
		     {"s", VS_PS_PER_S}};
	char *end;
	double v = *text >= '0' && *text <= '9' ? strtod(text, &end) : -1;

	for (size_t i = 0; v >= 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].unit) == 0 && v * (double)units[i].ps <= VS_PS_MAX_RUN) {
			*out = (vs_ps)(v * (double)units[i].ps + 0.5);
			return true;
		}
	fprintf(stderr,
		"vcpusim: %s: found \"%s\", expected a time with its unit: 10ms (ns, us, ms, s)\n",
		option, text);
	return false;
}

static bool choice(const char *option, const char *text, const char *const *names, size_t n,
		   size_t *out)
{
	const char *near = vs_nearest(text, names, n);

	for (*out = 0; *out < n; ++*out)
		if (strcmp(text, names[*out]) == 0)
			return true;
	fprintf(stderr, "vcpusim: %s: found \"%s\", expected", option, text);
	for (size_t i = 0; i < n; i++)
		fprintf(stderr, "%s %s", i ? "," : "", names[i]);
	if (near)
		fprintf(stderr, " (did you mean %s?)", near);
	fputc('\n', stderr);
	return false;
}

static bool append(const char *option, const char **list, size_t *n, const char *what)
{
	if (*n == VS_OPTIONS_MAX) {
		fprintf(stderr, "vcpusim: %s: more than %d of them\n", option, VS_OPTIONS_MAX);
		return false;
	}
	list[(*n)++] = what;
	return true;
}

static bool put_set(struct vs_options *o, const char *option, const char *pointer,
		    const char *value)
{
	if (o->n_sets == VS_OPTIONS_MAX) {
		fprintf(stderr, "vcpusim: %s: more than %d values are overridden\n", option,
			VS_OPTIONS_MAX);
		return false;
	}
	o->sets[o->n_sets++] = (struct vs_set){pointer, value};
	return true;
}

/* --set /P=V; points into `text`. */
static bool add_set(struct vs_options *o, const char *option, char *text)
{
	struct vs_set set;

	if (vs_set_parse(text, &set))
		return put_set(o, option, set.pointer, set.value);
	fprintf(stderr, "vcpusim: %s: found \"%s\", expected /json/pointer=VALUE\n", option, text);
	return false;
}

static bool apply_execution(struct vs_options *o, int c, char *arg)
{
	static const char *const orders[] = {"up", "down", "shuffled"};
	uint64_t v;
	size_t i;

	switch (c) {
	case O_STRICT:
		o->execution.strict = true;
		return true;
	case O_BARE:
		o->execution.bare = true;
		return true;
	case O_PARANOID:
		o->execution.paranoid = true;
		return true;
	case O_WINDOW:
		if (!number("--window-ps", arg, 0, VS_PS_MAX_RUN, &v))
			return false;
		o->execution.window_ps = v;
		o->execution.window_set = true;
		return true;
	case O_SILENT:
		if (!number("--silent-s", arg, 0, 86400, &v))
			return false;
		o->execution.silent_s = (uint32_t)v;
		return true;
	case O_ORDER:
		if (!choice("--host-order", arg, orders, 3, &i))
			return false;
		o->execution.order = (enum vs_order)i;
		return true;
	}
	return false; /* vs_options_parse has said what was wrong */
}

static bool apply_trace(struct vs_options *o, int c, char *arg)
{
	switch (c) {
	case O_TRACE:
		o->execution.trace = arg;
		return true;
	case O_TRACE_FROM:
		return duration("--trace-from", arg, &o->execution.trace_from);
	case O_TRACE_FOR:
		return duration("--trace-for", arg, &o->trace_for);
	}
	return apply_execution(o, c, arg);
}

static bool apply(struct vs_options *o, int c, char *arg)
{
	static const char *const lists[] = {"tables", "machines", "operations"};
	uint64_t v;
	size_t i;

	switch (c) {
	case 'o':
		o->output = arg;
		return true;
	case 'q':
		return o->quiet = true;
	case 'h':
		return o->help = true;
	case O_VERSION:
		return o->version = true;
	case O_VALIDATE:
		return o->validate = true;
	case O_PROFILE:
		o->profile = arg;
		return true;
	case O_TABLE:
		return append("--table", o->tables, &o->n_tables, arg);
	case O_MODULE:
		return append("--module", o->modules, &o->n_modules, arg);
	case O_SEED:
		return number("--seed", arg, 0, INT64_MAX, &v) &&
		       put_set(o, "--seed", "/seed", arg);
	case O_REPS:
		return put_set(o, "--reps", "/replications", arg); /* sim/io knows how many */
	case O_SET:
		return add_set(o, "--set", arg);
	case O_JOBS:
		if (!number("--jobs", arg, 1, 4096, &v))
			return false;
		o->jobs = v;
		return true;
	case O_LIST:
		if (!choice("--list", arg, lists, 3, &i))
			return false;
		o->list = (enum vs_list)(i + 1);
		return true;
	}
	return apply_trace(o, c, arg);
}

/* Tables given on the command line replace the scenario's: as one override, a JSON array. */
static bool tables_as_set(struct vs_options *o)
{
	size_t size;
	FILE *f = o->n_tables ? open_memstream(&o->tables_text, &size) : NULL;

	if (!o->n_tables)
		return true;
	for (size_t i = 0; f && i < o->n_tables; i++) {
		if (strpbrk(o->tables[i], "\"\\")) {
			fprintf(stderr, "vcpusim: --table: \"%s\" is not a table's name\n",
				o->tables[i]);
			fclose(f);
			return false;
		}
		fprintf(f, "%s\"%s\"", i ? "," : "[", o->tables[i]);
	}
	if (f)
		fputc(']', f);
	if (!f || fclose(f) != 0) {
		fputs("vcpusim: out of memory\n", stderr);
		return false;
	}
	return put_set(o, "--table", "/tables", o->tables_text);
}

static bool check_trace(struct vs_options *o)
{
	struct vs_execution *x = &o->execution;

	x->trace_until = o->trace_for == VS_PS_NEVER ? VS_PS_NEVER : x->trace_from + o->trace_for;
	if (!x->trace && (x->trace_from || o->trace_for != VS_PS_NEVER)) {
		fputs("vcpusim: --trace-from and --trace-for say what of --trace FILE, expected "
		      "it\n",
		      stderr);
		return false;
	}
	if (x->trace && strcmp(x->trace, "-") == 0) {
		fputs("vcpusim: --trace: found \"-\", expected a file\n", stderr);
		return false;
	}
	return true;
}

/* word: what getopt stumbled over, at the end of which it stands; why: '?' or ':', as it says it.
 */
static void tell_wrong(const char *word, int why)
{
	const char *names[sizeof(longs) / sizeof(longs[0])], *near;
	bool is_long = strncmp(word, "--", 2) == 0;
	char name[64];
	size_t n = 0;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	if (!is_long)
		snprintf(name, sizeof(name), "-%c", optopt);
	for (; longs[n].name; n++)
		names[n] = longs[n].name;
	near = is_long ? vs_nearest(name + 2, names, n) : NULL;
	fprintf(stderr, "vcpusim: %s: ", name);
	if (why == ':')
		fputs("found nothing after it, expected a value\n", stderr);
	else if (optopt && is_long)
		fprintf(stderr, "found \"%s\", expected it without a value\n", word);
	else if (near)
		fprintf(stderr, "unknown option; did you mean --%s?\n", near);
	else
		fputs("unknown option\n", stderr);
}

bool vs_options_parse(struct vs_options *o, int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int c;

	*o = (struct vs_options){.jobs = cpus > 0 ? (uint32_t)cpus : 1,
				 .trace_for = VS_PS_NEVER,
				 .execution = {.silent_s = SILENT_S}};
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:qh", longs, NULL)) != -1)
		if (!apply(o, c, optarg)) {
			if (c == '?' || c == ':')
				tell_wrong(argv[optind - 1], c);
			fputs("vcpusim --help lists the options\n", stderr);
			return false;
		}
	if (o->help || o->version || o->list)
		return true;
	if (optind + 1 != argc) {
		fprintf(stderr, "vcpusim: found %d scenario files, expected one; vcpusim --help\n",
			argc - optind);
		return false;
	}
	o->scenario = argv[optind];
	if (!check_trace(o))
		return false;
	if (tables_as_set(o))
		return true;
	vs_options_release(o);
	return false;
}

void vs_options_release(struct vs_options *o)
{
	free(o->tables_text);
	o->tables_text = NULL;
}
