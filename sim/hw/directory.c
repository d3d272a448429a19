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
		q = malloc(sizeof(*q));
	VS_ASSERT(q);
	*q = (struct vs_waitq){0};
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

static void enqueue(struct vs_hw *hw, struct vs_req *r, vs_ps now)
{
	struct vs_line *l = &hw->lines[r->line];
	struct vs_waitq *q = l->waitq;

	if (!q) {
		const struct vs_hw_core *at = &hw->cores[l->owner ? l->owner - 1u : r->core->id];

		q = l->waitq = waitq_new(hw);
		q->domain = at->domain;
		q->socket = at->socket;
	}
	r->next = NULL;
	if (q->tail)
		q->tail->next = r;
	else
		q->head = r;
	q->tail = r;
	schedule(hw, r->line, now);
}

static struct vs_req *unlink_req(struct vs_waitq *q, struct vs_req *prev, struct vs_req *r)
{
	if (prev)
		prev->next = r->next;
	else
		q->head = r->next;
	if (q->tail == r)
		q->tail = prev;
	return r;
}

enum where { IN_DOMAIN, IN_SOCKET, OUTSIDE };

static enum where where_is(const struct vs_waitq *q, const struct vs_req *r)
{
	const struct vs_hw_core *hc = vs_hwc(r->core);

	if (hc->domain == q->domain)
		return IN_DOMAIN;
	return hc->socket == q->socket ? IN_SOCKET : OUTSIDE;
}

/* Oldest waiter of the best class that still may go first; nobody is passed over for longer than
 * two bursts of every domain before it. */
static struct vs_req *choose(struct vs_hw *hw, struct vs_waitq *q)
{
	struct vs_req *first[3] = {NULL}, *prev[3] = {NULL}, *before = NULL;
	enum where w;

	for (struct vs_req *r = q->head; r; before = r, r = r->next) {
		w = where_is(q, r);
		if (!first[w]) {
			first[w] = r;
			prev[w] = before;
		}
	}
	if (first[IN_DOMAIN] && q->dom_burst < hw->m.local_burst)
		w = IN_DOMAIN;
	else if (first[IN_SOCKET] && q->sock_burst < hw->m.local_burst)
		w = IN_SOCKET;
	else if (first[OUTSIDE])
		w = OUTSIDE;
	else
		w = first[IN_SOCKET] ? IN_SOCKET : IN_DOMAIN;
	const struct vs_hw_core *hc = vs_hwc(first[w]->core);

	q->dom_burst = w == IN_DOMAIN ? q->dom_burst + 1 : 1;
	q->sock_burst = w == OUTSIDE ? 1 : q->sock_burst + (w == IN_SOCKET);
	q->domain = hc->domain;
	q->socket = hc->socket;
	return unlink_req(q, prev[w], first[w]);
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
	struct vs_req *prev = NULL, *r = q->head;

	while (r) {
		struct vs_req *next = r->next;

		if (!r->write)
			grant_one(hw, unlink_req(q, prev, r), at);
		else
			prev = r;
		r = next;
	}
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
	if (q->head) {
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
		}
	}
	g += (x->n - 1) * hw->m.bulk_line_ps;
	for (uint32_t i = 0; i < x->n; i++) {
		bool exclusive;

		x->tenure[i] = vs_take_line(hw, r, x->line[i], x->write[i], g, &exclusive);
		x->exclusive[i] = exclusive;
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
