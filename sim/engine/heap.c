/* A 4-ary heap of events by key. The time stands in the slot, so that most comparisons do not
 * touch the event. */
#include <stdlib.h>

#include "sim/engine/private.h"

static bool slot_less(const struct vs_heap_slot *a, const struct vs_heap_slot *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	return vs_key_less(a->ev, b->ev);
}

void vs_heap_push(struct vs_heap *h, struct vs_event *ev)
{
	if (h->n == h->cap) {
		uint32_t cap = h->cap ? 2 * h->cap : 16;
		struct vs_heap_slot *slot = realloc(h->slot, cap * sizeof(*slot));

		VS_ASSERT(slot);
		h->slot = slot;
		h->cap = cap;
	}
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
