/* The command line's options, what is said about a module's build, what a run's operations give. */
#include <check.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/measured.h"
#include "sim/cli/options.h"
#include "tests/cli/runs.h"

/* -- options -------------------------------------------------------------------------------- */

#define PARSE(o, ...)                                                                              \
	parse(o, (char *[]){"vcpusim", __VA_ARGS__, NULL},                                         \
	      sizeof((char *[]){"vcpusim", __VA_ARGS__}) / sizeof(char *))

static bool parse(struct vs_options *o, char **argv, int argc)
{
	optind = 0; /* start anew */
	return vs_options_parse(o, argc, argv);
}

START_TEST(defaults)
{
	struct vs_options o;

	ck_assert(PARSE(&o, "s.json"));
	ck_assert_str_eq(o.scenario, "s.json");
	ck_assert(!o.output && !o.profile && !o.quiet && !o.n_sets && !o.n_modules && !o.list);
	ck_assert_uint_ge(o.jobs, 1);
	ck_assert(!o.execution.strict && !o.execution.bare && !o.execution.window_set);
	ck_assert_uint_eq(o.execution.silent_s, 10);
}
END_TEST

START_TEST(everything)
{
	struct vs_options o;
	char set[] = "/host/hz=100";

	ck_assert(PARSE(&o, "-q", "-o", "-", "--seed", "7", "--set", set, "--jobs", "3",
			"--window-ps", "0", "--host-order", "down", "--strict", "--bare",
			"--paranoid", "--silent-s", "0", "--module", "m.so", "s.json"));
	ck_assert(o.quiet && o.execution.strict && o.execution.bare && o.execution.paranoid);
	ck_assert(o.execution.window_set && o.execution.window_ps == 0);
	ck_assert_int_eq(o.execution.order, VS_ORDER_DOWN);
	ck_assert_uint_eq(o.execution.silent_s, 0);
	ck_assert_uint_eq(o.jobs, 3);
	ck_assert_uint_eq(o.n_sets, 2);
	ck_assert_str_eq(o.sets[0].pointer, "/seed");
	ck_assert_str_eq(o.sets[0].value, "7");
	ck_assert_str_eq(o.sets[1].pointer, "/host/hz");
	ck_assert_str_eq(o.sets[1].value, "100");
	ck_assert_str_eq(o.modules[0], "m.so");
	vs_options_release(&o);
}
END_TEST

/* They replace the scenario's, whatever --set said of them. */
START_TEST(tables_become_the_last_override)
{
	struct vs_options o;
	char set[] = "/tables=[]";

	ck_assert(PARSE(&o, "--table", "a", "--set", set, "--table", "b c", "s.json"));
	ck_assert_uint_eq(o.n_sets, 2);
	ck_assert_str_eq(o.sets[1].pointer, "/tables");
	ck_assert_str_eq(o.sets[1].value, "[\"a\",\"b c\"]");
	vs_options_release(&o);
}
END_TEST

START_TEST(refused)
{
	struct vs_options o;
	char no_pointer[] = "x=1", no_value[] = "/x";

	ck_assert(!PARSE(&o, "--jobs", "0", "s.json"));
	ck_assert(!PARSE(&o, "--jobs", "1x", "s.json"));
	ck_assert(!PARSE(&o, "--jobs", " 1", "s.json"));
	ck_assert(!PARSE(&o, "--seed", "18446744073709551616", "s.json"));
	ck_assert(!PARSE(&o, "--set", no_pointer, "s.json"));
	ck_assert(!PARSE(&o, "--set", no_value, "s.json"));
	ck_assert(!PARSE(&o, "--host-order", "sideways", "s.json"));
	ck_assert(!PARSE(&o, "--table", "\"", "s.json"));
	ck_assert(!PARSE(&o, "a.json", "b.json"));
	ck_assert(!PARSE(&o, "--nonsense", "s.json"));
	ck_assert(!PARSE(&o, "-q"));
}
END_TEST

START_TEST(too_many)
{
	char *argv[2 * VS_OPTIONS_MAX + 5] = {"vcpusim"};
	struct vs_options o;
	int argc = 1;

	for (int i = 0; i < VS_OPTIONS_MAX + 1; i++) {
		argv[argc++] = "--seed";
		argv[argc++] = "1";
	}
	argv[argc++] = "s.json";
	ck_assert(!parse(&o, argv, argc));
}
END_TEST

/* -- modules -------------------------------------------------------------------------------- */

static void build_is(char **lines, size_t n, const char *compiler, const char *flags)
{
	struct vs_loaded l = {.id = {.builds = lines, .n_builds = n}};
	char *c, *f;

	ck_assert(vs_modules_build(&l, &c, &f));
	ck_assert_str_eq(c, compiler);
	ck_assert_str_eq(f, flags);
	free(c);
	free(f);
}

START_TEST(builds)
{
	char *one[] = {"a.c: gcc 12.2.0 -O2 -g; code 12ab"};
	char *alike[] = {"a.c: gcc 12.2.0 -O2; code 1", "b.c: gcc 12.2.0 -O2; code 2"};
	char *mixed[] = {"a.c: gcc 12.2.0 -O2; code 1", "b.c: clang 14.0.6 -O2 -DX; code 2"};
	char *odd[] = {"what is this"};

	build_is(one, 1, "gcc 12.2.0", "-O2 -g");
	build_is(alike, 2, "gcc 12.2.0", "-O2");
	build_is(mixed, 2, "gcc 12.2.0; clang 14.0.6", "-O2; -O2 -DX");
	build_is(odd, 1, "what is", "this");
}
END_TEST

/* -- measured ------------------------------------------------------------------------------- */

/* Two look-ups, one of which failed: 10 to 30 ns and 25 to 65 ns. */
START_TEST(operations)
{
	struct vs_scenario s;
	struct vs_run run = {0};
	struct vs_measured *m = vs_measured_new(2, 0);
	vs_ps parts[VS_CAUSES] = {[VS_CAUSE_COMPUTE] = 15000, [VS_CAUSE_LOCK] = 5000};

	make_scenario(&s, 1);
	ck_assert(vs_measured_op(m, VS_OP_LOOKUP, 10000, 30000, parts, false));
	parts[VS_CAUSE_LOCK] = 25000;
	ck_assert(vs_measured_op(m, VS_OP_LOOKUP, 25000, 65000, parts, true));
	vs_measured_latency(m, VS_OP_LOOKUP, VS_DELIVERY, 7000);
	vs_measured_bytes(m, 0, 100, 64);
	vs_measured_bytes(m, 1, 200, 32);
	vs_measured_bytes(m, 0, 300, -64);
	ck_assert(vs_measured_take(m, &s, &run));
	vs_measured_free(m);

	ck_assert_uint_eq(run.n_ops, 1); /* the scenario's only, the others are not there */
	const struct vs_op_result *o = &run.ops[0];

	ck_assert_int_eq(o->op, VS_OP_LOOKUP);
	ck_assert_uint_eq(o->count, 2);
	ck_assert_uint_eq(o->errors, 1);
	ck_assert_uint_eq(o->span_ps, 55000);
	ck_assert_uint_eq((uint64_t)o->latency[VS_LATENCY].sum_ps, 60000);
	ck_assert_uint_eq(o->latency[VS_LATENCY].min_ps, 20000);
	ck_assert_uint_eq(o->latency[VS_LATENCY].max_ps, 40000);
	ck_assert_uint_eq(o->latency[VS_LATENCY].p50_ps, VS_PS_NEVER);
	ck_assert_uint_eq(o->latency[VS_DELIVERY].count, 1);
	ck_assert_uint_eq(o->latency[VS_TO_LAST].count, 0);
	ck_assert_uint_eq((uint64_t)o->cause_sum_ps[VS_CAUSE_COMPUTE], 30000);
	ck_assert_uint_eq((uint64_t)o->cause_sum_ps[VS_CAUSE_LOCK], 30000);
	ck_assert_uint_eq(o->tail_count, 0);
	ck_assert_uint_eq(run.memory_peak_bytes, 96);
	ck_assert_uint_eq(run.memory_end_bytes, 32);
	vs_run_release(&run);
	release_scenario(&s);
}
END_TEST

START_TEST(parts_that_do_not_add_up)
{
	struct vs_measured *m = vs_measured_new(1, 0);
	vs_ps parts[VS_CAUSES] = {[VS_CAUSE_COMPUTE] = 19999};

	ck_assert(!vs_measured_op(m, VS_OP_LOOKUP, 10000, 30000, parts, false));
	vs_measured_free(m);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parts of the command line");
	TCase *c = tcase_create("parts");

	tcase_add_test(c, defaults);
	tcase_add_test(c, everything);
	tcase_add_test(c, tables_become_the_last_override);
	tcase_add_test(c, refused);
	tcase_add_test(c, too_many);
	tcase_add_test(c, builds);
	tcase_add_test(c, operations);
	tcase_add_test(c, parts_that_do_not_add_up);
	suite_add_tcase(suite, c);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
