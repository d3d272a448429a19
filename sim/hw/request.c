/* A core's side of a miss: asking, stalling, and what fills and losses do to its caches. */
#include <stdlib.h>

#include "sim/hw/private.h"

struct vs_req *vs_req_new(struct vs_hw *hw)
{
	struct vs_req *r = hw->free_reqs;

	if (r)
		hw->free_reqs = r->next;
	else
		r = malloc(sizeof(*r));
	VS_ASSERT(r);
	*r = (struct vs_req){0};
	return r;
}

void vs_req_free(struct vs_hw *hw, struct vs_req *r)
{
	if (r->multi) {
		r->multi->next = hw->free_multis;
		hw->free_multis = r->multi;
	}
	r->next = hw->free_reqs;
	hw->free_reqs = r;
}

struct vs_multi *vs_multi_new(struct vs_hw *hw)
{
	struct vs_multi *x = hw->free_multis;

	if (x)
		hw->free_multis = x->next;
	else
		x = malloc(sizeof(*x));
	VS_ASSERT(x);
	x->n = 0;
	return x;
}

void vs_req_send(struct vs_hw_core *hc, struct vs_req *r, vs_ps now)
{
	struct vs_event *ev = vs_event_new(hc->hw->engine);

	r->core = hc->core;
	r->issue = now;
	ev->rank = VS_CLASS_REQUEST;
	ev->issue = now;
	ev->line = r->line;
	ev->time = now + vs_leg(hc->hw, vs_line_home(hc->hw, r->line), hc->core->id);
	ev->fn.agent = vs_dir_request;
	ev->obj = r;
	__builtin_prefetch(&hc->hw->lines[r->line], 1);
	vs_send_agent(hc->core, ev);
}

static vs_ps op_ps(const struct vs_hw *hw, bool atomic)
{
	vs_ps ps = atomic ? hw->m.atomic_ps : hw->m.l1_ps;

	return ps ? ps : 1;
}

static void ask(struct vs_hw_core *hc, uint32_t line, bool write, bool atomic, vs_ps now)
{
	struct vs_req *r = vs_req_new(hc->hw);

	r->line = line;
	r->write = write;
	r->op_ps = op_ps(hc->hw, atomic);
	r->upgrade = vs_cache_right(hc, line) != VS_NONE;
	if (r->upgrade)
		hc->stats.upgrades++;
	else
		hc->stats.misses++;
	vs_req_send(hc, r, now);
}

/* Now, at pc. */
static void demand(struct vs_hw_core *hc, uintptr_t addr, uintptr_t pc)
{
	const struct vs_seen *last = &hc->seen[hc->n_seen % VS_SEEN];
	vs_ps now = hc->core->clock;

	hc->demand_issue = now;
	hc->demand_pc = pc;
	hc->demand_offset = addr % 64;
	if (now - last->at >= vs_engine_opts(hc->hw->engine)->delays.history)
		hc->seen[++hc->n_seen % VS_SEEN] = (struct vs_seen){vs_ctx_now, pc, now};
}

uintptr_t vs_hw_seen_at(struct vs_hw *hw, const struct vs_ctx *x, vs_ps as_of)
{
	const struct vs_engine_options *o = vs_engine_opts(hw->engine);

	for (uint32_t i = 0; i < o->n_cores; i++) {
		const struct vs_hw_core *hc = vs_hwc(vs_engine_core(hw->engine, i));
		uint32_t back = 0;

		while (back < VS_SEEN - 1 && hc->seen[(hc->n_seen - back) % VS_SEEN].at > as_of)
			back++;
		if (hc->seen[(hc->n_seen - back) % VS_SEEN].ctx == x)
			return hc->seen[(hc->n_seen - back) % VS_SEEN].pc;
	}
	return 0;
}

static void stall(struct vs_hw_core *hc)
{
	hc->core->running = false;
	vs_ctx_stands_at(hc->demand_pc);
	vs_core_park();
}

void vs_req_stall(struct vs_hw_core *hc, uint32_t line, bool write, bool atomic, uintptr_t addr,
		  uintptr_t pc)
{
	demand(hc, addr, pc);
	if (vs_prefetch_in_flight(hc, line)) {
		hc->demand_line = line + 1;
		hc->demand_write = write;
		hc->demand_atomic = atomic;
	} else {
		ask(hc, line, write, atomic, hc->core->clock);
	}
	vs_prefetch_train(hc, line, false);
	stall(hc);
}

static void ask_multi(struct vs_hw_core *hc, struct vs_multi *multi, vs_ps now)
{
	struct vs_req *r = vs_req_new(hc->hw);

	r->multi = multi;
	r->line = multi->line[0];
	r->op_ps = op_ps(hc->hw, false);
	r->upgrade = true;
	hc->stats.misses++;
	hc->stats.bulk_lines += multi->n;
	vs_req_send(hc, r, now);
}

static bool any_in_flight(const struct vs_hw_core *hc, const struct vs_multi *multi)
{
	for (uint32_t i = 0; hc->n_prefetch && i < multi->n; i++)
		if (vs_prefetch_in_flight(hc, multi->line[i]))
			return true;
	return false;
}

static bool any_missing(struct vs_hw_core *hc, const struct vs_multi *multi)
{
	for (uint32_t i = 0; i < multi->n; i++)
		if (vs_cache_right(hc, multi->line[i]) <= multi->write[i])
			return true;
	return false;
}

/* A core has at most one request for a line under way. A range that overtook a prefetch of one of
 * its lines could evict that line, and the prefetch would bring back what is not its any more. */
void vs_req_stall_multi(struct vs_hw_core *hc, struct vs_multi *multi, uintptr_t addr, uintptr_t pc)
{
	demand(hc, addr, pc);
	if (any_in_flight(hc, multi))
		hc->demand_multi = multi;
	else
		ask_multi(hc, multi, hc->core->clock);
	stall(hc);
}

/* Only in tests: at a fill, the others' copies must have gone already (strict order only). */
static void check_single_writer(struct vs_hw_core *hc, uint32_t line, bool exclusive)
{
	struct vs_hw *hw = hc->hw;

	if (!hc->paranoid || !vs_engine_opts(hw->engine)->strict)
		return;
	for (uint32_t i = 0; i < hw->n_cores; i++)
		if (&hw->cores[i] != hc)
			VS_ASSERT(vs_cache_right(&hw->cores[i], line) <=
				  (exclusive ? VS_NONE : VS_SHARED));
}

static void install(struct vs_hw_core *hc, const struct vs_req *r, vs_ps now)
{
	const struct vs_multi *x = r->multi;

	if (!x) {
		check_single_writer(hc, r->line, r->exclusive);
		vs_cache_fill(hc, r->line, r->tenure, r->exclusive ? VS_OWNED : VS_SHARED,
			      r->prefetch, now);
		return;
	}
	for (uint32_t i = 0; i < x->n; i++) {
		check_single_writer(hc, x->line[i], x->exclusive[i]);
		vs_cache_fill(hc, x->line[i], x->tenure[i], x->exclusive[i] ? VS_OWNED : VS_SHARED,
			      false, now);
	}
}

/* It has waited for this line. */
static void resume_stalled(struct vs_hw_core *hc, uint32_t line, bool write, enum vs_cause cause,
			   vs_ps now)
{
	struct vs_core *c = hc->core;

	vs_waited(hc, line, write, cause, now - hc->demand_issue, true);
	c->clock = now;
	c->running = true;
	c->granted = true;
}

/* The stalled access wanted this line, and it came as a prefetch. */
static void demand_came(struct vs_hw_core *hc, const struct vs_req *r, vs_ps now)
{
	hc->demand_line = 0;
	if (hc->demand_write && !r->exclusive) {
		/* the wait so far is the read's; the upgrade books its own */
		vs_waited(hc, r->line, true, r->cause, now - hc->demand_issue, false);
		hc->demand_issue = now;
		ask(hc, r->line, true, hc->demand_atomic, now);
		return;
	}
	*vs_l2_find(hc, r->line) &= ~VS_PREFETCHED;
	vs_l1_insert(hc, r->line, r->exclusive ? VS_OWNED : VS_SHARED);
	resume_stalled(hc, r->line, hc->demand_write, r->cause, now);
}

static void multi_came(struct vs_hw_core *hc, const struct vs_req *r, vs_ps now)
{
	struct vs_multi *multi = hc->demand_multi;

	hc->demand_multi = NULL;
	if (any_missing(hc, multi)) {
		vs_waited(hc, r->line, false, r->cause, now - hc->demand_issue, false);
		hc->demand_issue = now;
		ask_multi(hc, multi, now);
		return;
	}
	multi->next = hc->hw->free_multis;
	hc->hw->free_multis = multi;
	resume_stalled(hc, r->line, false, r->cause, now);
}

void vs_local_fill(struct vs_core *c, struct vs_event *ev)
{
	struct vs_hw_core *hc = vs_hwc(c);
	struct vs_req *r = ev->obj;
	vs_ps now = ev->time;

	install(hc, r, now);
	if (!r->prefetch) {
		const struct vs_multi *x = r->multi;

		if (x && r->slowest)
			hc->demand_offset = 0;
		resume_stalled(hc, x ? x->line[r->slowest] : r->line,
			       x ? x->write[r->slowest] : r->write, r->cause, now);
	} else if (r->store) {
		vs_posted_came(hc, r, now);
	} else {
		vs_prefetch_done(hc, r->line);
		if (hc->demand_line == r->line + 1)
			demand_came(hc, r, now);
		else if (hc->demand_multi && !any_in_flight(hc, hc->demand_multi))
			multi_came(hc, r, now);
	}
	vs_req_free(hc->hw, r);
}

void vs_local_downgrade(struct vs_core *c, struct vs_event *ev)
{
	vs_cache_loss(vs_hwc(c), ev->line, ev->a, VS_SHARED);
}

void vs_local_invalidation(struct vs_core *c, struct vs_event *ev)
{
	vs_cache_loss(vs_hwc(c), ev->line, ev->a, VS_NONE);
}
