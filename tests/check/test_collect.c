/* sim/check/check: the list - first of each kind, all counted, in stamp order. */
#include "mock.h"

#include <string.h>

/* 50 warnings told in a wild order: 7 and 50 have no common divisor, so i * 7 % 50 takes each value
 * once. Kept are those at times 0 .. 19. */
START_TEST(keeps_the_first_by_stamp)
{
	const struct vs_verdict *v;
	size_t n, i;

	for (i = 0; i < 50; i++)
		vs_check_warned(checker, 1, i * 7 % 50, "f.c", 3, "what");
	v = mock_finish(&n);
	ck_assert_uint_eq(n, VS_CHECK_KEPT);
	for (i = 0; i < n; i++) {
		ck_assert_uint_eq(v[i].time, i);
		ck_assert_str_eq(v[i].text, "what (f.c:3)");
	}
	ck_assert_uint_eq(vs_check_count(checker, VS_CHECK_WARN), 50);
}
END_TEST

/* A kind that is full leaves room for the others; all are in one order. */
START_TEST(kinds_are_kept_apart)
{
	const struct vs_verdict *v;
	size_t n, i;

	for (i = 0; i < 30; i++)
		vs_check_warned(checker, 0, 10 + i, "f.c", 3, "what");
	vs_check_bugged(checker, 0, 15, "g.c", 4, "oh");
	v = mock_finish(&n);
	ck_assert_uint_eq(n, VS_CHECK_KEPT + 1);
	ck_assert_int_eq(v[5].kind, VS_CHECK_WARN);
	ck_assert_uint_eq(v[5].time, 15);
	ck_assert_int_eq(v[6].kind, VS_CHECK_BUG); /* told after the warning of time 15 */
	ck_assert_uint_eq(v[6].time, 15);
	ck_assert_str_eq(v[6].text, "oh (g.c:4)");
}
END_TEST

/* Time, then CPU, then the order on that CPU. */
START_TEST(ties)
{
	const struct vs_verdict *v;
	size_t n;

	vs_check_warned(checker, 2, 5, "f.c", 1, "second CPU");
	vs_check_warned(checker, 1, 5, "f.c", 1, "first CPU, first");
	vs_check_warned(checker, 1, 5, "f.c", 1, "first CPU, second");
	vs_check_warned(checker, 3, 4, "f.c", 1, "earlier");
	v = mock_finish(&n);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(v[0].text, "earlier (f.c:1)");
	ck_assert_str_eq(v[1].text, "first CPU, first (f.c:1)");
	ck_assert_str_eq(v[2].text, "first CPU, second (f.c:1)");
	ck_assert_str_eq(v[3].text, "second CPU (f.c:1)");
}
END_TEST

START_TEST(nothing_found)
{
	mock_expect_none();
}
END_TEST

START_TEST(names)
{
	int i, j;

	for (i = 0; i < VS_CHECK_KINDS; i++) {
		ck_assert_ptr_nonnull(vs_check_kind_name(i));
		for (j = 0; j < i; j++)
			ck_assert_str_ne(vs_check_kind_name(i), vs_check_kind_name(j));
	}
}
END_TEST

static void add(TCase *t)
{
	tcase_add_test(t, keeps_the_first_by_stamp);
	tcase_add_test(t, kinds_are_kept_apart);
	tcase_add_test(t, ties);
	tcase_add_test(t, nothing_found);
	tcase_add_test(t, names);
}

int main(void)
{
	return mock_main("check_collect", add, mock_set_up);
}
