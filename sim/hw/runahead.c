/*
 * Run-ahead: what an out-of-order window does for a walk over an array of pointers.
 *
 * When a load misses (or is the first to use a line that came ahead) `offset` bytes behind a
 * pointer that this core has lately loaded from a slot, and the same happened less than a line's
 * worth of slots before, the walk is taken to go on: for each next slot that this core holds now,
 * the line `offset` bytes behind its pointer is asked for, as a prefetch. A walk along a list has
 * its next slot in the line that misses, so nothing runs ahead there.
 *
 * No further than mlp - 1 slots, and no more than mlp lines in flight, the demand and the stream
 * prefetcher's included. The array is of words, upwards; a word that points nowhere ends it.
 *
 * Only loads run ahead, and not across an atomic or a full fence: on x86 these wait for what is
 * before them, and later loads are not let go before. Lines already asked for stay in flight.
 *
 * Exact, because a slot is looked into only while this core holds its line, at its own clock and
 * synchronised with it: that is when and how a load that hits would see it. Nothing is charged and
 * no watch is told.
 */
#include <string.h>

#include "sim/hw/private.h"

#define WORD sizeof(uintptr_t)
#define REACH 4096 /* offsets looked for: the first page of an object */

/* The pointer in a slot, if it is one that may be looked into now. */
static bool look_into(struct vs_hw_core *hc, uintptr_t slot, uintptr_t *pointer)
{
	uint32_t line;

	if (slot % WORD || !vs_hw_line_of(hc, slot, WORD, &line) || !vs_cache_right(hc, line))
		return false;
	memcpy(pointer, (const void *)slot, WORD);
	return *pointer % WORD == 0;
}

/* The slots up to `last` that have not been looked at yet. */
static void ask_ahead(struct vs_hw_core *hc, struct vs_walk *w, uintptr_t last, uint32_t demand,
		      uint32_t most)
{
	uintptr_t pointer;
	uint32_t line;

	for (uintptr_t slot = w->ahead + WORD; slot <= last; slot += WORD) {
		if (!look_into(hc, slot, &pointer) ||
		    !vs_hw_line_of(hc, pointer + w->offset, 1, &line))
			return;
		if (line != demand && !vs_cache_right(hc, line) &&
		    !vs_prefetch_in_flight(hc, line)) {
			if (hc->n_prefetch >= most)
				return;
			vs_prefetch_ask(hc, line);
		}
		w->ahead = slot;
	}
}

/* The walk that has come to this slot, or to one less than a line's worth before. */
static struct vs_walk *walk_at(struct vs_hw_core *hc, uintptr_t slot, uint32_t offset)
{
	for (uint32_t i = 0; i < VS_WALKS; i++) {
		struct vs_walk *w = &hc->walk[i];

		if (w->at > hc->barrier && w->offset == offset && slot - w->slot < 64)
			return w;
	}
	return NULL;
}

static void begin(struct vs_hw_core *hc, uintptr_t slot, uint32_t offset)
{
	struct vs_walk *oldest = &hc->walk[0];

	for (uint32_t i = 1; i < VS_WALKS; i++)
		if (hc->walk[i].at < oldest->at)
			oldest = &hc->walk[i];
	*oldest =
		(struct vs_walk){.slot = slot, .ahead = slot, .offset = offset, .at = hc->accesses};
}

static void go_on(struct vs_hw_core *hc, struct vs_walk *w, uintptr_t slot, uint32_t demand)
{
	uint32_t mlp = hc->hw->m.mlp;
	bool moved = slot != w->slot;

	w->at = hc->accesses;
	w->slot = slot;
	if (w->ahead < slot)
		w->ahead = slot;
	if (moved)
		ask_ahead(hc, w, slot + (mlp - 1) * WORD, demand,
			  vs_prefetch_in_flight(hc, demand) ? mlp : mlp - 1);
}

/* `line`, which holds `addr`, is missing or came ahead and is used for the first time. */
void vs_run_ahead(struct vs_hw_core *hc, uintptr_t addr, uint32_t line)
{
	uintptr_t slot, pointer, nearest = 0;
	uint32_t offset = REACH;

	if (hc->hw->m.mlp <= 1)
		return;
	for (uint32_t back = 2; back <= VS_RECENT; back++) {
		slot = hc->recent[(hc->accesses - back) % VS_RECENT];
		if (!look_into(hc, slot, &pointer) || addr - pointer >= REACH)
			continue;
		struct vs_walk *w = walk_at(hc, slot, addr - pointer);

		if (w) {
			go_on(hc, w, slot, line);
			return;
		}
		if (addr - pointer < offset) {
			nearest = slot;
			offset = addr - pointer;
		}
	}
	if (nearest)
		begin(hc, nearest, offset);
}
