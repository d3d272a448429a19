/*
 * Shipped files cut short and with bytes changed: each load ends in a scenario or machine and no
 * error, or in none and at least one error. Meant for the sanitizers above all.
 */
#define _GNU_SOURCE /* memfd_create */
#include "tests/io/io_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/io/machine.h"

static const char *const scenarios[] = {"smoke", "hotplug-4096", "ipi-storm-4096"};
static const char *const machines[] = {"toy-4", "xeon-platinum-8176"};

#define ROUNDS 1500

/* Numerical Recipes' generator: the same bytes change in every run. */
static uint32_t draw(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* A file in memory: writing thousands of real ones takes longer than reading them. */
static void overwrite(int fd, const char *text, size_t length)
{
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(pwrite(fd, text, length, 0), (ssize_t)length);
}

static void try_scenario(const char *path)
{
	struct vs_errors errs;
	struct vs_scenario *s;

	vs_errors_init(&errs);
	s = load(path, NULL, 0, &errs);
	ck_assert_int_eq(s == NULL, errs.total > 0);
	vs_scenario_free(s);
	vs_errors_release(&errs);
}

static void try_machine(const char *path)
{
	struct vs_machine_params params = {NULL, 0};
	struct vs_errors errs;
	struct vs_machine m;
	bool ok;

	vs_errors_init(&errs);
	ok = vs_machine_load_params(path, ".", MACHINES_DIR, NULL, &m, &params, &errs);
	ck_assert_int_eq(ok, errs.total == 0);
	vs_machine_params_release(&params);
	vs_errors_release(&errs);
}

/* One or two bytes become others: digits, signs and brackets more often than the rest. */
static void damage(char *text, size_t length, uint32_t *state)
{
	static const char likely[] = "0123456789-+.eE\"{}[]:,\\ntfau";
	uint32_t n = 1 + draw(state) % 2;

	while (n--) {
		size_t at = draw(state) % length;

		text[at] = draw(state) % 4 ? likely[draw(state) % (sizeof(likely) - 1)]
					   : (char)draw(state);
	}
}

static void fuzz(const char *original, void (*attempt)(const char *path), uint32_t state)
{
	size_t length;
	char *text = read_file(original, &length), *work = malloc(length);
	int fd = memfd_create("input", MFD_CLOEXEC);
	char path[64];

	ck_assert_ptr_nonnull(work);
	ck_assert(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	for (size_t n = 0; n < length; n += 7) {
		overwrite(fd, text, n);
		attempt(path);
	}
	for (int i = 0; i < ROUNDS; i++) {
		memcpy(work, text, length);
		damage(work, length, &state);
		overwrite(fd, work, length);
		attempt(path);
	}
	close(fd);
	free(work);
	free(text);
}

START_TEST(damaged_scenarios)
{
	char path[512];

	snprintf(path, sizeof(path), VS_SOURCE_DIR "/scenarios/%s.json", scenarios[_i]);
	fuzz(path, try_scenario, 1 + (uint32_t)_i);
}
END_TEST

START_TEST(damaged_machines)
{
	char path[512];

	snprintf(path, sizeof(path), MACHINES_DIR "/%s.json", machines[_i]);
	fuzz(path, try_machine, 11 + (uint32_t)_i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io fuzz");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 100);
	tcase_add_loop_test(t, damaged_scenarios, 0, 3);
	tcase_add_loop_test(t, damaged_machines, 0, 2);
	suite_add_tcase(s, t);
	return run_suite(s);
}
