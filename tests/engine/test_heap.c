/* The heap: random events come out in key order, whatever order they went in. */
#include <check.h>
#include <stdlib.h>

#include "sim/engine/private.h"

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static int by_key(const void *a, const void *b)
{
	const struct vs_event *const *x = a, *const *y = b;

	return vs_key_less(*x, *y) ? -1 : vs_key_less(*y, *x);
}

/* Few different values in each field, so that every field of the key has to decide. seq is unique.
 */
static struct vs_event *random_events(uint32_t n, uint64_t *s)
{
	struct vs_event *ev = aligned_alloc(64, n * sizeof(*ev));

	ck_assert_ptr_nonnull(ev);
	for (uint32_t i = 0; i < n; i++)
		ev[i] = (struct vs_event){.time = next(s) % 20,
					  .rank = next(s) % 3,
					  .line = next(s) % 3,
					  .issue = next(s) % 3,
					  .core = next(s) % 2,
					  .seq = i * 7919u};
	return ev;
}

START_TEST(comes_out_sorted)
{
	static const uint32_t sizes[] = {1, 2, 3, 4, 5, 6, 13, 14, 100, 5000};
	uint64_t s = 42;

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		uint32_t n = sizes[k];
		struct vs_event *ev = random_events(n, &s);
		struct vs_event **want = calloc(n, sizeof(*want));
		struct vs_heap h = {0};

		ck_assert_ptr_nonnull(want);
		ck_assert_uint_eq(vs_heap_time(&h), VS_PS_NEVER);
		for (uint32_t i = 0; i < n; i++) {
			want[i] = &ev[i];
			vs_heap_push(&h, &ev[i]);
		}
		qsort(want, n, sizeof(struct vs_event *), by_key);
		uint32_t right = 0; /* one assert for all: each is a message to the runner */

		for (uint32_t i = 0; i < n; i++) {
			vs_ps first = vs_heap_time(&h);

			right += first == want[i]->time && vs_heap_pop(&h) == want[i];
		}
		ck_assert_uint_eq(right, n);
		ck_assert_uint_eq(h.n, 0);
		vs_heap_release(&h);
		free(want);
		free(ev);
	}
}
END_TEST

/* As it is used: never behind what has come out already. */
START_TEST(pushes_between_pops)
{
	enum { N = 20000 };
	uint64_t s = 7, popped = 0, wrong = 0;
	struct vs_event *ev = random_events(N, &s), *last = NULL;
	struct vs_heap h = {0};

	for (uint32_t i = 0; i < N; i++) {
		ev[i].time += last ? last->time + 1 : 0;
		vs_heap_push(&h, &ev[i]);
		while (h.n > 50 || (h.n && next(&s) % 3 == 0)) {
			struct vs_event *x = vs_heap_pop(&h);

			wrong += last && !vs_key_less(last, x);
			last = x;
			popped++;
		}
	}
	ck_assert_uint_eq(popped + h.n, N);
	ck_assert_uint_eq(wrong, 0);
	vs_heap_release(&h);
	free(ev);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("heap");
	TCase *t = tcase_create("heap");
	SRunner *r;
	int failed;

	tcase_add_test(t, comes_out_sorted);
	tcase_add_test(t, pushes_between_pops);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
