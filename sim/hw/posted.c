/*
 * Stores that nobody waits for: an interrupt handler's last one, which leaves by the store buffer
 * while the CPU goes on, or idles. The line is asked for as by a prefetch, and the word changes
 * when it comes, so that whoever reads the line sees it in order.
 */
#include "sim/hw/private.h"

static void store(struct vs_hw_core *hc, uint64_t *to, uint64_t value, vs_ps now)
{
	if (now > hc->core->last_step)
		hc->core->last_step = now;
	*to = value;
}

/* The line has come. */
void vs_posted_came(struct vs_hw_core *hc, const struct vs_req *r, vs_ps now)
{
	VS_ASSERT(r->exclusive);
	*vs_l2_find(hc, r->line) &= ~VS_PREFETCHED;
	store(hc, r->store, r->value, now);
}

static void due(struct vs_core *c, struct vs_event *ev)
{
	struct vs_hw_core *hc = vs_hwc(c);
	uint64_t *to = ev->obj;
	uint32_t line = ((uintptr_t)to - hc->hw->arena) >> VS_LINE_SHIFT;

	hc->stats.posted++;
	if (vs_cache_right(hc, line) == VS_OWNED) {
		store(hc, to, ev->a, ev->time);
		return;
	}
	/* a core has at most one request for a line under way */
	VS_ASSERT(!vs_prefetch_in_flight(hc, line));
	struct vs_req *r = vs_req_new(hc->hw);

	r->line = line;
	r->write = r->prefetch = true;
	r->op_ps = hc->l1_ps;
	r->upgrade = vs_cache_right(hc, line) != VS_NONE;
	r->store = to;
	r->value = ev->a;
	vs_req_send(hc, r, ev->time);
}

void vs_hw_store_later(struct vs_core *c, uint64_t *to, uint64_t value, vs_ps at)
{
	struct vs_event *ev;

	if (!vs_hwc(c)->size) {
		*to = value;
		return;
	}
	ev = vs_event_new(c->engine);
	ev->time = ev->issue = at;
	ev->rank = VS_CLASS_TIMER;
	ev->fn.local = due;
	ev->obj = to;
	ev->a = value;
	vs_send_timer(c, ev);
}
