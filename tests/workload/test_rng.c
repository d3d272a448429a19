/* sim/workload/rng: known outputs, independence of everything but its own name. */
#include <check.h>
#include <stdlib.h>

#include "sim/workload/rng.h"

/* Published outputs of SplitMix64: from seed 1234567, and the first from seed 0. The generator
 * gives their upper halves. */
START_TEST(known_numbers)
{
	static const uint64_t expected[] = {UINT64_C(6457827717110365317),
					    UINT64_C(3203168211198807973),
					    UINT64_C(9817491932198370423)};
	gsl_rng *r = gsl_rng_alloc(vs_rng_type);
	size_t i;

	gsl_rng_set(r, 1234567);
	for (i = 0; i < 3; i++)
		ck_assert_uint_eq(gsl_rng_get(r), expected[i] >> 32);
	gsl_rng_set(r, 1234567);
	ck_assert_double_eq(gsl_rng_uniform(r), (double)(expected[0] >> 11) / 0x1p53);
	gsl_rng_set(r, 0);
	ck_assert_uint_eq(gsl_rng_get(r), 0xe220a839);
	gsl_rng_free(r);
}
END_TEST

/* Each of the four numbers matters. */
START_TEST(all_four_matter)
{
	uint64_t s = vs_rng_seed(1, 0, "plug", 0);

	ck_assert_uint_eq(s, vs_rng_seed(1, 0, "plug", 0));
	ck_assert_uint_ne(s, vs_rng_seed(2, 0, "plug", 0));
	ck_assert_uint_ne(s, vs_rng_seed(1, 1, "plug", 0));
	ck_assert_uint_ne(s, vs_rng_seed(1, 0, "plus", 0));
	ck_assert_uint_ne(s, vs_rng_seed(1, 0, "plug", 1));
	/* and their places are not interchangeable */
	ck_assert_uint_ne(vs_rng_seed(1, 2, "plug", 3), vs_rng_seed(2, 1, "plug", 3));
	ck_assert_uint_ne(vs_rng_seed(1, 2, "plug", 3), vs_rng_seed(1, 3, "plug", 2));
}
END_TEST

static int up(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* 3 replications x 2 streams x 4,096 issuers: no two alike. */
START_TEST(thousands_of_issuers_differ)
{
	enum { N = 3 * 2 * 4096 };
	static uint64_t s[N];
	static const char *const name[] = {"plug", "storm"};
	size_t n = 0, i;
	uint32_t rep, issuer;

	for (rep = 0; rep < 3; rep++) {
		for (i = 0; i < 2; i++) {
			for (issuer = 0; issuer < 4096; issuer++)
				s[n++] = vs_rng_seed(1, rep, name[i], issuer);
		}
	}
	qsort(s, n, sizeof(*s), up);
	for (i = 1; i < n; i++)
		ck_assert_uint_ne(s[i - 1], s[i]);
}
END_TEST

/*
 * A run of streams, each with some issuers, drawing in turns. What "storm" issuer 2 draws must be
 * the same alone, with another stream before it, with more issuers, and however the turns go.
 */
static void run(const char *const *streams, size_t n_streams, uint32_t issuers, uint64_t out[8])
{
	gsl_rng *r[4][8];
	size_t s;
	uint32_t i;
	int turn;

	for (s = 0; s < n_streams; s++) {
		for (i = 0; i < issuers; i++)
			r[s][i] = vs_rng_new(42, 1, streams[s], i);
	}
	for (turn = 0; turn < 8; turn++) {
		for (s = 0; s < n_streams; s++) {
			for (i = 0; i < issuers; i++) {
				uint64_t x = gsl_rng_get(r[s][i]);

				if (streams[s][0] == 's' && i == 2)
					out[turn] = x;
			}
		}
	}
	for (s = 0; s < n_streams; s++) {
		for (i = 0; i < issuers; i++)
			gsl_rng_free(r[s][i]);
	}
}

START_TEST(other_streams_change_nothing)
{
	static const char *const alone[] = {"storm"}, *const three[] = {"plug", "storm", "look"};
	uint64_t a[8], b[8], c[8];

	run(alone, 1, 3, a);
	run(three, 3, 3, b);
	run(three, 3, 8, c);
	ck_assert_mem_eq(a, b, sizeof(a));
	ck_assert_mem_eq(a, c, sizeof(a));
}
END_TEST

/* Mean of 10^5 uniforms: 1/2 with standard error 0.289 / 316 = 0.0009; neighbours (issuer i, i + 1)
 * uncorrelated: mean product 1/4, standard error 0.22 / 316 = 0.0007. Five of those allowed. */
START_TEST(neighbours_are_unrelated)
{
	double sum = 0.0, product = 0.0, x, last = 0.5;
	uint32_t i;
	gsl_rng *r;

	for (i = 0; i < 100000; i++) {
		r = vs_rng_new(7, 0, "storm", i);
		x = gsl_rng_uniform(r);
		ck_assert(x >= 0.0 && x < 1.0);
		sum += x;
		product += x * last;
		last = x;
		gsl_rng_free(r);
	}
	ck_assert_double_eq_tol(sum / 1e5, 0.5, 0.0046);
	ck_assert_double_eq_tol(product / 1e5, 0.25, 0.0035);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rng");
	TCase *t = tcase_create("rng");
	SRunner *r;
	int failed;

	tcase_add_test(t, known_numbers);
	tcase_add_test(t, all_four_matter);
	tcase_add_test(t, thousands_of_issuers_differ);
	tcase_add_test(t, other_streams_change_nothing);
	tcase_add_test(t, neighbours_are_unrelated);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
