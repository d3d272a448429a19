#include "tests/io/io_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct vs_table_param chunk = {
	.name = "chunk", .value = 32, .min = 8, .max = 1024, .power_of_two = true};
static const struct vs_table_param ahead = {.name = "ahead", .value = 64, .min = 1, .max = 4096};
static const struct vs_table fixed = {.name = "fixed", .no_unplug = "its readers hold no section"};
static const struct vs_table rcu_array = {.name = "rcu-array", .params = &ahead, .n_params = 1};
static const struct vs_table chunked = {.name = "chunked",
					.params = &chunk,
					.n_params = 1,
					.no_unplug = "its readers hold no section"};
static const struct vs_table srcu_array = {.name = "srcu-array"};
const struct vs_table *const known_tables[4] = {&fixed, &rcu_array, &chunked, &srcu_array};

char *read_file(const char *path, size_t *length)
{
	FILE *f = fopen(path, "rb");
	char *text;
	long size;

	ck_assert_msg(f != NULL, "cannot open %s", path);
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	size = ftell(f);
	rewind(f);
	ck_assert(size >= 0);
	text = malloc((size_t)size + 1);
	ck_assert_ptr_nonnull(text);
	*length = fread(text, 1, (size_t)size, f);
	ck_assert_uint_eq(*length, (size_t)size);
	text[*length] = '\0';
	fclose(f);
	return text;
}

char *temporary_file(const char *text, size_t length)
{
	char *path = strdup("io_test_XXXXXX");
	int fd = mkstemp(path);

	ck_assert(fd >= 0);
	ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
	close(fd);
	return path;
}

char *edited(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *out = malloc(strlen(text) + strlen(to) + 1);

	ck_assert_msg(at != NULL, "no \"%s\" to edit", from);
	ck_assert_ptr_nonnull(out);
	memcpy(out, text, (size_t)(at - text));
	strcpy(out + (at - text), to);
	strcat(out, at + strlen(from));
	return out;
}

char *printed(const struct vs_errors *errs)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(f);
	vs_errors_print(errs, f);
	fclose(f);
	return text;
}

static bool no_module(struct vs_catalog *c, const char *path, struct vs_errors *errs)
{
	(void)c;
	vs_errors_add(errs, path, 0, 0, NULL, "there are none in this test");
	return false;
}

struct vs_scenario *load(const char *path, const struct vs_set *sets, size_t n,
			 struct vs_errors *errs)
{
	static const struct vs_operation operation = {.name = "add"};
	static const struct vs_plain plain = {.name = "known:add", .operation = &operation};
	struct vs_catalog known = {.tables = known_tables,
				   .n_tables = 4,
				   .operations = &plain,
				   .n_operations = 1,
				   .load = no_module};

	return vs_scenario_load(path, sets, n, &known, MACHINES_DIR, errs);
}

int run_suite(Suite *s)
{
	SRunner *r = srunner_create(s);
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
