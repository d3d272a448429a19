/*
 * Bad input is a folder: scenarios/invalid/CASE/input.json (with `set`, one POINTER=VALUE a line,
 * and other files if the case needs them) must be refused with exactly the text in `error`.
 */
#include "tests/io/io_test.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INVALID_DIR VS_SOURCE_DIR "/scenarios/invalid"
#define SETS_MAX 16

static struct dirent **cases;
static int n_cases;

static size_t read_sets(struct vs_set *sets, char **text)
{
	size_t length, n = 0;

	*text = NULL;
	if (access("set", R_OK) != 0)
		return 0;
	*text = read_file("set", &length);
	for (char *line = strtok(*text, "\n"); line; line = strtok(NULL, "\n")) {
		ck_assert_uint_lt(n, SETS_MAX);
		ck_assert(vs_set_parse(line, &sets[n++]));
	}
	return n;
}

START_TEST(is_refused_as_written)
{
	const char *name = cases[_i]->d_name;
	struct vs_set sets[SETS_MAX];
	struct vs_errors errs;
	char *set_text, *expected, *said;
	size_t length, n_sets;

	ck_assert_msg(chdir(INVALID_DIR) == 0 && chdir(name) == 0, "no folder %s", name);
	vs_errors_init(&errs);
	n_sets = read_sets(sets, &set_text);
	ck_assert_msg(!load("input.json", sets, n_sets, &errs), "%s: was accepted", name);
	ck_assert_uint_gt(errs.total, 0);
	said = printed(&errs);
	expected = read_file("error", &length);
	ck_assert_msg(strcmp(said, expected) == 0, "%s:\n%sexpected:\n%s", name, said, expected);
	free(said);
	free(expected);
	free(set_text);
	vs_errors_release(&errs);
}
END_TEST

static int is_case(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

START_TEST(there_are_enough_cases)
{
	ck_assert_int_ge(n_cases, 25);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io invalid");
	TCase *t = tcase_create("all");
	int status;

	n_cases = scandir(INVALID_DIR, &cases, is_case, alphasort);
	tcase_add_test(t, there_are_enough_cases);
	tcase_add_loop_test(t, is_refused_as_written, 0, n_cases > 0 ? n_cases : 0);
	suite_add_tcase(s, t);
	status = run_suite(s);
	for (int i = 0; i < n_cases; i++)
		free(cases[i]);
	free(cases);
	return status;
}
