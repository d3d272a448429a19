/* Results: what is written, and that it is written whole or not at all. */
#include "tests/io/io_test.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vcpusim/cause.h>

#include "sim/io/result.h"
#include "tests/io/sample_run.h"

static struct vs_scenario *scenario;
static struct vs_result result;

static void set_up(void)
{
	struct vs_errors errs;

	vs_errors_init(&errs);
	scenario = load(VS_SOURCE_DIR "/scenarios/smoke.json", NULL, 0, &errs);
	ck_assert_ptr_nonnull(scenario);
	memset(&result, 0, sizeof(result));
	result.scenario = scenario;
	strcpy(result.version, "0.1.0");
	strcpy(result.simgrid_version, "3.32");
	result.n_modules = 1;
	result.modules = calloc(1, sizeof(*result.modules));
	strcpy(result.modules[0].name, "tables");
	result.modules[0].compiler = strdup("gcc 12.2.0");
	result.modules[0].flags = strdup("-O2");
	strcpy(result.modules[0].hash, "0123456789abcdef");
	result.n_runs = 1;
	result.runs = calloc(1, sizeof(*result.runs));
	sample_run(&result.runs[0]);
	result.n_summary = 2;
	result.summary = calloc(2, sizeof(*result.summary));
	result.summary[0] = (struct vs_summary){
		"rcu-array", VS_OP_HOTPLUG, "throughput_per_s", 2, {true, true, 1e6, 0.1, 2e6 / 3}};
	result.summary[1] = (struct vs_summary){
		"rcu-array", VS_OPS, "memory_peak_bytes", 1, {true, false, 65536, 0, 0}};
	result.n_comparisons = 2;
	result.comparisons = calloc(2, sizeof(*result.comparisons));
	result.comparisons[0] = (struct vs_comparison){"rcu-array",
						       "fixed",
						       VS_OP_HOTPLUG,
						       "latency_mean_ns",
						       2,
						       {true, true, 9, 7, 11},
						       1};
	result.comparisons[1] = (struct vs_comparison){
		"rcu-array", "chunked", VS_OPS, "memory_peak_bytes", 2, {false, false, 0, 0, 0}, 0};
	vs_errors_release(&errs);
}

static void tear_down(void)
{
	vs_result_release(&result);
	vs_scenario_free(scenario);
}

/* `what` stands in the text. */
static void assert_has(const char *text, const char *what)
{
	ck_assert_msg(strstr(text, what) != NULL, "no\n%s\nin\n%s", what, text);
}

/*
 * By hand: 3 operations in 3 us are 10^6 per second. Mean 4500.5 / 3 = 1500.1666 ns, to the
 * picosecond 1500.167; compute 4500 / 3 = 1500; idle 0.5 / 3 = 0.1666 -> 0.167. Percentiles that
 * are not known are null, and so is the breakdown of a tail that is not.
 */
START_TEST(a_run_as_written)
{
	char *text = vs_result_to_text(&result);

	ck_assert_ptr_nonnull(text);
	assert_has(text,
		   "{\"table\": \"rcu-array\", \"replication\": 2, \"status\": \"check_failed\", "
		   "\"message\": \"1 violation \\\"quoted\\\"\\n\", \"simulated_ns\": 12345.678, "
		   "\"ops\": {\"hotplug\": {\"count\": 3, \"errors\": 1, \"span_ns\": 3000, "
		   "\"throughput_per_s\": 1000000, "
		   "\"latency_ns\": {\"count\": 3, \"min\": 1000.5, \"mean\": 1500.167, "
		   "\"p50\": 1500, \"p90\": null, \"p99\": null, \"p999\": null, \"max\": 2000}, "
		   "\"breakdown_ns\": {\"mean\": {\"compute\": 1500, \"cache\": 0, ");
	assert_has(text,
		   "\"allocation\": 0, \"idle\": 0.167}, \"p99_up\": null, \"p99_up_count\": 0}, "
		   "\"histogram\": {\"latency_ns\": [[1000, 1008, 1], [1500, 1504, 2]]}}");
	/* 4 deliveries in 1 us; a latency that there is none of is left out */
	assert_has(text, "\"throughput_per_s\": 2000000, \"deliveries_per_s\": 4000000, ");
	ck_assert_ptr_null(strstr(text, "to_last_ns"));
	assert_has(text, "\"transfer_far_socket\": 0.6, \"memory\": 0, \"lock\": 0.4, ");
	assert_has(text, "\"memory_bytes\": {\"peak\": 65536, \"end\": 8}, \"exits\": "
			 "{\"interrupt\": 1, \"hlt\": 2, \"operation\": 3, \"pause\": 4}, "
			 /* 2^65 ps are 36893488147419103.232 ns, of which 15 digits are written */
			 "\"vcpu_time_ns\": {\"guest\": 1000.5, \"host\": 0, \"steal\": "
			 "3.68934881474191e16, \"halted\": 0, \"elapsed\": 3.68934881474201e16}, "
			 "\"vcpu_steal_ns\": {\"min\": 1, \"p50\": 2.5, \"max\": 4}, "
			 /* busy for 3 x 2^64 of 2^65 ps */
			 "\"open_streams\": [{\"stream\": \"plug\", \"late\": 3, "
			 "\"utilisation\": 1.5}], "
			 "\"violations\": [{\"check\": \"freed-memory\", \"message\": \"read of ? "
			 "freed memory\", "
			 "\"first_ns\": 1.001, \"count\": ");
	assert_has(text, "\"line_wait_ns\": {\"cache\": 0, \"transfer_same_l3\": 0, "
			 "\"transfer_same_socket\": 0, \"transfer_cross_socket\": 0, "
			 "\"transfer_far_socket\": 0.001, \"memory\": 3.68934881474191e16}, "
			 "\"hot_lines\": [{\"object\": \"struct kvm (vm.h:17)\", \"offset\": 64, "
			 "\"field\": \"lock, online\", \"object_bytes\": 256, \"lines\": 1, "
			 "\"loads\": 1, \"stores\": 0, \"transfers\": {\"same_l3\": 0, "
			 "\"same_socket\": 0, \"cross_socket\": 0, \"far_socket\": 1}, "
			 "\"lost_ns\": 3.68934881474191e16, \"readers\": [{\"site\": "
			 "\"get (a.h:1)\", \"field\": null, \"count\": 1, \"lost_ns\": 2.5}], "
			 "\"writers\": []}], "
			 "\"hot_objects\": [{\"object\": \"struct kvm (vm.h:17)\", "
			 "\"object_bytes\": 256, ");
	/* the profile's counters are no part of a result */
	ck_assert_ptr_null(strstr(text, "accesses"));
	free(text);
}
END_TEST

START_TEST(summary_and_comparisons_as_written)
{
	char *text = vs_result_to_text(&result);

	assert_has(text,
		   "{\"table\": \"rcu-array\", \"operation\": \"hotplug\", \"metric\": "
		   "\"throughput_per_s\", \"replications\": 2, \"value\": 1000000, \"low\": 0.1, "
		   "\"high\": 666666.666666667},\n");
	assert_has(text,
		   "\"operation\": null, \"metric\": \"memory_peak_bytes\", \"replications\": 1, "
		   "\"value\": 65536, \"low\": null, \"high\": null}\n");
	assert_has(text, "\"a_minus_b\": {\"value\": 9, \"low\": 7, \"high\": 11}, \"better\": "
			 "\"fixed\"},\n");
	assert_has(text,
		   "\"a_minus_b\": {\"value\": null, \"low\": null, \"high\": null}, \"better\": "
		   "null}\n");
	free(text);
}
END_TEST

START_TEST(provenance_as_written)
{
	char *text = vs_result_to_text(&result);

	assert_has(text, "{\n\"schema\": \"vcpusim-result/1\",\n\"partial\": false,\n\"scenario\": "
			 "{\"schema\": \"vcpusim-scenario/1\", \"name\": \"smoke\", ");
	assert_has(text,
		   "\"provenance\": {\"version\": \"0.1.0\", \"seed\": 1, \"simgrid_version\": "
		   "\"3.32\", \"modules\": [{\"name\": \"tables\", \"compiler\": \"gcc 12.2.0\", "
		   "\"flags\": \"-O2\", \"hash\": \"0123456789abcdef\"}], \"machine\": "
		   "{\"name\": \"toy-4\", ");
	assert_has(text, "\"window_ns\": 20, \"parameters\": [");
	assert_has(text,
		   "{\"pointer\": \"/topology/socket_distance\", \"value\": null, \"assumed\": ");
	assert_has(text,
		   "{\"pointer\": \"/transfer_ns/cross_socket\", \"value\": 120, \"assumed\": ");
	free(text);
}
END_TEST

/* sim/io has the causes' names for itself; they must be those of sim/measure. */
START_TEST(causes_are_called_as_in_sim_measure)
{
	char *text = vs_result_to_text(&result), expected[1024] = "\"mean\": {";

	for (int c = 0; c < VS_CAUSES; c++) {
		size_t n = strlen(expected);

		snprintf(expected + n, sizeof(expected) - n, "%s\"%s\": %s", c ? ", " : "",
			 vs_cause_name((enum vs_cause)c), c == VS_CAUSE_INTERRUPT ? "1" : "0");
	}
	assert_has(text, expected); /* the broadcasts: 1 ns each, all of it interrupts */
	free(text);
}
END_TEST

static char dir[32];

static const char *in_dir(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make_dir(void)
{
	strcpy(dir, "io_result_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

/* Also says that nothing else was left lying there. */
static void assert_only(const char *name)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			ck_assert_str_eq(e->d_name, name);
	closedir(d);
}

static void assert_file_is_result(const char *path)
{
	char *expected = vs_result_to_text(&result), *text;
	size_t length;

	text = read_file(path, &length);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}

START_TEST(a_new_file_and_an_old_one)
{
	struct vs_errors errs;

	make_dir();
	vs_errors_init(&errs);
	ck_assert(vs_result_write(&result, in_dir("r.json"), &errs));
	assert_file_is_result(in_dir("r.json"));
	result.partial = true;
	ck_assert(vs_result_write(&result, in_dir("r.json"), &errs));
	assert_file_is_result(in_dir("r.json"));
	assert_only("r.json");
	ck_assert_uint_eq(errs.total, 0);
	unlink(in_dir("r.json"));
	rmdir(dir);
}
END_TEST

START_TEST(a_link_stays_a_link)
{
	struct vs_errors errs;
	struct stat st;
	char old[64];

	make_dir();
	vs_errors_init(&errs);
	strcpy(old, in_dir("old.json"));
	ck_assert(vs_result_write(&result, old, &errs));
	ck_assert_int_eq(symlink("old.json", in_dir("link.json")), 0);
	result.partial = true;
	ck_assert(vs_result_write(&result, in_dir("link.json"), &errs));
	ck_assert_int_eq(lstat(in_dir("link.json"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	assert_file_is_result(old);
	unlink(in_dir("link.json"));
	unlink(old);
	rmdir(dir);
}
END_TEST

START_TEST(what_cannot_be_written_is_said)
{
	struct vs_errors errs;
	char *said;

	make_dir();
	vs_errors_init(&errs);
	ck_assert(!vs_result_write(&result, in_dir("no/where.json"), &errs));
	ck_assert(!vs_result_write(&result, dir, &errs));
	said = printed(&errs);
	assert_has(said, "/no/where.json: cannot write: No such file or directory\n");
	assert_has(said, ": cannot write: Is a directory\n");
	ck_assert_uint_eq(errs.total, 2);
	assert_only("nothing at all");
	free(said);
	vs_errors_release(&errs);
	rmdir(dir);
}
END_TEST

/* As on a full disk: the first kilobyte can be written, the rest can't. What stood there stays. */
START_TEST(half_a_result_is_none)
{
	const struct rlimit small = {1024, RLIM_INFINITY}, any = {RLIM_INFINITY, RLIM_INFINITY};
	struct vs_errors errs;
	char *said, *text;
	size_t length;
	FILE *f;

	make_dir();
	f = fopen(in_dir("r.json"), "w");
	ck_assert_ptr_nonnull(f);
	fputs("old", f);
	fclose(f);
	vs_errors_init(&errs);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	ck_assert(!vs_result_write(&result, in_dir("r.json"), &errs));
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
	said = printed(&errs);
	assert_has(said, "r.json: cannot write: File too large\n");
	text = read_file(in_dir("r.json"), &length);
	ck_assert_str_eq(text, "old");
	assert_only("r.json");
	free(text);
	free(said);
	vs_errors_release(&errs);
	unlink(in_dir("r.json"));
	rmdir(dir);
}
END_TEST

/* A pipe is written into, not renamed over. Ours and not /dev/null: a test that fails must not take
 * the machine's devices with it. */
START_TEST(pipes_are_written_into)
{
	struct vs_errors errs;
	struct stat st;
	char *expected = vs_result_to_text(&result), *got;
	size_t length = strlen(expected), n = 0;
	int fd;

	make_dir();
	vs_errors_init(&errs);
	ck_assert_int_eq(mkfifo(in_dir("pipe"), 0600), 0);
	fd = open(in_dir("pipe"), O_RDWR | O_CLOEXEC | O_NONBLOCK);
	ck_assert(fd >= 0);
	ck_assert_uint_lt(length, 65536); /* what a pipe holds */
	ck_assert(vs_result_write(&result, in_dir("pipe"), &errs));
	got = calloc(1, length + 1);
	ck_assert_ptr_nonnull(got);
	for (ssize_t r; n < length && (r = read(fd, got + n, length - n)) > 0;)
		n += (size_t)r;
	ck_assert_str_eq(got, expected);
	ck_assert_int_eq(lstat(in_dir("pipe"), &st), 0);
	ck_assert(S_ISFIFO(st.st_mode));
	close(fd);
	free(got);
	free(expected);
	unlink(in_dir("pipe"));
	rmdir(dir);
}
END_TEST

/* Left for the schema test, which runs after this suite. */
START_TEST(leaves_one_for_the_schema_test)
{
	struct vs_errors errs;

	vs_errors_init(&errs);
	ck_assert(vs_result_write(&result, VS_BINARY_DIR "/test_io_result.json", &errs));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io result");
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_run_as_written);
	tcase_add_test(t, summary_and_comparisons_as_written);
	tcase_add_test(t, provenance_as_written);
	tcase_add_test(t, causes_are_called_as_in_sim_measure);
	tcase_add_test(t, a_new_file_and_an_old_one);
	tcase_add_test(t, a_link_stays_a_link);
	tcase_add_test(t, what_cannot_be_written_is_said);
	tcase_add_test(t, half_a_result_is_none);
	tcase_add_test(t, pipes_are_written_into);
	tcase_add_test(t, leaves_one_for_the_schema_test);
	suite_add_tcase(s, t);
	return run_suite(s);
}
