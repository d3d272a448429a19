/* The summary for people, by its text. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/cli/report.h"
#include "sim/cli/summarize.h"
#include "tests/cli/runs.h"

static struct vs_scenario s;
static struct vs_result r;
static char *text;

static void setup(void)
{
	make_scenario(&s, 3);
	make_result(&r, &s);
}

static void teardown(void)
{
	vs_result_release(&r);
	release_scenario(&s);
	free(text);
	text = NULL;
}

static void report(void)
{
	size_t size;
	FILE *to;

	free(text);
	text = NULL;
	to = open_memstream(&text, &size);
	ck_assert(to && vs_summarize(&r));
	vs_report(&r, to);
	fclose(to);
}

static void has(const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "no \"%s\" in:\n%s", part, text);
}

/* Means of 110 and 347/3 = 115.67 ns: 1.0515 times. */
START_TEST(a_winner_is_named)
{
	report();
	has("  Fastest on the mean: a, 110 ns against 116 ns of b (1.05 times); every paired 95 % "
	    "interval excludes zero.\n");
}
END_TEST

START_TEST(rows_are_aligned)
{
	report();
	has("  table             ops     per s       p50       p90       p99     p99.9       max   "
	    " "
	    "memory\n");
	has("  a                   3    9.14 M         -         -         -         -    120 ns   "
	    "    "
	    "0 B\n");
	snprintf(s.tables[1].name, VS_NAME_MAX, "a-name-of-twenty-two-b");
	for (int i = 3; i < 6; i++)
		snprintf(r.runs[i].table, VS_NAME_MAX, "a-name-of-twenty-two-b");
	report();
	has("  a                   3    9.14 M");
	has("\n  a-name-of-twenty-two-b\n                      3    8.69 M");
}
END_TEST

START_TEST(no_winner_says_why)
{
	r.runs[5].status = VS_RUN_CRASHED; /* two pairs: their interval includes zero */
	report();
	has("  No winner: some paired 95 % interval includes zero.\n");
	for (int i = 3; i < 6; i++)
		r.runs[i].status = VS_RUN_CRASHED;
	r.n_summary = r.n_comparisons = 0;
	report();
	has("  No winner: not every table has a run that did it.\n");
	for (int i = 0; i < 6; i++)
		r.runs[i].status = i % 3 ? VS_RUN_CRASHED : VS_RUN_OK;
	r.n_summary = r.n_comparisons = 0;
	report();
	has("  No winner: one replication has no interval.\n");
}
END_TEST

/* What crashed half-way is in no count. */
START_TEST(only_complete_runs_are_counted)
{
	r.runs[2].status = VS_RUN_LIMIT;
	report();
	has("  a                   2 ");
	has("   110 ns       0 B\n"); /* not the 120 ns of the third */
}
END_TEST

START_TEST(units_roll_over_where_digits_do)
{
	static const struct {
		vs_ps ps;
		const char *shown;
	} cell[] = {{1, " 0.00 ns "},
		    {9994, " 9.99 ns "},
		    {9996, " 10.0 ns "},
		    {99940, " 99.9 ns "},
		    {99960, " 100 ns "},
		    {999400, " 999 ns "},
		    {999600, " 1.00 us "},
		    {VS_PS_PER_MS * 1500, " 1.50 s "},
		    {VS_PS_PER_S * 9000, " 9000 s "}};

	for (size_t i = 0; i < sizeof(cell) / sizeof(cell[0]); i++) {
		vs_result_release(&r);
		r.scenario = &s;
		add_run(&r, "a", 0, cell[i].ps, 1);
		report();
		has(cell[i].shown);
	}
}
END_TEST

START_TEST(bytes_too)
{
	static const struct {
		uint64_t bytes;
		const char *shown;
	} cell[] = {{1023, " 1023 B\n"},
		    {1024, " 1.00 KiB\n"},
		    {1048575, " 1.00 MiB\n"},
		    {36864, " 36.0 KiB\n"}};

	for (size_t i = 0; i < sizeof(cell) / sizeof(cell[0]); i++) {
		for (size_t k = 0; k < r.n_runs; k++)
			r.runs[k].memory_peak_bytes = cell[i].bytes;
		r.n_summary = r.n_comparisons = 0;
		report();
		has(cell[i].shown);
	}
}
END_TEST

START_TEST(troubles_are_told_whole)
{
	struct vs_violation *v = calloc(1, sizeof(*v));

	snprintf(v->check, sizeof(v->check), "leak");
	v->message = strdup("an object is left");
	v->count = 1;
	v->first_ps = 1500000;
	r.runs[1].violations = v;
	r.runs[1].n_violations = 1;
	r.runs[1].status = VS_RUN_DEADLOCK;
	r.runs[1].message = strdup("two threads\nwait\n");
	r.partial = true;
	report();
	has("\na, replication 2: deadlock\n  leak (1 time), first at 1.500 us: an object is left\n"
	    "  two threads\n  wait\n");
	has("\nInterrupted, partial: only the finished runs are in the result.\n");
}
END_TEST

/* The worst replication's; 99 of 100 ps is none. */
START_TEST(overload_is_warned_of)
{
	static const vs_ps busy[] = {99, 250, 120};

	snprintf(s.streams[0].name, VS_NAME_MAX, "look");
	for (int i = 0; i < 3; i++) {
		struct vs_open_stream *o = calloc(1, sizeof(*o));

		ck_assert_ptr_nonnull(o);
		*o = (struct vs_open_stream){.busy_ps = busy[i], .asked_ps = 100};
		r.runs[i].open_streams = o;
		r.runs[i].n_open_streams = 1;
	}
	report();
	has("\n  Overloaded: look of a asks for 2.50 times the time its issuers have; latencies "
	    "grow");
	ck_assert_ptr_null(strstr(text, "look of b"));
	for (int i = 1; i < 3; i++)
		r.runs[i].open_streams->busy_ps = 100;
	report();
	ck_assert_ptr_null(strstr(text, "Overloaded"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *c = tcase_create("report");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_winner_is_named);
	tcase_add_test(c, rows_are_aligned);
	tcase_add_test(c, no_winner_says_why);
	tcase_add_test(c, only_complete_runs_are_counted);
	tcase_add_test(c, units_roll_over_where_digits_do);
	tcase_add_test(c, bytes_too);
	tcase_add_test(c, troubles_are_told_whole);
	tcase_add_test(c, overload_is_warned_of);
	suite_add_tcase(suite, c);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
