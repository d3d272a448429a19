/* Machine files: what they come to, and what they may not say. */
#include "tests/io/io_test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/io/machine.h"
#include "sim/io/machine_check.h"

#define NS VS_PS_PER_NS
#define ROUND_NUMBER "\"assumed\": \"round number, for results that are worked out by hand\"}"

static void load_shipped(const char *name, struct vs_machine *m, struct vs_machine_params *params)
{
	struct vs_errors errs;
	char *said;

	vs_errors_init(&errs);
	if (!vs_machine_load_params(name, ".", MACHINES_DIR, NULL, m, params, &errs)) {
		said = printed(&errs);
		ck_abort_msg("%s", said);
	}
	vs_errors_release(&errs);
}

START_TEST(toy_is_what_its_file_says)
{
	struct vs_machine_params params;
	struct vs_machine m;

	load_shipped("toy-4", &m, &params);
	ck_assert_str_eq(m.name, "toy-4");
	ck_assert_uint_eq(vs_machine_cores(&m), 4);
	ck_assert_uint_eq(m.sockets, 2);
	ck_assert_uint_eq(m.socket_distance[0][1], 1);
	ck_assert_uint_eq(m.socket_distance[1][1], 0);
	ck_assert_uint_eq(m.l2.size_bytes, 4096);
	ck_assert_uint_eq(m.l2.ways, 4);
	ck_assert_uint_eq(m.issue_ps, 1 * NS);
	ck_assert_uint_eq(m.atomic_ps, 5 * NS);
	ck_assert_uint_eq(m.memory_ps[VS_CROSS_SOCKET], 200 * NS);
	/* a home is a socket: nearer than "same socket" there is nothing */
	ck_assert_uint_eq(m.memory_ps[VS_SAME_L3], 100 * NS);
	ck_assert_uint_eq(m.leg_ps[VS_SAME_L3], m.leg_ps[VS_SAME_SOCKET]);
	ck_assert(!m.home_in_path);
	ck_assert_uint_eq(m.prefetch_depth, 2);
	/* one L3 per socket: "same_socket" is not in the file and repeats the next shorter */
	ck_assert_uint_eq(m.transfer_ps[VS_SAME_L3], 40 * NS);
	ck_assert_uint_eq(m.transfer_ps[VS_SAME_SOCKET], 40 * NS);
	ck_assert_uint_eq(m.transfer_ps[VS_CROSS_SOCKET], 120 * NS);
	ck_assert_uint_eq(m.transfer_ps[VS_FAR_SOCKET], 120 * NS);
	/* W = min(leg there + leg back, shortest hop, shortest message) = min(20, 20, 100) */
	ck_assert_uint_eq(m.window_ps, 20 * NS);
	vs_machine_params_release(&params);
}
END_TEST

static const struct {
	const char *name;
	uint32_t cores;
	vs_ps window_ps;
} shipped[] = {
	/* W: twice the leg, or the shortest hop, whichever is less */
	{"epyc-7773x", 64, 11500},          /* 2 * 5.75 < 11.521 */
	{"skylake-2x20", 40, 20000},        /* 2 * 10 < 21.16 */
	{"toy-4", 4, 20000},                /* 2 * 10 = 20 */
	{"xeon-8375c", 64, 22000},          /* 2 * 11 < 23.168 */
	{"xeon-platinum-8176", 224, 20000}, /* 2 * 10 < 21.203 */
};

#define N_SHIPPED (sizeof(shipped) / sizeof(shipped[0]))

START_TEST(shipped_machines_load)
{
	struct vs_machine_params params;
	struct vs_machine m;

	load_shipped(shipped[_i].name, &m, &params);
	ck_assert_uint_eq(vs_machine_cores(&m), shipped[_i].cores);
	ck_assert_uint_eq(m.window_ps, shipped[_i].window_ps);
	vs_machine_params_release(&params);
}
END_TEST

START_TEST(every_shipped_machine_is_tested)
{
	char **names;
	size_t n = vs_machine_names(MACHINES_DIR, &names);

	ck_assert_uint_eq(n, N_SHIPPED);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(names[i], shipped[i].name);
	vs_machine_names_free(names, n);
}
END_TEST

START_TEST(fractions_of_a_nanosecond_are_whole_picoseconds)
{
	size_t length;
	char *toy = read_file(MACHINES_DIR "/toy-4.json", &length);
	/* 1.001 * 1000 is 1000.9999999999999 in a double */
	char *text =
		edited(toy, "\"issue_ns\": {\"value\": 1,", "\"issue_ns\": {\"value\": 1.001,");
	char *file = temporary_file(text, strlen(text)), path[64];
	struct vs_errors errs;
	struct vs_machine m;

	snprintf(path, sizeof(path), "./%s", file);
	vs_errors_init(&errs);
	ck_assert(vs_machine_load(path, ".", MACHINES_DIR, &m, &errs));
	ck_assert_uint_eq(m.issue_ps, 1001);
	unlink(file);
	free(file);
	free(text);
	free(toy);
}
END_TEST

START_TEST(one_socket_has_one_distance_to_memory)
{
	struct vs_machine_params params;
	struct vs_machine m;

	load_shipped("epyc-7773x", &m, &params);
	ck_assert(m.home_in_path);
	ck_assert_uint_eq(m.leg_ps[VS_SAME_SOCKET], 5750);
	/* can't occur, so it repeats the only one there is */
	ck_assert_uint_eq(m.leg_ps[VS_CROSS_SOCKET], 5750);
	vs_machine_params_release(&params);
}
END_TEST

START_TEST(eight_sockets_have_three_links_each)
{
	struct vs_machine_params params;
	struct vs_machine m;

	load_shipped("xeon-platinum-8176", &m, &params);
	for (int a = 0; a < 8; a++) {
		int links = 0;

		for (int b = 0; b < 8; b++) {
			links += m.socket_distance[a][b] == 1;
			ck_assert_int_eq(m.socket_distance[a][b], m.socket_distance[b][a]);
			ck_assert_int_le(m.socket_distance[a][b], 2);
		}
		ck_assert_int_eq(links, 3);
	}
	vs_machine_params_release(&params);
}
END_TEST

static const struct vs_machine_param *find(const struct vs_machine_params *params,
					   const char *pointer)
{
	for (size_t i = 0; i < params->n; i++)
		if (strcmp(params->v[i].pointer, pointer) == 0)
			return &params->v[i];
	ck_abort_msg("no parameter %s", pointer);
}

START_TEST(parameters_keep_where_they_come_from)
{
	struct vs_machine_params params;
	const struct vs_machine_param *p;
	struct vs_machine m;

	load_shipped("skylake-2x20", &m, &params);
	p = find(&params, "/memory_ns/same_socket");
	ck_assert_int_eq(p->provenance, VS_SOURCED);
	ck_assert(p->value == 90);
	ck_assert_ptr_nonnull(strstr(p->note, "AnandTech 11544"));
	ck_assert_int_eq(find(&params, "/l1_ns")->provenance, VS_DERIVED);
	ck_assert_int_eq(find(&params, "/leg_ns/cross_socket")->provenance, VS_ASSUMED);
	ck_assert(isnan(find(&params, "/topology/socket_distance")->value));
	vs_machine_params_release(&params);
}
END_TEST

/* toy-4 with one change, and how its refusal goes on after "./FILE:LINE:COLUMN: ". */
static const struct {
	const char *from, *to, *error;
} refused[] = {
	{"\"issue_ns\": {\"value\": 1, " ROUND_NUMBER, "\"issue_ns\": 1",
	 "/issue_ns: found 1, expected an object"},
	{"\"issue_ns\": {\"value\": 1,", "\"issue_ns\": {\"value\": 1, \"source\": \"a book\",",
	 "/issue_ns: found 2 of \"source\", \"derived\", \"assumed\", expected exactly one"},
	{"\"issue_ns\": {\"value\": 1, " ROUND_NUMBER,
	 "\"issue_ns\": {\"value\": 1, \"source\": \"\"}",
	 "/issue_ns/source: found \"\", expected a sentence"},
	{"\"issue_ns\": {\"value\": 1,", "\"issue_ns\": {\"value\": 0,",
	 "/issue_ns/value: found 0, expected a number from 0.001"},
	{"\"tick_ns\"", "\"tick_us\"", "/tick_us: unknown key; did you mean \"tick_ns\"?"},
	{"\"line_bytes\": {\"value\": 64", "\"line_bytes\": {\"value\": 128",
	 "/line_bytes/value: found 128, expected 64: nothing else is possible here"},
	{"\"name\": \"toy-4\"", "\"name\": \"\"", "/name: found \"\", expected a name"},
	{"[[0, 1], [1, 0]]", "[[0, 1], [2, 0]]",
	 "/topology/socket_distance/value: socket 1 to 0 is 2 links, back 1, expected the same"},
	{"[[0, 1], [1, 0]]", "[[0, 0], [0, 0]]",
	 "/topology/socket_distance/value: socket 1 to 0 is 0 links, expected at least 1"},
	{"[[0, 1], [1, 0]]", "[[0, 1]]",
	 "/topology/socket_distance/value: found an array, expected an array of 2 arrays"},
	{"[[0, 1], [1, 0]]", "[[0, 1], [1]]",
	 "/topology/socket_distance/value/1: found an array, expected an array of 2 numbers"},
	{"\"cores_per_l3\": {\"value\": 2", "\"cores_per_l3\": {\"value\": 3000",
	 "/topology/cores_per_l3/value: found 6000 cores in all, expected at most 4096"},
	/* two L3s in a socket make a distance that the file has no transfer for */
	{"\"l3_per_socket\": {\"value\": 1", "\"l3_per_socket\": {\"value\": 2",
	 "/transfer_ns/same_socket: missing, expected an object"},
	{"\"size_bytes\": {\"value\": 1024", "\"size_bytes\": {\"value\": 1000",
	 "/l1d/size_bytes/value: found 1000, expected a multiple of ways * line_bytes = 128"},
	{"\"l2_ns\": {\"value\": 4", "\"l2_ns\": {\"value\": 0.5",
	 "/l2_ns/value: found 0.5, expected at least l1_ns = 1"},
	{"\"l2_ns\": {\"value\": 4", "\"l2_ns\": {\"value\": 24",
	 "/l3_ns/value: found 20, expected at least l2_ns = 24"},
	{"\"same_socket\": {\"value\": 100", "\"same_socket\": {\"value\": 19",
	 "/memory_ns/same_socket/value: found 19, expected at least l3_ns = 20"},
	/* 2 * 10.001 = 20.002 ns there and back > 20 ns for a line of the L3 */
	{"\"cross_socket\": {\"value\": 10", "\"cross_socket\": {\"value\": 10.001",
	 "/leg_ns/cross_socket/value: found 10.001, expected at most half of l3_ns = 20"},
	/* 10 + 10 + 20 = 40 ns of parts in 39.999 */
	{"\"same_l3\": {\"value\": 40", "\"same_l3\": {\"value\": 39.999",
	 "/transfer_ns/same_l3/value: found 39.999, expected at least its parts: leg to the home + "
	 "leg "
	 "to the owner + hop = 40"},
	/* 10 + 10 + 101 = 121 in 120 */
	{"\"cross_socket\": {\"value\": 60", "\"cross_socket\": {\"value\": 101",
	 "/transfer_ns/cross_socket/value: found 120, expected at least its parts: leg to the home "
	 "+ "
	 "leg to the owner + hop = 121 (requester on socket 0, owner on 1, home on 0)"},
};

START_TEST(contradictions_are_refused)
{
	struct vs_machine_params params = {NULL, 0};
	struct vs_errors errs;
	struct vs_machine m;
	size_t length;
	char *toy = read_file(MACHINES_DIR "/toy-4.json", &length);
	char *text = edited(toy, refused[_i].from, refused[_i].to);
	char *file = temporary_file(text, strlen(text)), path[64], *said;

	snprintf(path, sizeof(path), "./%s", file);
	vs_errors_init(&errs);
	ck_assert(!vs_machine_load_params(path, ".", MACHINES_DIR, NULL, &m, &params, &errs));
	unlink(file);
	ck_assert_ptr_null(params.v);
	said = printed(&errs);
	ck_assert_msg(strstr(said, refused[_i].error) != NULL, "got\n%sexpected\n%s", said,
		      refused[_i].error);
	free(said);
	free(file);
	free(text);
	free(toy);
	vs_errors_release(&errs);
}
END_TEST

START_TEST(name_is_that_of_the_file)
{
	struct vs_errors errs;
	struct vs_machine m;
	size_t length;
	char *toy = read_file(MACHINES_DIR "/toy-4.json", &length), *said;
	char dir[] = "io_machines_XXXXXX", path[64];
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/copy.json", dir);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(toy, f);
	fclose(f);
	vs_errors_init(&errs);
	ck_assert(!vs_machine_load("copy", ".", dir, &m, &errs));
	said = printed(&errs);
	ck_assert_ptr_nonnull(strstr(said, "/name: found \"toy-4\", expected \"copy\""));
	free(said);
	vs_errors_release(&errs);
	/* by path it may be called what it likes */
	vs_errors_init(&errs);
	ck_assert(vs_machine_load("copy.json", dir, MACHINES_DIR, &m, &errs));
	vs_errors_release(&errs);
	unlink(path);
	rmdir(dir);
	free(toy);
}
END_TEST

struct told {
	int times;
	char key[32];
	char message[256];
};

static void listen(void *ctx, const char *group, const char *key, const char *message)
{
	struct told *t = ctx;

	ck_assert_str_eq(group, "transfer_ns");
	t->times++;
	snprintf(t->key, sizeof(t->key), "%s", key);
	snprintf(t->message, sizeof(t->message), "%s", message);
}

/*
 * Legs that grow with distance. A transfer inside one L3 whose line lives on the far socket: both
 * legs are far legs, 15 + 15, and a hop of 20 in the L3: 50 ns. A check of near homes alone would
 * have been content with 5 + 5 + 20 = 30.
 */
START_TEST(remote_homes_count)
{
	struct told told = {.times = 0};
	struct vs_machine m = {
		.sockets = 2,
		.l3_per_socket = 1,
		.cores_per_l3 = 2,
		.line_bytes = 64,
		.socket_distance = {{0, 1}, {1, 0}},
		.l1d = {1024, 2},
		.l2 = {4096, 4},
		.l3 = {65536, 8},
		.l1_ps = 1 * NS,
		.l2_ps = 4 * NS,
		.l3_ps = 30 * NS,
		.memory_ps = {100 * NS, 100 * NS, 200 * NS, 200 * NS},
		.transfer_ps = {50 * NS, 50 * NS, 120 * NS, 120 * NS},
		.leg_ps = {5 * NS, 5 * NS, 15 * NS, 15 * NS},
		.hop_ps = {20 * NS, 20 * NS, 60 * NS, 60 * NS},
	};

	ck_assert(vs_machine_check(&m, listen, &told));
	ck_assert_int_eq(told.times, 0);
	m.transfer_ps[VS_SAME_L3] -= 1;
	ck_assert(!vs_machine_check(&m, listen, &told));
	ck_assert_int_eq(told.times, 1);
	ck_assert_str_eq(told.key, "same_l3");
	ck_assert_ptr_nonnull(
		strstr(told.message, "= 50 (requester on socket 0, owner on 0, home on 1)"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io machine");
	TCase *t = tcase_create("all");

	tcase_add_test(t, toy_is_what_its_file_says);
	tcase_add_loop_test(t, shipped_machines_load, 0, N_SHIPPED);
	tcase_add_test(t, every_shipped_machine_is_tested);
	tcase_add_test(t, fractions_of_a_nanosecond_are_whole_picoseconds);
	tcase_add_test(t, one_socket_has_one_distance_to_memory);
	tcase_add_test(t, eight_sockets_have_three_links_each);
	tcase_add_test(t, parameters_keep_where_they_come_from);
	tcase_add_loop_test(t, contradictions_are_refused, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(t, name_is_that_of_the_file);
	tcase_add_test(t, remote_homes_count);
	suite_add_tcase(s, t);
	return run_suite(s);
}
