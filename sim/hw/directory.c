/*
 * The directory: where every miss is put in order. One ordering point per line, at its home.
 *
 * A request that finds the line free is granted at once. Else it waits, and who comes next is
 * decided when the line can leave its holder in time: at max(arrival, free - leg to the holder).
 * Waiters of the L3 domain the line is in go first, then of its socket, at most `local_burst` in a
 * row each; then the oldest outside. Readers that wait are served together.
 *
 * A request for several lines is decided at its arrival for all of them, ahead of single waiters:
 * nothing is ever held while something else is waited for.
 */
#include <stdlib.h>

#include "sim/hw/private.h"

static void decide(struct vs_engine *e, struct vs_event *ev);

static struct vs_waitq *waitq_new(struct vs_hw *hw)
{
	struct vs_waitq *q = hw->free_waitqs;

	if (q)
		hw->free_waitqs = q->next_free;
	else
		q = calloc(1, sizeof(*q) + hw->n_domains * sizeof(q->list[0]));
	VS_ASSERT(q);
	q->arrivals = q->dom_burst = q->sock_burst = 0;
	return q;
}

/* When can the next of this line's waiters be chosen? */
static vs_ps decision_time(const struct vs_hw *hw, uint32_t line)
{
	const struct vs_line *l = &hw->lines[line];
	uint32_t home = vs_line_home(hw, line);
	vs_ps leg;

	if (l->owner)
		leg = vs_leg(hw, home, l->owner - 1);
	else if (l->n_sharers)
		leg = hw->m.leg_ps[VS_SAME_SOCKET];
	else
		return 0;
	return l->free > leg ? l->free - leg : 0;
}

static bool conflicts(const struct vs_line *l, const struct vs_req *r)
{
	if (l->owner)
		return l->owner != r->core->id + 1u;
	return r->write && l->n_sharers;
}

static void schedule(struct vs_hw *hw, uint32_t line, vs_ps now)
{
	struct vs_waitq *q = hw->lines[line].waitq;
	vs_ps at = decision_time(hw, line);

	if (q->scheduled)
		return;
	q->scheduled = true;
	struct vs_event *ev = vs_event_new(hw->engine);

	ev->rank = VS_CLASS_DECISION;
	ev->line = line;
	ev->time = at > now ? at : now + 1;
	ev->fn.agent = decide;
	ev->obj = hw;
	vs_send_later(hw->engine, ev);
}

static void line_is_at(struct vs_waitq *q, const struct vs_hw_core *hc)
{
	q->domain = hc->domain;
	q->socket = hc->socket;
}

static void enqueue(struct vs_hw *hw, struct vs_req *r, vs_ps now)
{
	struct vs_line *l = &hw->lines[r->line];
	struct vs_waitq *q = l->waitq;

	if (!q) {
		const struct vs_hw_core *at = &hw->cores[l->owner ? l->owner - 1u : r->core->id];

		q = l->waitq = waitq_new(hw);
		line_is_at(q, at);
	}
	struct vs_wait_list *list = &q->list[vs_hwc(r->core)->domain][r->write];

	r->next = NULL;
	r->arrival = q->arrivals++;
	q->waiting++;
	if (list->tail)
		list->tail->next = r;
	else
		list->head = r;
	list->tail = r;
	schedule(hw, r->line, now);
}

static struct vs_req *take_first(struct vs_waitq *q, struct vs_wait_list *list)
{
	struct vs_req *r = list->head;

	list->head = r->next;
	if (!list->head)
		list->tail = NULL;
	q->waiting--;
	return r;
}

/* The list whose first waiter has waited longest, of these domains; NULL: nobody waits there. */
static struct vs_wait_list *oldest_of(struct vs_waitq *q, uint32_t first, uint32_t end,
				      struct vs_wait_list *best)
{
	for (uint32_t d = first; d < end; d++)
		for (int w = 0; w < 2; w++) {
			struct vs_wait_list *list = &q->list[d][w];

			if (list->head && (!best || list->head->arrival < best->head->arrival))
				best = list;
		}
	return best;
}

/* Oldest waiter of the best class that still may go first; nobody is passed over for longer than
 * two bursts of every domain before it. */
static struct vs_req *choose(struct vs_hw *hw, struct vs_waitq *q)
{
	uint32_t per_socket = hw->m.l3_per_socket, from = q->socket * per_socket,
		 to = from + per_socket, burst = hw->m.local_burst;
	struct vs_wait_list *here = oldest_of(q, q->domain, q->domain + 1, NULL), *near = NULL,
			    *away = NULL, *list;

	if (here && q->dom_burst < burst) {
		list = here;
	} else {
		near = oldest_of(q, q->domain + 1, to, oldest_of(q, from, q->domain, NULL));
		if (!near || q->sock_burst >= burst)
			away = oldest_of(q, to, hw->n_domains, oldest_of(q, 0, from, NULL));
		if (near && (q->sock_burst < burst || !away))
			list = near;
		else
			list = away ? away : here;
	}
	struct vs_req *r = take_first(q, list);

	q->dom_burst = list == here ? q->dom_burst + 1 : 1;
	q->sock_burst = list == away ? 1 : q->sock_burst + (list == near);
	line_is_at(q, vs_hwc(r->core));
	return r;
}

static void grant_one(struct vs_hw *hw, struct vs_req *r, vs_ps at)
{
	vs_ps g = vs_order_losses(hw, r, r->line, r->write, at);
	bool exclusive;

	r->tenure = vs_take_line(hw, r, r->line, r->write, g, &exclusive);
	r->exclusive = exclusive;
	vs_send_fill(hw, r, g);
}

static void grant_readers(struct vs_hw *hw, struct vs_waitq *q, vs_ps at)
{
	for (uint32_t d = 0; d < hw->n_domains; d++)
		while (q->list[d][false].head)
			grant_one(hw, take_first(q, &q->list[d][false]), at);
}

static void decide(struct vs_engine *e, struct vs_event *ev)
{
	struct vs_hw *hw = ev->obj;
	struct vs_line *l = &hw->lines[ev->line];
	struct vs_waitq *q = l->waitq;
	vs_ps now = ev->time;

	(void)e;
	q->scheduled = false;
	if (decision_time(hw, ev->line) <= now) {
		struct vs_req *r = choose(hw, q);
		bool write = r->write;

		grant_one(hw, r, now);
		if (!write && !l->owner)
			grant_readers(hw, q, now);
	}
	if (q->waiting) {
		schedule(hw, ev->line, now);
		return;
	}
	l->waitq = NULL;
	q->next_free = hw->free_waitqs;
	hw->free_waitqs = q;
}

static void grant_multi(struct vs_hw *hw, struct vs_req *r, vs_ps now)
{
	struct vs_multi *x = r->multi;
	vs_ps g = 0;
	uint8_t cause = 0;

	for (uint32_t i = 0; i < x->n; i++) {
		vs_ps gi = vs_order_losses(hw, r, x->line[i], x->write[i], now);

		if (gi > g) {
			g = gi;
			cause = r->cause;
			r->slowest = (uint8_t)i;
		}
	}
	g += (x->n - 1) * hw->m.bulk_line_ps;
	for (uint32_t i = 0; i < x->n; i++) {
		bool exclusive;

		x->tenure[i] = vs_take_line(hw, r, x->line[i], x->write[i], g, &exclusive);
		x->exclusive[i] = exclusive;
		if (hw->lines[x->line[i]].waitq)
			line_is_at(hw->lines[x->line[i]].waitq, vs_hwc(r->core));
	}
	r->cause = cause;
	vs_send_fill(hw, r, g);
}

void vs_dir_request(struct vs_engine *e, struct vs_event *ev)
{
	struct vs_req *r = ev->obj;
	struct vs_hw *hw = vs_hwc(r->core)->hw;
	struct vs_line *l = &hw->lines[r->line];

	(void)e;
	if (r->multi) {
		grant_multi(hw, r, ev->time);
		return;
	}
	if (l->waitq || (conflicts(l, r) && decision_time(hw, r->line) > ev->time))
		enqueue(hw, r, ev->time);
	else
		grant_one(hw, r, ev->time);
}

void vs_dir_notice(struct vs_engine *e, struct vs_event *ev)
{
	struct vs_hw_core *hc = ev->obj;
	struct vs_line *l = &hc->hw->lines[ev->line];

	(void)e;
	if (ev->issue > l->last_loss)
		l->last_loss = ev->issue;
	if (l->owner != hc->core->id + 1u || l->tenure != ev->a)
		return;
	l->owner = 0;
	vs_l3_insert(hc->hw, hc->domain, ev->line);
}
