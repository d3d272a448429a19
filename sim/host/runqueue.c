/*
 * Who waits for a CPU, in the order in which they get it: a binary heap. Real-time threads come
 * first, by priority and then by turn; the others by virtual runtime, equal ones by thread id.
 */
#include <stdlib.h>

#include "sim/host/private.h"

bool vs_rq_before(const struct vs_task *a, const struct vs_task *b)
{
	if (a->rt != b->rt)
		return a->rt > b->rt;
	if (a->rt)
		return a->turn < b->turn;
	if (a->vruntime_ps != b->vruntime_ps)
		return a->vruntime_ps < b->vruntime_ps;
	return a->id < b->id;
}

static void put(struct vs_rq *rq, uint32_t at, struct vs_task *t)
{
	rq->heap[at] = t;
	t->rq_at = at;
}

static void up(struct vs_rq *rq, uint32_t at, struct vs_task *t)
{
	while (at && vs_rq_before(t, rq->heap[(at - 1) / 2])) {
		put(rq, at, rq->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(rq, at, t);
}

static void down(struct vs_rq *rq, uint32_t at, struct vs_task *t)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child + 1 < rq->n && vs_rq_before(rq->heap[child + 1], rq->heap[child]))
			child++;
		if (child >= rq->n || !vs_rq_before(rq->heap[child], t))
			break;
		put(rq, at, rq->heap[child]);
		at = child;
	}
	put(rq, at, t);
}

void vs_rq_add(struct vs_rq *rq, struct vs_task *t)
{
	if (rq->n == rq->cap) {
		rq->cap = rq->cap ? 2 * rq->cap : 8;
		rq->heap = realloc(rq->heap, rq->cap * sizeof(*rq->heap));
		VS_ASSERT(rq->heap);
	}
	if (!t->rt) {
		rq->n_fair++;
		rq->weight += t->weight;
	}
	rq->n_movable += !t->pinned;
	up(rq, rq->n++, t);
}

void vs_rq_remove(struct vs_rq *rq, struct vs_task *t)
{
	struct vs_task *last = rq->heap[--rq->n];
	uint32_t at = t->rq_at;

	VS_ASSERT(at <= rq->n);
	if (!t->rt) {
		rq->n_fair--;
		rq->weight -= t->weight;
	}
	rq->n_movable -= !t->pinned;
	if (rq->next == t)
		rq->next = NULL;
	if (last == t)
		return;
	if (at && vs_rq_before(last, rq->heap[(at - 1) / 2]))
		up(rq, at, last);
	else
		down(rq, at, last);
}

struct vs_task *vs_rq_first(const struct vs_rq *rq)
{
	return rq->n ? rq->heap[0] : NULL;
}
