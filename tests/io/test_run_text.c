/* A run over a pipe: nothing is lost, nothing broken is believed. */
#include "tests/io/io_test.h"

#include <stdlib.h>
#include <string.h>

#include "sim/io/result.h"
#include "tests/io/sample_run.h"

START_TEST(nothing_is_lost)
{
	struct vs_run run, back;
	const struct vs_latency *l;
	char *text, *again;

	sample_run(&run);
	text = vs_run_to_text(&run);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_null(strchr(text, '\n'));
	ck_assert(vs_run_from_text(text, strlen(text), &back));
	ck_assert_str_eq(back.table, "rcu-array");
	ck_assert_uint_eq(back.replication, 2);
	ck_assert_int_eq(back.status, VS_RUN_CHECK_FAILED);
	ck_assert_str_eq(back.message, "1 violation \"quoted\"\n");
	ck_assert_uint_eq(back.n_ops, 2);
	l = &back.ops[0].latency[VS_LATENCY];
	ck_assert_uint_eq(l->p90_ps, VS_PS_NEVER);
	ck_assert_uint_eq(l->n_buckets, 2);
	ck_assert_uint_eq(l->buckets[1].high_ps, 1504000);
	ck_assert_uint_eq(l->buckets[1].count, 2);
	l = &back.ops[1].latency[VS_DELIVERY];
	ck_assert(l->sum_ps == ((vs_u128)1 << 65) + 6);
	/* 2^53 + 1: a double could not carry it */
	ck_assert_uint_eq(l->max_ps, UINT64_C(9007199254740993));
	ck_assert(back.ops[1].tail_cause_sum_ps[VS_CAUSE_XFER_FAR_SOCKET] == 600);
	ck_assert_uint_eq(back.violations[0].count, UINT64_MAX);
	ck_assert_str_eq(back.violations[0].message, "read of ? freed memory");
	ck_assert_str_eq(back.counters[0].name, "accesses");
	ck_assert_uint_eq(back.counters[0].value, 77);
	ck_assert_uint_eq(back.exits[VS_EXIT_PAUSE], 4);
	ck_assert(back.vcpu_time_ps[VS_VCPU_STEAL] == (vs_u128)1 << 65);
	ck_assert_uint_eq(back.vcpu_steal_ps.p50_ps, 2500);
	ck_assert_uint_eq(back.n_open_streams, 1);
	ck_assert(back.open_streams[0].busy_ps == (vs_u128)3 << 64);
	ck_assert(back.line_wait_ps[VS_CAUSE_MEMORY] == (vs_u128)1 << 65);
	ck_assert_uint_eq(back.n_hot_objects, 1);
	ck_assert_str_eq(back.hot_objects[0].object, "struct kvm (vm.h:17)");
	ck_assert_str_eq(back.hot_lines[0].readers[0].site, "get (a.h:1)");
	ck_assert_ptr_null(back.hot_lines[0].readers[0].field);
	/* whatever was not looked at above */
	again = vs_run_to_text(&back);
	ck_assert_str_eq(text, again);
	free(text);
	free(again);
	vs_run_release(&run);
	vs_run_release(&back);
}
END_TEST

START_TEST(an_empty_run_is_a_run)
{
	struct vs_run run = {.table = "fixed", .status = VS_RUN_CRASHED}, back;
	char *text = vs_run_to_text(&run);

	ck_assert(vs_run_from_text(text, strlen(text), &back));
	ck_assert_int_eq(back.status, VS_RUN_CRASHED);
	ck_assert_ptr_null(back.message);
	ck_assert_uint_eq(back.n_ops, 0);
	vs_run_release(&back);
	free(text);
}
END_TEST

/* A child may die while it writes: every beginning of a run is refused. */
START_TEST(a_part_is_no_run)
{
	struct vs_run run, back;
	char *text;

	sample_run(&run);
	text = vs_run_to_text(&run);
	for (size_t n = 0; n < strlen(text); n++)
		ck_assert_msg(!vs_run_from_text(text, n, &back), "accepted %zu bytes", n);
	free(text);
	vs_run_release(&run);
}
END_TEST

/* four kinds of exits, four times of two halves, three of one vCPU each, no open streams, fourteen
 * causes of two halves, no hot lines nor objects */
#define REST                                                                                       \
	"0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0," \
	"0,0]"

START_TEST(what_does_not_fit_is_refused)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"[1]",
		"[\"vcpusim-run/2\",\"t\",0,0,null,0,0,0,0,0,0," REST,  /* another format */
		"[\"vcpusim-run/1\",\"t\",0,9,null,0,0,0,0,0,0," REST,  /* no such status */
		"[\"vcpusim-run/1\",\"t\",-1,0,null,0,0,0,0,0,0," REST, /* replication of more than
								      32 bits */
		"[\"vcpusim-run/1\",3,0,0,null,0,0,0,0,0,0," REST,      /* table is no string */
		"[\"vcpusim-run/1\",\"t\",0,0,null,0,99999999999,0,0,0,0," REST, /* more operations
									       than text */
		"[\"vcpusim-run/1\",\"t\",0,0,null,0,0,0,0,0,0,0," REST, /* something left over */
	};
	const char *good = "[\"vcpusim-run/1\",\"t\",0,0,null,0,0,0,0,0,0," REST;
	struct vs_run run;

	ck_assert(vs_run_from_text(good, strlen(good), &run));
	vs_run_release(&run);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!vs_run_from_text(bad[i], strlen(bad[i]), &run), "%s", bad[i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io run text");
	TCase *t = tcase_create("all");

	tcase_add_test(t, nothing_is_lost);
	tcase_add_test(t, an_empty_run_is_a_run);
	tcase_add_test(t, a_part_is_no_run);
	tcase_add_test(t, what_does_not_fit_is_refused);
	suite_add_tcase(s, t);
	return run_suite(s);
}
