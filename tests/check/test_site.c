/* sim/check/site: names of places, as people read them and wherever things were built. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/check/site.h"

static uintptr_t here;

static __attribute__((noinline)) void callee(void)
{
	here = (uintptr_t)__builtin_return_address(0);
}

static __attribute__((noinline)) int a_caller(void)
{
	callee();
	__asm__ volatile(""); /* no tail call, which would leave no trace of this function */
	return __LINE__ - 2;  /* the line of the call */
}

START_TEST(function_file_and_line)
{
	struct vs_sites *s = vs_sites_new();
	char name[128], expected[128];
	int line = a_caller();

	ck_assert_ptr_nonnull(s);
	snprintf(expected, sizeof(expected), "a_caller (test_site.c:%d)", line);
	ck_assert_str_eq(vs_site_name(s, here, name, sizeof(name)), expected);
	vs_sites_free(s);
}
END_TEST

START_TEST(what_is_not_known)
{
	struct vs_sites *s = vs_sites_new();
	char name[128];

	ck_assert_str_eq(vs_site_name(s, 0, name, sizeof(name)), "?");
	ck_assert_str_eq(vs_site_name(s, 1, name, sizeof(name)), "?");
	ck_assert_str_eq(vs_site_name(NULL, here, name, sizeof(name)), "?");
	vs_sites_free(s);
}
END_TEST

/* A library without debugging information has at least its symbols. No path is told. */
START_TEST(symbols_without_lines)
{
	struct vs_sites *s = vs_sites_new();
	char name[128];

	vs_site_name(s, (uintptr_t)strtod + 1, name, sizeof(name));
	ck_assert_msg(strncmp(name, "strtod", 6) == 0, "%s", name);
	ck_assert_ptr_null(strchr(name, '/'));
	vs_sites_free(s);
}
END_TEST

START_TEST(cut_to_fit)
{
	struct vs_sites *s = vs_sites_new();
	char name[6];

	a_caller();
	ck_assert_str_eq(vs_site_name(s, here, name, sizeof(name)), "a_cal");
	vs_sites_free(s);
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, function_file_and_line);
	tcase_add_test(t, what_is_not_known);
	tcase_add_test(t, symbols_without_lines);
	tcase_add_test(t, cut_to_fit);
}

int main(void)
{
	return mock_main("check_site", add, mock_set_up);
}
