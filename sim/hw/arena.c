/*
 * The arena: the one stretch of memory that instrumented code's objects live in. Allocators take
 * it in chunks from an agent, so that who gets which address is decided in key order. A chunk's
 * home is the socket of the CPU that took it, as a kernel's local allocation does.
 */
#include "sim/hw/private.h"

static void *take(struct vs_hw *hw, size_t bytes, uint32_t socket)
{
	uint64_t at = hw->arena_next, n = (bytes + VS_CHUNK_BYTES - 1) >> VS_CHUNK_SHIFT;

	if (n << VS_CHUNK_SHIFT > VS_ARENA_BYTES - at)
		return NULL;
	hw->arena_next += n << VS_CHUNK_SHIFT;
	for (uint64_t i = 0; i < n; i++)
		hw->chunk_home[(at >> VS_CHUNK_SHIFT) + i] = socket;
	return (void *)(hw->arena + at);
}

static void local_grown(struct vs_core *c, struct vs_event *ev)
{
	struct vs_hw_core *hc = vs_hwc(c);

	hc->grown = ev->obj;
	vs_book(hc, ev->time - hc->demand_issue, VS_CAUSE_ALLOC);
	c->clock = ev->time;
	c->running = true;
	c->granted = true;
}

static void agent_grow(struct vs_engine *e, struct vs_event *ev)
{
	struct vs_hw_core *hc = ev->obj;
	const struct vs_machine *m = &hc->hw->m;
	struct vs_event *back = vs_event_new(e);
	vs_ps done = ev->issue + m->page_alloc_ps, soonest = ev->time + m->effect_delay_ps;

	back->rank = VS_CLASS_FILL;
	back->issue = ev->issue;
	back->line = UINT64_MAX;
	back->time = done > soonest ? done : soonest;
	back->fn.local = local_grown;
	back->obj = take(hc->hw, ev->a, hc->socket);
	vs_send_effect(e, hc->core, back);
}

void *vs_hw_arena_take(struct vs_hw *hw, size_t bytes, uint32_t core)
{
	return take(hw, bytes, hw->cores[core].socket);
}

void *vs_hw_arena_grow(size_t bytes)
{
	struct vs_hw_core *hc = vs_hwc(vs_core_now);

	if (!hc->hw->pricing)
		return take(hc->hw, bytes, hc->socket);
	vs_core_sync();
	hc = vs_hwc(vs_core_now);
	struct vs_event *ev = vs_event_new(hc->hw->engine);

	ev->rank = VS_CLASS_AGENT;
	ev->issue = hc->core->clock;
	ev->line = UINT64_MAX;
	ev->time = ev->issue + hc->hw->m.agent_delay_ps;
	ev->fn.agent = agent_grow;
	ev->obj = hc;
	ev->a = bytes;
	hc->demand_issue = hc->core->clock;
	vs_send_agent(hc->core, ev);
	hc->core->running = false;
	vs_core_park();
	return hc->grown;
}

bool vs_hw_in_arena(const struct vs_hw *hw, uintptr_t addr)
{
	return addr - hw->arena < VS_ARENA_BYTES;
}

uint64_t vs_hw_arena_offset(const struct vs_hw *hw, uintptr_t addr)
{
	return addr - hw->arena;
}

bool vs_hw_add_region(struct vs_hw *hw, const void *start, size_t bytes, uint32_t ordinal)
{
	uint32_t n = (((uintptr_t)start & 63) + bytes + 63) / 64;

	if (ordinal != hw->n_regions || ordinal == VS_MAX_REGIONS ||
	    n > VS_REGION_LINES - hw->region_lines)
		return false;
	hw->region[hw->n_regions++] = (struct vs_region){
		(uintptr_t)start, bytes, (uint32_t)VS_ARENA_LINES + hw->region_lines};
	hw->region_lines += n;
	return true;
}
