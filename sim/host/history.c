/* Stamped values: see history.h. */
#include <stdlib.h>
#include <string.h>

#include "sim/host/history.h"
#include "sim/host/private.h"

#define FIRST_CAP 4

void vs_history_init(struct vs_history *h, uint64_t value)
{
	h->cap = FIRST_CAP;
	h->n = 1;
	h->stamp = calloc(h->cap, sizeof(*h->stamp));
	VS_ASSERT(h->stamp);
	h->stamp[0].value = value;
}

void vs_history_release(struct vs_history *h)
{
	free(h->stamp);
	*h = (struct vs_history){0};
}

/* Drops stamps that no reader can ask for any more: all but the last one at or before `floor`. */
static void forget(struct vs_history *h, vs_ps floor)
{
	uint32_t drop = 0;

	while (drop + 1 < h->n && h->stamp[drop + 1].at <= floor)
		drop++;
	h->n -= drop;
	memmove(h->stamp, h->stamp + drop, h->n * sizeof(*h->stamp));
}

void vs_history_put(struct vs_history *h, vs_ps at, uint64_t value, vs_ps floor)
{
	VS_ASSERT(at >= h->stamp[h->n - 1].at);
	if (h->n == h->cap)
		forget(h, floor);
	if (h->n == h->cap) {
		h->cap *= 2;
		h->stamp = realloc(h->stamp, h->cap * sizeof(*h->stamp));
		VS_ASSERT(h->stamp);
	}
	h->stamp[h->n++] = (struct vs_stamp){.at = at, .value = value};
}

const struct vs_stamp *vs_history_get(const struct vs_history *h, vs_ps as_of)
{
	uint32_t i = h->n - 1;

	while (i && h->stamp[i].at > as_of)
		i--;
	return &h->stamp[i];
}
