/* Scenarios that are right: what they come to. (Those that are wrong: test_invalid.c.) */
#include "tests/io/io_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const minimal =
	"{ \"schema\": \"vcpusim-scenario/1\", \"name\": \"m\", \"machine\": \"toy-4\",\n"
	"  \"vm\": { \"max_vcpus\": 4 }, \"tables\": [\"fixed\"],\n"
	"  \"streams\": [ { \"name\": \"look\", \"op\": \"lookup\", \"count\": 5,\n"
	"                 \"from\": { \"host_threads\": 2 } } ] }\n";

/* Loads a text that must be right. */
static struct vs_scenario *load_text(const char *text, const struct vs_set *sets, size_t n)
{
	char *path = temporary_file(text, strlen(text)), *said;
	struct vs_errors errs;
	struct vs_scenario *s;

	vs_errors_init(&errs);
	s = load(path, sets, n, &errs);
	unlink(path);
	free(path);
	said = printed(&errs);
	ck_assert_msg(s != NULL, "%s", said);
	free(said);
	vs_errors_release(&errs);
	return s;
}

START_TEST(defaults)
{
	struct vs_scenario *s = load_text(minimal, NULL, 0);
	const struct vs_stream *st = &s->streams[0];

	ck_assert_str_eq(s->description, "");
	ck_assert_uint_eq(s->seed, 1);
	ck_assert_uint_eq(s->replications, 3);
	ck_assert_uint_eq(s->cpus, 4); /* all cores of toy-4 */
	ck_assert_uint_eq(s->hz, 250);
	ck_assert_int_eq(s->preempt, VS_PREEMPT_VOLUNTARY);
	ck_assert(!s->gp_self_report && !s->nohz_full[0]);
	ck_assert_int_eq(s->ipi_send, VS_SEND_SHORTHAND);
	ck_assert_int_eq(s->ipi_delivery, VS_DELIVERY_EXIT);
	ck_assert_uint_eq(s->boot_vcpus, 1);
	ck_assert_int_eq(s->placement, VS_PLACE_FLOAT);
	ck_assert_int_eq(s->guest_run.kind, VS_DIST_EXPONENTIAL);
	ck_assert(s->guest_run.p[0] == 20);
	ck_assert(s->guest_halt.p[0] == 50000);
	ck_assert_uint_eq(s->limit_ps, 60 * VS_PS_PER_S);
	ck_assert_uint_eq(s->limit_wall_s, 600);
	ck_assert_uint_eq(s->enomem_every, 0);
	ck_assert_uint_eq(s->n_streams, 1);
	ck_assert_int_eq(st->from, VS_FROM_KTHREADS);
	ck_assert_uint_eq(st->issuers, 2);
	ck_assert_int_eq(st->arrival, VS_ARRIVAL_CLOSED);
	ck_assert_int_eq(st->gap.kind, VS_DIST_CONSTANT);
	ck_assert(st->gap.p[0] == 0);
	ck_assert_uint_eq(st->start_ps, 0);
	ck_assert_int_eq(st->end, VS_END_COUNT);
	ck_assert_uint_eq(st->count, 5);
	ck_assert_uint_gt(s->machine_params.n, 0);
	vs_scenario_free(s);
}
END_TEST

START_TEST(smoke_is_what_its_file_says)
{
	struct vs_errors errs;
	struct vs_scenario *s;

	vs_errors_init(&errs);
	s = load(VS_SOURCE_DIR "/scenarios/smoke.json", NULL, 0, &errs);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->n_tables, 4);
	ck_assert_str_eq(s->tables[3].name, "srcu-array");
	ck_assert_uint_eq(s->n_streams, 5);
	ck_assert_int_eq(s->streams[0].op, VS_OP_HOTPLUG);
	ck_assert_uint_eq(s->streams[0].start_ps, VS_PS_PER_MS);
	/* ask: paced by plug (stream 0), waits */
	ck_assert_int_eq(s->streams[2].op, VS_OP_REQUEST_ALL);
	ck_assert(s->streams[2].wait);
	ck_assert_int_eq(s->streams[2].arrival, VS_ARRIVAL_PACED);
	ck_assert_uint_eq(s->streams[2].pace_stream, 0);
	ck_assert_uint_eq(s->streams[2].pace_every, 1);
	/* look: open, for 4 ms */
	ck_assert_int_eq(s->streams[3].arrival, VS_ARRIVAL_OPEN);
	ck_assert_int_eq(s->streams[3].gap.kind, VS_DIST_UNIFORM);
	ck_assert(s->streams[3].gap.p[0] == 20 && s->streams[3].gap.p[1] == 60);
	ck_assert_int_eq(s->streams[3].end, VS_END_FOR);
	ck_assert_uint_eq(s->streams[3].for_ps, 4 * VS_PS_PER_MS);
	/* find: until look, which is stream 3 */
	ck_assert_int_eq(s->streams[4].end, VS_END_UNTIL);
	ck_assert_uint_eq(s->streams[4].until_stream, 3);
	vs_scenario_free(s);
	vs_errors_release(&errs);
}
END_TEST

static const char *const shipped[] = {"smoke", "hotplug-4096", "ipi-storm-4096", "lock-holder"};

/* What a result says was run must run the same: resolve, load that, resolve again. */
START_TEST(resolved_text_loads_to_itself)
{
	struct vs_errors errs;
	struct vs_scenario *s, *again;
	char path[512], *text, *second;

	snprintf(path, sizeof(path), VS_SOURCE_DIR "/scenarios/%s.json", shipped[_i]);
	vs_errors_init(&errs);
	s = load(path, NULL, 0, &errs);
	ck_assert_ptr_nonnull(s);
	text = vs_scenario_to_text(s);
	again = load_text(text, NULL, 0);
	second = vs_scenario_to_text(again);
	ck_assert_str_eq(text, second);
	ck_assert_uint_eq(again->n_streams, s->n_streams);
	ck_assert_uint_eq(again->limit_ps, s->limit_ps);
	free(text);
	free(second);
	vs_scenario_free(s);
	vs_scenario_free(again);
	vs_errors_release(&errs);
}
END_TEST

/* CPUs as the kernel writes them, put together and sorted. */
START_TEST(sets_of_cpus)
{
	static const struct vs_set set = {"/host/nohz_full", "\"3,1-2,1\""};
	struct vs_scenario *s = load_text(minimal, &set, 1);
	char *text = vs_scenario_to_text(s);

	ck_assert_uint_eq(s->nohz_full[0], 0xe);
	ck_assert_ptr_nonnull(strstr(text, "\"nohz_full\": \"1-3\""));
	free(text);
	vs_scenario_free(s);
}
END_TEST

/* More digits than a double keeps of any decimal number are dropped when read, not when written:
 * else the result would name another scenario than the one that ran. */
START_TEST(long_fractions_resolve_to_what_runs)
{
	struct vs_set set = {"/streams/0/think_us",
			     "{\"dist\": \"empirical\", \"values\": [0.12345678901234567, 3]}"};
	struct vs_scenario *s = load_text(minimal, &set, 1), *again;
	char *text = vs_scenario_to_text(s);

	ck_assert(s->streams[0].gap.values[0] == 0.123456789012346);
	again = load_text(text, NULL, 0);
	ck_assert_uint_eq(again->streams[0].gap.n_values, 2);
	ck_assert(again->streams[0].gap.values[0] == s->streams[0].gap.values[0]);
	ck_assert(again->streams[0].gap.values[1] == 3);
	free(text);
	vs_scenario_free(s);
	vs_scenario_free(again);
}
END_TEST

START_TEST(times_become_whole_picoseconds)
{
	const struct vs_set sets[] = {
		{"/streams/0/start_ms", "0.0000000014"}, /* 1.4 ps */
		{"/limits/simulated_ms", "12.345678901"},
	};
	struct vs_scenario *s = load_text(minimal, sets, 2);

	ck_assert_uint_eq(s->streams[0].start_ps, 1);
	ck_assert_uint_eq(s->limit_ps, UINT64_C(12345678901));
	vs_scenario_free(s);
}
END_TEST

START_TEST(overrides)
{
	const struct vs_set sets[] = {
		{"/seed", "7"},
		{"/seed", "9"},                  /* the last one wins */
		{"/host/hz", "1000"},            /* makes "host" */
		{"/tables/-", "chunked"},        /* appends; not JSON, so a string */
		{"/tables/0", "\"srcu-array\""}, /* JSON */
		{"/streams/0/count", "12"},
		{"/description", "a b=c"},
	};
	struct vs_scenario *s = load_text(minimal, sets, sizeof(sets) / sizeof(sets[0]));

	ck_assert_uint_eq(s->seed, 9);
	ck_assert_uint_eq(s->hz, 1000);
	ck_assert_uint_eq(s->n_tables, 2);
	ck_assert_str_eq(s->tables[0].name, "srcu-array");
	ck_assert_str_eq(s->tables[1].name, "chunked");
	ck_assert_uint_eq(s->streams[0].count, 12);
	ck_assert_str_eq(s->description, "a b=c");
	vs_scenario_free(s);
}
END_TEST

/* toy-4 has mlp 4, 120 ns across and 40 ns inside, each "assumed" with a sentence. */
START_TEST(numbers_of_the_machine)
{
	const struct vs_set sets[] = {
		{"/machine_set", "{\"mlp\": 9, \"transfer_ns\": {\"cross_socket\": 130.5}}"},
		{"/machine_set/mlp", "1"},
		{"/machine_set/home_in_path", "true"},
	};
	struct vs_scenario *s = load_text(minimal, sets, 3), *again;
	unsigned set = 0;
	char *text;

	ck_assert_uint_eq(s->machine.mlp, 1);
	ck_assert_uint_eq(s->machine.transfer_ps[VS_CROSS_SOCKET], 130500);
	ck_assert_uint_eq(s->machine.transfer_ps[VS_SAME_L3], 40000);
	ck_assert(s->machine.home_in_path);
	for (size_t i = 0; i < s->machine_params.n; i++) {
		const struct vs_machine_param *p = &s->machine_params.v[i];

		if (strcmp(p->note, "set by the scenario") != 0)
			continue;
		set++;
		ck_assert_int_eq(p->provenance, VS_ASSUMED);
	}
	ck_assert_uint_eq(set, 3);
	text = vs_scenario_to_text(s);
	again = load_text(text, NULL, 0);
	ck_assert_uint_eq(again->machine.mlp, 1);
	ck_assert_uint_eq(again->machine.transfer_ps[VS_CROSS_SOCKET], 130500);
	free(text);
	vs_scenario_free(again);
	vs_scenario_free(s);
}
END_TEST

START_TEST(options_are_cut_at_the_first_equals_sign)
{
	char good[] = "/a/b=c=d", none[] = "/a/b", relative[] = "a=b";
	struct vs_set set;

	ck_assert(vs_set_parse(good, &set));
	ck_assert_str_eq(set.pointer, "/a/b");
	ck_assert_str_eq(set.value, "c=d");
	ck_assert(!vs_set_parse(none, &set));
	ck_assert(!vs_set_parse(relative, &set));
}
END_TEST

/* A machine file is looked for beside the scenario, not where the command runs. */
START_TEST(machine_beside_the_scenario)
{
	char dir[] = "io_beside_XXXXXX", scenario[64], machine[64], *text, *toy;
	struct vs_errors errs;
	struct vs_scenario *s;
	size_t length;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(scenario, sizeof(scenario), "%s/s.json", dir);
	snprintf(machine, sizeof(machine), "%s/mine.json", dir);
	text = edited(minimal, "\"toy-4\"", "\"mine.json\"");
	toy = read_file(MACHINES_DIR "/toy-4.json", &length);
	f = fopen(scenario, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	f = fopen(machine, "w");
	ck_assert_ptr_nonnull(f);
	fputs(toy, f);
	fclose(f);
	vs_errors_init(&errs);
	s = load(scenario, NULL, 0, &errs);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->machine.name, "toy-4");
	vs_scenario_free(s);
	vs_errors_release(&errs);
	unlink(scenario);
	unlink(machine);
	rmdir(dir);
	free(text);
	free(toy);
}
END_TEST

START_TEST(tables_take_parameters)
{
	const struct vs_set sets[] = {
		{"/tables/0", "{\"table\": \"chunked\", \"chunk\": 128}"},
		{"/tables/-", "chunked"},
		{"/tables/-", "{\"table\": \"chunked\", \"chunk\": 8}"},
		{"/tables/2/chunk", "16"},
	};
	struct vs_scenario *s = load_text(minimal, sets, sizeof(sets) / sizeof(sets[0]));
	char *text;

	ck_assert_uint_eq(s->n_tables, 3);
	ck_assert_str_eq(s->tables[0].name, "chunked(chunk=128)");
	ck_assert_str_eq(s->tables[0].table, "chunked");
	ck_assert_uint_eq(s->tables[0].n_params, 1);
	ck_assert_str_eq(s->tables[0].param[0].name, "chunk");
	ck_assert_uint_eq(s->tables[0].param[0].value, 128);
	ck_assert_str_eq(s->tables[1].name, "chunked"); /* as it is unless set ... */
	ck_assert_uint_eq(s->tables[1].param[0].value, 32);
	ck_assert_str_eq(s->tables[2].name, "chunked(chunk=16)");
	text = vs_scenario_to_text(s); /* ... which the resolved scenario says all the same */
	ck_assert_ptr_nonnull(strstr(text, "\"chunk\": 32"));
	free(text);
	vs_scenario_free(s);
}
END_TEST

START_TEST(without_a_list_any_table_is_taken)
{
	char *path = temporary_file(minimal, strlen(minimal));
	struct vs_set set = {"/tables/0", "of-my-own"};
	struct vs_catalog any = {.tables = NULL};
	struct vs_errors errs;
	struct vs_scenario *s;

	vs_errors_init(&errs);
	s = vs_scenario_load(path, &set, 1, &any, MACHINES_DIR, &errs);
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->tables[0].name, "of-my-own");
	vs_scenario_free(s);
	vs_errors_release(&errs);
	unlink(path);
	free(path);
}
END_TEST

START_TEST(operations_have_names)
{
	enum vs_op op;

	for (int i = 0; i < VS_OP_PLAIN; i++) {
		ck_assert(vs_op_from_name(vs_op_name((enum vs_op)i), &op));
		ck_assert_int_eq(op, i);
	}
	ck_assert(!vs_op_from_name("index-of", &op));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io scenario");
	TCase *t = tcase_create("all");

	tcase_add_test(t, defaults);
	tcase_add_test(t, smoke_is_what_its_file_says);
	tcase_add_loop_test(t, resolved_text_loads_to_itself, 0, 4);
	tcase_add_test(t, sets_of_cpus);
	tcase_add_test(t, long_fractions_resolve_to_what_runs);
	tcase_add_test(t, times_become_whole_picoseconds);
	tcase_add_test(t, overrides);
	tcase_add_test(t, numbers_of_the_machine);
	tcase_add_test(t, options_are_cut_at_the_first_equals_sign);
	tcase_add_test(t, machine_beside_the_scenario);
	tcase_add_test(t, without_a_list_any_table_is_taken);
	tcase_add_test(t, tables_take_parameters);
	tcase_add_test(t, operations_have_names);
	suite_add_tcase(s, t);
	return run_suite(s);
}
