/* sim/check/layout: which struct an allocation is for, and what lies where in it. */
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/check/layout.h"

struct inner {
	int a;
	int b[3];
};

struct part {
	char bytes[40];
};

struct whole {
	long first; /* 0 */
	struct {
		int x, y; /* 8, 12 */
	};
	struct inner in; /* 16, 20 */
	struct part *part;
	char more[100]; /* 40 */
};                      /* 144 bytes */

struct list {
	long n;
	void *v[];
};

static uintptr_t here;
static void *volatile memory;
static void *block;

static __attribute__((noinline)) void *allocate(void)
{
	here = (uintptr_t)__builtin_return_address(0);
	return memory;
}

static __attribute__((noinline)) void make_whole(void)
{
	struct whole *w = allocate();

	memory = w;
	memory = &w->more;
}

static __attribute__((noinline)) void make_list(void)
{
	struct list *l = allocate();

	memory = l;
	memory = l->v;
}

/* whole comes from elsewhere */
static __attribute__((noinline)) void make_parts(struct whole *whole)
{
	struct part *one = allocate(), *two = memory;
	struct inner *other = memory;

	memory = one;
	memory = two;
	memory = other->b;
	memory = whole->more;
}

static struct vs_sites *sites;
static struct vs_layout found;

static bool looks_like(void (*make)(void), size_t bytes, bool with_more)
{
	make();
	return vs_layout_at(sites, here, bytes, with_more, &found);
}

static void set_up(void)
{
	mock_set_up();
	memory = block = calloc(1, 4096);
	sites = vs_sites_new();
	ck_assert_ptr_nonnull(sites);
}

static void tear_down(void)
{
	vs_sites_free(sites);
	free(block);
}

START_TEST(an_object_as_large_as_the_struct)
{
	ck_assert_uint_eq(sizeof(struct whole), 144);
	ck_assert(looks_like(make_whole, 144, false));
	ck_assert_str_eq(found.name, "struct whole");
	/* a page that begins with it: only if that is said */
	ck_assert(!looks_like(make_whole, 4096, false));
	ck_assert(looks_like(make_whole, 4096, true));
	ck_assert_str_eq(found.name, "struct whole");
	ck_assert(!looks_like(make_whole, 143, true));
	/* what a member points to: 40 bytes */
	ck_assert(!looks_like(make_whole, 40, false));
	ck_assert(looks_like(make_whole, 40, true));
	ck_assert_str_eq(found.name, "struct part");
	tear_down();
}
END_TEST

START_TEST(an_array_of_no_given_length)
{
	ck_assert(looks_like(make_list, 8 + 5 * 8, false));
	ck_assert_str_eq(found.name, "struct list");
	ck_assert(!looks_like(make_list, 8 + 5 * 8 + 4, false));
	char name[32];

	ck_assert(vs_layout_field(&found, 0, name, sizeof(name)));
	ck_assert_str_eq(name, "n");
	ck_assert(vs_layout_field(&found, 800, name, sizeof(name)));
	ck_assert_str_eq(name, "v[]");
	tear_down();
}
END_TEST

START_TEST(two_pointers_to_one_struct_are_no_doubt)
{
	make_parts(memory);
	ck_assert(vs_layout_at(sites, here, sizeof(struct part), false, &found));
	ck_assert_str_eq(found.name, "struct part");
	ck_assert(vs_layout_at(sites, here, sizeof(struct inner), false, &found));
	ck_assert_str_eq(found.name, "struct inner");
	ck_assert(!vs_layout_at(sites, here, sizeof(struct whole), false, &found));
	tear_down();
}
END_TEST

START_TEST(members_by_offset)
{
	static const struct {
		size_t offset;
		const char *name;
	} expected[] = {{0, "first"},   {7, "first"},   {8, "x"},     {12, "y"},     {16, "in.a"},
			{20, "in.b[]"}, {31, "in.b[]"}, {32, "part"}, {40, "more[]"}};
	char name[32];

	ck_assert(vs_layout_named(sites, "struct whole", &found));
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		ck_assert(vs_layout_field(&found, expected[i].offset, name, sizeof(name)));
		ck_assert_str_eq(name, expected[i].name);
	}
	ck_assert(!vs_layout_field(&found, 140, name, sizeof(name))); /* padding */
	ck_assert(!vs_layout_field(&found, 144, name, sizeof(name)));
	ck_assert(!vs_layout_named(sites, "struct no_such", &found));
	ck_assert(!vs_layout_named(sites, "whole", &found));
	tear_down();
}
END_TEST

int a_variable[16];

START_TEST(variables_by_symbol)
{
	char name[64];
	size_t offset;

	ck_assert(vs_symbol_at(sites, (uintptr_t)&a_variable[2], name, sizeof(name), &offset));
	ck_assert_str_eq(name, "a_variable (test_check_layout)");
	ck_assert_uint_eq(offset, 8);
	ck_assert(!vs_symbol_at(sites, 1, name, sizeof(name), &offset));
	ck_assert(!vs_symbol_at(NULL, (uintptr_t)a_variable, name, sizeof(name), &offset));
	tear_down();
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, an_object_as_large_as_the_struct);
	tcase_add_test(t, an_array_of_no_given_length);
	tcase_add_test(t, two_pointers_to_one_struct_are_no_doubt);
	tcase_add_test(t, members_by_offset);
	tcase_add_test(t, variables_by_symbol);
}

int main(void)
{
	return mock_main("check_layout", add, set_up);
}
