/* Stamped values: what is seen as of when, and what may be forgotten. */
#include <check.h>
#include <stdlib.h>

#include "sim/host/history.h"

START_TEST(as_of)
{
	struct vs_history h;

	vs_history_init(&h, 7);
	vs_history_put(&h, 100, 8, 0);
	vs_history_put(&h, 100, 9, 0); /* the later of two at one time counts */
	vs_history_put(&h, 150, 10, 0);
	ck_assert_uint_eq(vs_history_get(&h, 0)->value, 7);
	ck_assert_uint_eq(vs_history_get(&h, 99)->value, 7);
	ck_assert_uint_eq(vs_history_get(&h, 100)->value, 9);
	ck_assert_uint_eq(vs_history_get(&h, 149)->value, 9);
	ck_assert_uint_eq(vs_history_get(&h, 150)->value, 10);
	ck_assert_uint_eq(vs_history_get(&h, VS_PS_NEVER)->value, 10);
	vs_history_release(&h);
}
END_TEST

/* Whatever is asked at or after the floor stays right; what is older goes, so that space is
 * bounded. */
START_TEST(forgets_only_what_nobody_asks)
{
	struct vs_history h;

	vs_history_init(&h, 0);
	for (uint64_t i = 1; i <= 1000; i++) {
		uint64_t floor = i > 5 ? 10 * (i - 5) : 0;

		vs_history_put(&h, 10 * i, i, floor);
		for (uint64_t t = floor; t <= 10 * i; t += 5)
			ck_assert_uint_eq(vs_history_get(&h, t)->value, t / 10);
	}
	ck_assert_uint_le(h.cap, 16);
	vs_history_release(&h);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host history");
	TCase *c = tcase_create("history");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, as_of);
	tcase_add_test(c, forgets_only_what_nobody_asks);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
