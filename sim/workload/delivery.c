/*
 * Who has taken which broadcast. A target's list is appended to right after the atomic that posts
 * the request, and emptied right after the one that consumes it: both own the line of the request
 * word then, so the lists change in the order of simulated time, whatever the host's.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/workload/private.h"

struct vs_opened *vs_opened_new(struct vs_workload *w)
{
	struct vs_opened *o = w->free_opened;

	if (o)
		w->free_opened = o->next;
	else if (!(o = malloc(sizeof(*o))))
		vs_bug(__FILE__, __LINE__, "out of memory");
	memset(o, 0, sizeof(*o));
	return o;
}

static void close_if_complete(struct vs_workload *w, struct vs_opened *o)
{
	if (!o->returned || o->taken < o->targets)
		return;
	if (o->targets && o->op == VS_OP_IPI_BROADCAST)
		w->sink->latency(w->sink->ctx, o->op, VS_TO_LAST, o->last_taken - o->start);
	o->next = w->free_opened;
	w->free_opened = o;
}

void vs_opened_returned(struct vs_workload *w, struct vs_opened *o)
{
	o->returned = true;
	close_if_complete(w, o);
}

/* Where a vCPU's line is, or would be, in by_line. */
static uint32_t *find(struct vs_workload *w, const void *vcpu, uint32_t *line)
{
	*line = vs_hw_arena_offset(w->hw, (uintptr_t)vcpu) >> 6;
	uint32_t at = *line * UINT32_C(2654435761) & w->by_line_mask;

	while (w->by_line[2 * at + 1] && w->by_line[2 * at] != *line)
		at = (at + 1) & w->by_line_mask;
	return &w->by_line[2 * at];
}

/* Notes about a vCPU are understood from the moment it may be handed out. */
static void ready(struct vs_workload *w, const void *vcpu, uint64_t index)
{
	uint32_t line, *at = find(w, vcpu, &line);

	if (index >= w->s->max_vcpus)
		return; /* the checkers' business */
	at[0] = line;
	at[1] = index + 1;
}

void vs_target_entered(struct vs_slot *slot, vs_ps now)
{
	struct vs_workload *w = slot->w;
	uint32_t line, target = find(w, slot->vcpu, &line)[1];

	if (!target)
		return;
	w->targets[target - 1].id = slot->id;
	w->targets[target - 1].entered_at = now;
}

void vs_target_left(struct vs_slot *slot, vs_ps now)
{
	uint32_t line, target = find(slot->w, slot->vcpu, &line)[1];

	if (target)
		slot->w->targets[target - 1].left_at = now;
}

/* A vCPU that has never run would not answer: it takes no part in deliveries. Seen with the delay
 * of the machine's window, so that the host's order does not matter. */
static void posted(struct vs_workload *w, struct vs_target *t)
{
	struct vs_opened *o = w->opened_of[vs_task_id(vs_task_current())];
	vs_ps seen = vs_core_now->clock, window = w->s->machine.window_ps;

	if (!o || !o->issuer->send || seen < window || t->entered_at > seen - window)
		return;
	if (t->n_pending == t->cap_pending) {
		t->cap_pending = t->cap_pending ? 2 * t->cap_pending : 4;
		t->pending = realloc(t->pending, t->cap_pending * sizeof(*t->pending));
		if (!t->pending)
			vs_bug(__FILE__, __LINE__, "out of memory");
	}
	t->pending[t->n_pending++] =
		(struct vs_due){.opened = o, .record = vs_sender_record(o->issuer, t->id)};
	o->targets++;
}

static void taken(struct vs_workload *w, struct vs_target *t)
{
	vs_ps now = vs_core_now->clock;

	for (uint32_t i = 0; i < t->n_pending; i++) {
		struct vs_opened *o = t->pending[i].opened;

		if (t->pending[i].record)
			vs_slot_acknowledge(&w->slots[t->id], t->pending[i].record);
		o->taken++;
		if (now > o->last_taken)
			o->last_taken = now;
		w->sink->latency(w->sink->ctx, o->op, VS_DELIVERY, now - o->start);
		close_if_complete(w, o);
	}
	t->n_pending = 0;
}

/* Whoever could post to it has done so, and its thread has ended: what it has not taken is lost. */
static void gone(struct vs_workload *w, struct vs_target *t)
{
	for (uint32_t i = 0; i < t->n_pending; i++) {
		t->pending[i].opened->targets--;
		close_if_complete(w, t->pending[i].opened);
	}
	t->n_pending = 0;
}

void vs_workload_note(struct vs_workload *w, enum vs_note what, const void *obj, uint64_t a)
{
	uint32_t line, target;

	if (what == VS_NOTE_VCPU_READY)
		ready(w, obj, a);
	if (what == VS_NOTE_VCPU_GONE && !w->ending && a < w->s->max_vcpus)
		gone(w, &w->targets[a]);
	if ((what != VS_NOTE_IPI_POSTED && what != VS_NOTE_IPI_TAKEN) || !vs_hw_pricing(w->hw))
		return;
	target = find(w, obj, &line)[1];
	if (!target)
		return;
	if (what == VS_NOTE_IPI_POSTED)
		posted(w, &w->targets[target - 1]);
	else
		taken(w, &w->targets[target - 1]);
}
