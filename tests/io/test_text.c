/* Places in a text, and names that are nearly right. */
#include "tests/io/io_test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/io/near.h"
#include "sim/io/text.h"

static struct vs_text text_of(const char *s)
{
	return (struct vs_text){.bytes = (char *)(uintptr_t)s, .length = strlen(s)};
}

/*          0         1         2          offsets, by tens
 *          0123456789012345678901234567 */
static const char *const sample = " {\"a\\\"b\":[1,{\"}\":2},\"]\"],\"c\":3}";

START_TEST(finds_members_and_elements)
{
	struct vs_text t = text_of(sample);
	size_t key, value, element;

	ck_assert_uint_eq(vs_text_start(&t), 1);
	/* the key is written with an escape: " { "a\"b" : [ ... */
	ck_assert(vs_text_member(&t, 1, "a\"b", &key, &value));
	ck_assert_uint_eq(key, 2);
	ck_assert_uint_eq(value, 9);
	ck_assert(vs_text_element(&t, value, 0, &element));
	ck_assert_uint_eq(element, 10);
	/* brackets inside strings do not count */
	ck_assert(vs_text_element(&t, value, 1, &element));
	ck_assert_int_eq(t.bytes[element], '{');
	ck_assert(vs_text_element(&t, value, 2, &element));
	ck_assert_int_eq(strncmp(t.bytes + element, "\"]\"", 3), 0);
	ck_assert(!vs_text_element(&t, value, 3, &element));
	ck_assert(vs_text_member(&t, 1, "c", &key, &value));
	ck_assert_int_eq(t.bytes[value], '3');
	ck_assert(!vs_text_member(&t, 1, "d", &key, &value));
	ck_assert(!vs_text_member(&t, 9, "a", &key, &value)); /* not an object */
	ck_assert(!vs_text_element(&t, 1, 0, &element));      /* not an array */
}
END_TEST

START_TEST(stays_inside_text_that_breaks_off)
{
	/* every beginning of the sample in a block of exactly its size: a sanitizer sees any step
	 * outside; without one, the answer must at least lie inside */
	for (size_t n = 0; n <= strlen(sample); n++) {
		struct vs_text t = {.bytes = malloc(n ? n : 1), .length = n};
		size_t key = 0, value = 0;

		ck_assert_ptr_nonnull(t.bytes);
		memcpy(t.bytes, sample, n);
		if (vs_text_member(&t, vs_text_start(&t), "c", &key, &value)) {
			ck_assert_uint_lt(key, n);
			ck_assert_uint_le(value, n + 1);
		}
		if (n > 9 && vs_text_element(&t, 9, 2, &value))
			ck_assert_uint_lt(value, n);
		free(t.bytes);
	}
}
END_TEST

START_TEST(counts_characters_not_bytes)
{
	/* two bytes for u umlaut, three for the euro sign: x is the 4th character of line 2 */
	struct vs_text t = text_of("a\n\xc3\xbc\xe2\x82\xac-x");
	size_t line, column;

	vs_text_position(&t, 8, &line, &column);
	ck_assert_uint_eq(line, 2);
	ck_assert_uint_eq(column, 4);
	vs_text_position(&t, 0, &line, &column);
	ck_assert_uint_eq(line, 1);
	ck_assert_uint_eq(column, 1);
}
END_TEST

START_TEST(refuses_what_is_no_small_file)
{
	struct vs_errors errs;
	struct vs_text t;
	char *path = temporary_file("", 0), *said;

	vs_errors_init(&errs);
	/* 100 MB, without a block on the disk */
	ck_assert_int_eq(truncate(path, 100000000), 0);
	ck_assert(!vs_text_read(&t, path, &errs));
	ck_assert(!vs_text_read(&t, ".", &errs));
	ck_assert(!vs_text_read(&t, "no-such-file.json", &errs));
	/* endless and of no size that could be asked for */
	ck_assert(!vs_text_read(&t, "/dev/zero", &errs));
	ck_assert_uint_eq(errs.total, 4);
	said = printed(&errs);
	ck_assert_ptr_nonnull(strstr(said, ": found 100000000 bytes, expected at most 16777216"));
	ck_assert_ptr_nonnull(strstr(said, ".: found a directory, expected a JSON file\n"));
	ck_assert_ptr_nonnull(strstr(said, "no-such-file.json: cannot open: No such file"));
	ck_assert_ptr_nonnull(strstr(said, "/dev/zero: found more than 16777216 bytes"));
	free(said);
	vs_errors_release(&errs);
	unlink(path);
	free(path);
}
END_TEST

START_TEST(keeps_the_first_hundred_errors)
{
	struct vs_errors errs;
	char *said;

	vs_errors_init(&errs);
	for (int i = 0; i < 103; i++)
		vs_errors_add(&errs, "f", 0, 0, NULL, "number %d\033[2J", i);
	ck_assert_uint_eq(errs.n, 100);
	ck_assert_uint_eq(errs.total, 103);
	said = printed(&errs);
	/* what comes out of a file must not reach the terminal as a command */
	ck_assert_int_eq(strncmp(said, "f: number 0?[2J\n", 16), 0);
	ck_assert_ptr_nonnull(strstr(said, "f: number 99?[2J\nand 3 more\n"));
	free(said);
	vs_errors_release(&errs);
}
END_TEST

START_TEST(guesses_names)
{
	static const char *const names[] = {"count", "for_ms", "until", "arrival"};

	ck_assert_str_eq(vs_nearest("cuont", names, 4), "count");    /* one swap */
	ck_assert_str_eq(vs_nearest("formss", names, 4), "for_ms");  /* two edits of six letters */
	ck_assert_str_eq(vs_nearest("untill", names, 4), "until");   /* one too many */
	ck_assert_str_eq(vs_nearest("arival", names, 4), "arrival"); /* one missing */
	ck_assert_ptr_null(vs_nearest("unfil_", names, 2));          /* three edits from any */
	ck_assert_ptr_null(vs_nearest("cnt", names, 4));             /* two of three letters */
	ck_assert_ptr_null(vs_nearest("count", names, 0));
	/* equally far: the first, so that the answer does not depend on anything else */
	ck_assert_str_eq(vs_nearest("b", (const char *const[]){"a", "c"}, 2), "a");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("io text");
	TCase *t = tcase_create("all");

	tcase_add_test(t, finds_members_and_elements);
	tcase_add_test(t, stays_inside_text_that_breaks_off);
	tcase_add_test(t, counts_characters_not_bytes);
	tcase_add_test(t, refuses_what_is_no_small_file);
	tcase_add_test(t, keeps_the_first_hundred_errors);
	tcase_add_test(t, guesses_names);
	suite_add_tcase(s, t);
	return run_suite(s);
}
