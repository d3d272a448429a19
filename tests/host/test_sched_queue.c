/* The heap of those who wait, against a search through all of them. */
#include <check.h>
#include <stdlib.h>

#include "sim/host/private.h"

#define THREADS 60
#define STEPS 4000

static struct vs_task thread[THREADS];
static bool queued[THREADS];

static const struct vs_task *first_of_all(void)
{
	const struct vs_task *first = NULL;

	for (uint32_t i = 0; i < THREADS; i++) {
		const struct vs_task *t = &thread[i];

		if (!queued[i])
			continue;
		if (!first || t->rt > first->rt ||
		    (t->rt == first->rt && t->rt && t->turn < first->turn) ||
		    (t->rt == first->rt && !t->rt && t->vruntime_ps < first->vruntime_ps))
			first = t; /* of equal virtual runtime, the lower id came first here */
	}
	return first;
}

static void check_sums(const struct vs_rq *rq)
{
	uint32_t n = 0, fair = 0, movable = 0;
	uint64_t weight = 0;

	for (uint32_t i = 0; i < THREADS; i++) {
		if (!queued[i])
			continue;
		n++;
		fair += !thread[i].rt;
		movable += !thread[i].pinned;
		weight += thread[i].rt ? 0 : thread[i].weight;
	}
	ck_assert_uint_eq(rq->n, n);
	ck_assert_uint_eq(rq->n_fair, fair);
	ck_assert_uint_eq(rq->n_movable, movable);
	ck_assert_uint_eq(rq->weight, weight);
}

static uint64_t draw(uint64_t *rng, uint64_t n)
{
	*rng = *rng * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (*rng >> 33) % n;
}

/* Added and taken from the front and the middle at random; few values, so that many are equal. */
START_TEST(in_order)
{
	uint64_t rng = 7;
	struct vs_rq rq = {0};

	for (uint32_t i = 0; i < THREADS; i++)
		thread[i] = (struct vs_task){.id = i, .weight = 100 + i, .pinned = i % 3 == 0};
	for (int step = 0; step < STEPS; step++) {
		uint32_t i = (uint32_t)draw(&rng, THREADS);

		if (queued[i]) {
			vs_rq_remove(&rq, &thread[i]);
		} else {
			thread[i].rt = draw(&rng, 4) ? 0 : 1 + (uint8_t)draw(&rng, 2);
			thread[i].turn = (uint64_t)step;
			thread[i].vruntime_ps = (int64_t)draw(&rng, 8) - 4;
			vs_rq_add(&rq, &thread[i]);
		}
		queued[i] = !queued[i];
		check_sums(&rq);
		ck_assert_ptr_eq(vs_rq_first(&rq), first_of_all());
	}
	free(rq.heap);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host sched queue");
	TCase *c = tcase_create("heap");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(c, in_order);
	suite_add_tcase(s, c);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
