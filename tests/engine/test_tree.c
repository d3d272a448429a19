/* The tournament tree against a plain array. */
#include <check.h>
#include <stdlib.h>

#include "sim/engine/private.h"

#define MAX_N 600

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static void check_all(const struct vs_tree *t, const vs_ps *v, uint32_t n, vs_ps bound)
{
	uint32_t first = 0, below[MAX_N], n_below = vs_tree_below(t, bound, below), k = 0;
	bool right = true;

	for (uint32_t i = 1; i < n; i++)
		if (v[i] < v[first])
			first = i;
	ck_assert_uint_eq(t->min[1], v[first]);
	ck_assert_uint_eq(vs_tree_first(t), first); /* of equals, the lowest */
	/* one assert for all: each is a message to the runner */
	for (uint32_t i = 0; i < n; i++)
		if (v[i] < bound)
			right &= k < n_below && below[k++] == i;
	ck_assert(right && k == n_below);
}

static void check_without(const struct vs_tree *t, const vs_ps *v, uint32_t n, uint32_t out)
{
	vs_ps want = VS_PS_NEVER;

	for (uint32_t i = 0; i < n; i++)
		if (i != out && v[i] < want)
			want = v[i];
	ck_assert_uint_eq(vs_tree_min_without(t, out), want);
}

START_TEST(as_a_plain_array)
{
	static const uint32_t sizes[] = {1, 2, 3, 5, 8, 31, 64, 65, 512, MAX_N};
	uint64_t s = 3;

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		uint32_t n = sizes[k];
		vs_ps v[MAX_N];
		struct vs_tree t;

		vs_tree_init(&t, n);
		for (uint32_t i = 0; i < n; i++)
			v[i] = VS_PS_NEVER;
		ck_assert_uint_eq(t.min[1], VS_PS_NEVER);
		for (uint32_t step = 0; step < 3 * n + 50; step++) {
			uint32_t i = next(&s) % n;

			v[i] = next(&s) % 8 ? next(&s) % 50 : VS_PS_NEVER;
			vs_tree_set(&t, i, v[i]);
			if (t.min[1] != VS_PS_NEVER)
				check_all(&t, v, n, next(&s) % 60);
			check_without(&t, v, n, next(&s) % n);
		}
		free(t.min);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tree");
	TCase *t = tcase_create("tree");
	SRunner *r;
	int failed;

	tcase_add_test(t, as_a_plain_array);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
