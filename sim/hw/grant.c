/*
 * What a grant costs and whom it takes the line from. Agent code: sees the directory's own state
 * only, never a core's caches.
 *
 * Inside of a transfer: request leg (core -> home), snoop leg (home -> owner), data hop (owner ->
 * requester). A lone requester pays the whole latency of its distance; while others wait the legs
 * overlap with the owners' operations and the line moves every operation + hop.
 */
#include <stdlib.h>

#include "sim/hw/private.h"

static vs_ps later(vs_ps a, vs_ps b)
{
	return a > b ? a : b;
}

bool vs_line_next_sharer(const struct vs_hw *hw, const struct vs_line *l,
			 struct vs_sharers_iter *it, uint32_t *core)
{
	if (l->n_sharers != VS_MANY) {
		if (it->i >= l->n_sharers)
			return false;
		*core = l->sharer[it->i++];
		return true;
	}
	for (uint32_t w = it->i / 64; w < hw->bitmap_words; w++) {
		uint64_t bits = l->bitmap[w];

		if (w == it->i / 64)
			bits &= ~UINT64_C(0) << (it->i % 64);
		if (bits) {
			*core = w * 64 + (uint32_t)__builtin_ctzll(bits);
			it->i = *core + 1;
			return true;
		}
	}
	return false;
}

static bool has_sharer(const struct vs_line *l, uint32_t core)
{
	if (l->n_sharers == VS_MANY)
		return l->bitmap[core / 64] >> (core % 64) & 1;
	for (uint32_t i = 0; i < l->n_sharers; i++)
		if (l->sharer[i] == core)
			return true;
	return false;
}

bool vs_line_is_shared(const struct vs_line *l)
{
	return l->n_sharers != 0;
}

void vs_line_add_sharer(struct vs_hw *hw, struct vs_line *l, uint32_t core)
{
	if (has_sharer(l, core))
		return;
	if (l->n_sharers == VS_INLINE_SHARERS) {
		uint64_t *bitmap = calloc(hw->bitmap_words, sizeof(*bitmap));

		VS_ASSERT(bitmap);
		for (uint32_t i = 0; i < VS_INLINE_SHARERS; i++)
			bitmap[l->sharer[i] / 64] |= UINT64_C(1) << (l->sharer[i] % 64);
		l->bitmap = bitmap;
		l->n_sharers = VS_MANY;
	}
	if (l->n_sharers == VS_MANY)
		l->bitmap[core / 64] |= UINT64_C(1) << (core % 64);
	else
		l->sharer[l->n_sharers++] = core;
}

void vs_line_clear_sharers(struct vs_line *l)
{
	if (l->n_sharers == VS_MANY)
		free(l->bitmap);
	l->n_sharers = 0;
}

/* How far apart two cores are for this line: where a machine says so, a far home makes a near
 * transfer as long as the way to the home. */
static enum vs_distance priced_distance(const struct vs_hw *hw, uint32_t a, uint32_t b,
					uint32_t home)
{
	enum vs_distance d = vs_hw_distance(hw, a, b);

	if (d != VS_SAME_L3 && hw->m.home_in_path) {
		enum vs_distance to_home = vs_socket_distance(hw, hw->cores[a].socket, home);

		if (to_home > d)
			d = to_home;
	}
	return d;
}

static vs_ps send_loss(struct vs_hw *hw, uint32_t line, uint32_t from, enum vs_class rank, vs_ps at)
{
	struct vs_line *l = &hw->lines[line];
	struct vs_event *ev = vs_event_new(hw->engine);

	ev->rank = rank;
	ev->line = line;
	ev->time = later(at + vs_leg(hw, vs_line_home(hw, line), from), l->free);
	ev->fn.local = rank == VS_CLASS_DOWNGRADE ? vs_local_downgrade : vs_local_invalidation;
	ev->a = l->tenure;
	l->last_loss = later(l->last_loss, ev->time);
	vs_ps t = ev->time;

	vs_warm_up(&hw->cores[from], line);
	vs_send_effect(hw->engine, vs_engine_core(hw->engine, from), ev);
	return t;
}

static vs_ps fetch(struct vs_hw *hw, struct vs_req *r, uint32_t line)
{
	const struct vs_hw_core *hc = vs_hwc(r->core);

	if (vs_l3_lookup(hw, hc->domain, line)) {
		r->cause = VS_CAUSE_CACHE;
		return r->issue + hw->m.l3_ps;
	}
	r->cause = VS_CAUSE_MEMORY;
	return r->issue +
	       hw->m.memory_ps[vs_socket_distance(hw, hc->socket, vs_line_home(hw, line))];
}

/* One holder loses the line, or its sole right to it. */
static vs_ps take_from(struct vs_hw *hw, struct vs_req *r, uint32_t line, uint32_t from, bool write,
		       vs_ps at)
{
	enum vs_distance d = priced_distance(hw, r->core->id, from, vs_line_home(hw, line));
	vs_ps loss =
		send_loss(hw, line, from, write ? VS_CLASS_INVALIDATION : VS_CLASS_DOWNGRADE, at);

	if (VS_CAUSE_XFER_SAME_L3 + d > r->cause || r->cause >= VS_CAUSE_MEMORY)
		r->cause = VS_CAUSE_XFER_SAME_L3 + d;
	return later(r->issue + hw->m.transfer_ps[d], loss + hw->m.hop_ps[d]);
}

static vs_ps invalidate_sharers(struct vs_hw *hw, struct vs_req *r, uint32_t line, vs_ps at,
				uint32_t *others)
{
	const struct vs_line *l = &hw->lines[line];
	struct vs_sharers_iter it = {0};
	uint32_t s;
	vs_ps g = 0;

	*others = 0;
	while (vs_line_next_sharer(hw, l, &it, &s)) {
		if (s == r->core->id)
			continue;
		++*others;
		g = later(g, take_from(hw, r, line, s, true, at));
	}
	return g;
}

vs_ps vs_order_losses(struct vs_hw *hw, struct vs_req *r, uint32_t line, bool write, vs_ps at)
{
	struct vs_line *l = &hw->lines[line];
	uint32_t me = r->core->id, others = 0;
	vs_ps g = at + hw->m.effect_delay_ps;

	r->cause = VS_CAUSE_CACHE;
	if (l->owner && l->owner != me + 1u) {
		g = later(g, take_from(hw, r, line, l->owner - 1, write, at));
	} else if (l->owner) {
		g = later(g, r->issue + hw->m.l3_ps); /* held already: asked for with others */
	} else {
		bool mine = write && r->upgrade && has_sharer(l, me);

		if (write && l->n_sharers)
			g = later(g, invalidate_sharers(hw, r, line, at, &others));
		uint8_t cause = r->cause;

		if (mine && !others)
			g = later(g, r->issue + hw->m.l3_ps);
		else if (!mine) {
			vs_ps data = fetch(hw, r, line);

			if (data < g && others)
				r->cause = cause;
			g = later(g, data);
		}
	}
	return later(g, l->last_loss + hw->m.loss_delay_ps);
}

uint32_t vs_take_line(struct vs_hw *hw, struct vs_req *r, uint32_t line, bool write, vs_ps grant,
		      bool *exclusive)
{
	struct vs_line *l = &hw->lines[line];
	const struct vs_hw_core *hc = vs_hwc(r->core);
	uint32_t me = r->core->id, owner = l->owner;

	*exclusive = write || owner == me + 1 || (!owner && !l->n_sharers);
	if (*exclusive) {
		vs_line_clear_sharers(l);
		l->owner = me + 1;
		l->l3_mask = 0; /* the owner may write without asking: other L3s' copies are old */
	} else {
		if (owner) {
			vs_line_add_sharer(hw, l, owner - 1);
			vs_l3_insert(hw, hw->cores[owner - 1].domain, line);
			l->owner = 0;
			l->tenure++;
		}
		vs_line_add_sharer(hw, l, me);
	}
	vs_l3_insert(hw, hc->domain, line);
	l->free = later(l->free, grant + r->op_ps);
	return ++l->tenure;
}

void vs_send_fill(struct vs_hw *hw, struct vs_req *r, vs_ps grant)
{
	struct vs_event *ev = vs_event_new(hw->engine);

	ev->rank = VS_CLASS_FILL;
	ev->issue = r->issue;
	ev->line = r->line;
	ev->time = grant;
	ev->fn.local = vs_local_fill;
	ev->obj = r;
	vs_warm_up(vs_hwc(r->core), r->line);
	vs_waits_warm_up(vs_hwc(r->core), r->line);
	vs_send_effect(hw->engine, r->core, ev);
}
