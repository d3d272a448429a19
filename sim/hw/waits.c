/*
 * Where cores waited: how often and how long, by line, by the access that waited and by where the
 * line came from. Only who waits comes here; a hit costs nothing. All cores add to one table, as
 * sums do not depend on the order.
 */
#include <stdlib.h>

#include "sim/hw/private.h"

#define FIRST_WAITS 4096

static uint32_t place(uint32_t line, uintptr_t pc, uint32_t cap)
{
	uint64_t h = (line * UINT64_C(0x9e3779b97f4a7c15)) ^ (pc * UINT64_C(0xff51afd7ed558ccd));

	return (uint32_t)(h >> 32) & (cap - 1);
}

/* The core's demand will have come soon. Only speed depends on it. */
void vs_waits_warm_up(const struct vs_hw_core *hc, uint32_t line)
{
	const struct vs_hw *hw = hc->hw;

	if (hw->cap_waits)
		__builtin_prefetch(&hw->waits[place(line, hc->demand_pc, hw->cap_waits)], 1);
}

static struct vs_hw_wait *find(struct vs_hw_wait *all, uint32_t cap, const struct vs_hw_wait *w)
{
	uint32_t i = place(w->line, w->pc, cap);

	while (all[i].lost_ps &&
	       (all[i].line != w->line || all[i].pc != w->pc || all[i].offset != w->offset ||
		all[i].write != w->write || all[i].cause != w->cause))
		i = (i + 1) & (cap - 1);
	return &all[i];
}

static void grow(struct vs_hw *hw)
{
	uint32_t cap = hw->cap_waits ? 2 * hw->cap_waits : FIRST_WAITS;
	struct vs_hw_wait *more = calloc(cap, sizeof(*more));

	VS_ASSERT(more);
	for (uint32_t i = 0; i < hw->cap_waits; i++)
		if (hw->waits[i].lost_ps)
			*find(more, cap, &hw->waits[i]) = hw->waits[i];
	free(hw->waits);
	hw->waits = more;
	hw->cap_waits = cap;
}

void vs_waited(struct vs_hw_core *hc, uint32_t line, bool write, enum vs_cause cause, vs_ps ps,
	       bool over)
{
	struct vs_hw *hw = hc->hw;
	struct vs_hw_wait w = {.pc = hc->demand_pc,
			       .line = line,
			       .offset = hc->demand_offset,
			       .write = write,
			       .cause = (uint8_t)cause};

	vs_book(hc, ps, cause);
	if (!ps)
		return;
	if (2 * hw->n_waits >= hw->cap_waits)
		grow(hw);
	struct vs_hw_wait *at = find(hw->waits, hw->cap_waits, &w);

	if (!at->lost_ps) {
		*at = w;
		hw->n_waits++;
	}
	at->lost_ps += ps;
	at->count += over;
}

size_t vs_hw_waits(const struct vs_hw *hw, const struct vs_hw_wait **out)
{
	*out = hw->waits;
	return hw->cap_waits;
}

uintptr_t vs_hw_line_address(const struct vs_hw *hw, uint32_t line)
{
	if (line < VS_ARENA_LINES)
		return hw->arena + ((uintptr_t)line << VS_LINE_SHIFT);
	for (uint32_t i = hw->n_regions; i-- > 0;) {
		const struct vs_region *g = &hw->region[i];

		if (line >= g->first_line)
			return (g->start & ~(uintptr_t)63) +
			       ((uintptr_t)(line - g->first_line) << VS_LINE_SHIFT);
	}
	return 0;
}

/* -- what lies in the arena without an allocator ----------------------------------------------- */

void vs_hw_name(struct vs_hw *hw, const void *start, size_t bytes, size_t each, const char *name)
{
	if (hw->n_named == hw->cap_named) {
		hw->cap_named = hw->cap_named ? 2 * hw->cap_named : 64;
		hw->named = realloc(hw->named, hw->cap_named * sizeof(*hw->named));
		VS_ASSERT(hw->named);
	}
	hw->named[hw->n_named++] = (struct vs_named){(uintptr_t)start, bytes, each, name};
}

const char *vs_hw_name_of(const struct vs_hw *hw, uintptr_t addr, uintptr_t *start, size_t *each)
{
	for (uint32_t i = 0; i < hw->n_named; i++) {
		const struct vs_named *n = &hw->named[i];

		if (addr - n->start < n->bytes) {
			*start = addr - (addr - n->start) % n->each;
			*each = n->each;
			return n->name;
		}
	}
	return NULL;
}
