/* A 4-ary heap of events by key. The time stands in the slot, so that most comparisons do not
 * touch the event. */
#include <stdlib.h>
#include <string.h>

#include "sim/engine/private.h"

static bool slot_less(const struct vs_heap_slot *a, const struct vs_heap_slot *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	return vs_key_less(a->ev, b->ev);
}

/* Slot 1 begins a cache line, and so does every group of four brothers. */
#define AHEAD 3

void vs_heap_release(struct vs_heap *h)
{
	if (h->slot)
		free(h->slot - AHEAD);
	*h = (struct vs_heap){0};
}

static void grow(struct vs_heap *h)
{
	struct vs_heap bigger = {.n = h->n, .cap = h->cap ? 2 * h->cap : 13};
	struct vs_heap_slot *slot = vs_engine_alloc(AHEAD + bigger.cap, sizeof(*slot));

	bigger.slot = slot + AHEAD;
	if (h->n)
		memcpy(bigger.slot, h->slot, h->n * sizeof(*slot));
	vs_heap_release(h);
	*h = bigger;
}

void vs_heap_push(struct vs_heap *h, struct vs_event *ev)
{
	if (h->n == h->cap)
		grow(h);
	struct vs_heap_slot s = {ev->time, ev};
	uint32_t i = h->n++;

	while (i) {
		uint32_t up = (i - 1) / 4;

		if (!slot_less(&s, &h->slot[up]))
			break;
		h->slot[i] = h->slot[up];
		i = up;
	}
	h->slot[i] = s;
}

struct vs_event *vs_heap_pop(struct vs_heap *h)
{
	struct vs_event *top = h->slot[0].ev;
	struct vs_heap_slot s = h->slot[--h->n];
	uint32_t i = 0;

	for (;;) {
		uint32_t first = 4 * i + 1, best = first;

		if (first >= h->n)
			break;
		uint32_t last = first + 4 < h->n ? first + 4 : h->n;

		for (uint32_t k = first + 1; k < last; k++)
			if (slot_less(&h->slot[k], &h->slot[best]))
				best = k;
		if (!slot_less(&h->slot[best], &s))
			break;
		h->slot[i] = h->slot[best];
		i = best;
	}
	h->slot[i] = s;
	return top;
}
