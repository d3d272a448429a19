/* What goes on inside the guests: running, halting, and asking for the operations of the streams
 * that vCPUs issue. */
#include <string.h>

#include "sim/workload/private.h"

static struct vs_issuer *earliest(struct vs_slot *slot, vs_ps now)
{
	struct vs_issuer *best = NULL;

	for (uint32_t k = 0; k < slot->n_issuers; k++) {
		struct vs_issuer *i = slot->issuers[k];

		if (i->finished)
			continue;
		if (i->stream->def->arrival == VS_ARRIVAL_PACED)
			vs_issuer_next(i, now);
		if (vs_issuer_over(i, now)) {
			vs_issuer_retire(i);
			continue;
		}
		if (!best || i->due_ps < best->due_ps)
			best = i;
	}
	return best && best->due_ps != VS_PS_NEVER ? best : NULL;
}

/* The next step of a run of `run`, all of it or up to a lock. Guest time goes on for the next lock
 * where it stood. */
static bool lock_before(struct vs_slot *slot, vs_ps run, struct vs_guest_plan *out)
{
	const struct vs_scenario *s = slot->w->s;
	vs_ps at = slot->lock_in;

	if (!s->guest_locks)
		return false;
	if (at == VS_PS_NEVER)
		at = vs_dist_draw(&s->lock_every, slot->lock_rng);
	if (at >= run) {
		slot->lock_in = at - run;
		return false;
	}
	slot->lock_in = VS_PS_NEVER;
	*out = (struct vs_guest_plan){.run_ps = at,
				      .then = VS_GUEST_LOCK,
				      .lock = slot->w->locks +
					      gsl_rng_uniform_int(slot->lock_rng, s->guest_locks) *
						      VS_LOCK_WORDS,
				      .hold_ps = vs_dist_draw(&s->lock_hold, slot->lock_rng)};
	return true;
}

/* For its targets, that is, and so in guest mode. */
static bool waits(const struct vs_issuer *i)
{
	return i->send && i->send->record;
}

static void plan(void *ctx, vs_ps now, struct vs_guest_plan *out)
{
	struct vs_slot *slot = ctx;
	struct vs_issuer *next = slot->calling ? slot->calling : earliest(slot, now);
	enum vs_guest_then then = next && waits(next) ? VS_GUEST_WORK : VS_GUEST_OPERATION;
	vs_ps run, halt, left;

	slot->current = next;
	if (slot->leaves) {
		*out = (struct vs_guest_plan){.then = VS_GUEST_STOP};
		return;
	}
	if (slot->calling || (next && next->due_ps <= now)) {
		if (next->send && next->send->phase == VS_SEND_EXITS)
			then = VS_GUEST_OPERATION;
		*out = (struct vs_guest_plan){.then = then};
		return;
	}
	run = slot->run_left ? slot->run_left : vs_dist_draw(&slot->w->s->guest_run, slot->run_rng);
	slot->run_left = 0;
	left = next ? next->due_ps - now : VS_PS_NEVER;
	if (lock_before(slot, run < left ? run : left, out)) {
		slot->run_left = run - out->run_ps;
		return;
	}
	halt = vs_dist_draw(&slot->w->s->guest_halt, slot->halt_rng);
	if (run >= left) {
		*out = (struct vs_guest_plan){.run_ps = left, .then = then};
		return;
	}
	if (next && halt > left - run)
		halt = left - run; /* the guest's own timer */
	*out = (struct vs_guest_plan){.run_ps = run, .then = VS_GUEST_HALT, .halt_ps = halt};
}

static void left(void *ctx, vs_ps now)
{
	struct vs_slot *slot = ctx;

	if (slot->calling)
		return; /* a further exit of one that has begun */
	slot->calling = slot->current;
	vs_issuer_begin(slot->calling, now);
}

static void operation(void *ctx)
{
	struct vs_slot *slot = ctx;

	vs_issuer_perform(slot->calling);
}

static void entered(void *ctx, vs_ps now)
{
	struct vs_slot *slot = ctx;
	const struct vs_op_sink *sink = slot->w->sink;

	if (!slot->has_run) {
		slot->has_run = true;
		vs_target_entered(slot, now);
	}
	if (slot->create_start != VS_PS_NEVER) {
		sink->latency(sink->ctx, VS_OP_HOTPLUG, VS_TO_ONLINE, now - slot->create_start);
		slot->create_start = VS_PS_NEVER;
		vs_conductor_guest_online(slot);
	}
	if (slot->calling && !(slot->calling->send && slot->calling->send->phase)) {
		struct vs_issuer *done = slot->calling;

		slot->calling = NULL;
		vs_issuer_end(done, now);
	}
}

static void locking(void *ctx, vs_ps now)
{
	struct vs_slot *slot = ctx;

	slot->lock_start = now;
	memcpy(slot->lock_books, vs_task_books(slot->task), sizeof(slot->lock_books));
}

static void locked(void *ctx, vs_ps now)
{
	struct vs_slot *slot = ctx;
	const struct vs_op_sink *sink = slot->w->sink;
	const vs_ps *books = vs_task_books(slot->task);
	vs_ps parts[VS_CAUSES];

	for (int c = 0; c < VS_CAUSES; c++)
		parts[c] = books[c] - slot->lock_books[c];
	sink->op(sink->ctx, VS_OP_GUEST_LOCK, slot->lock_start, now, parts, false);
}

/* Handlers first, as interrupts do. */
static bool work(void *ctx)
{
	struct vs_slot *slot = ctx;
	struct vs_issuer *i = slot->current;

	if (slot->n_acks) {
		vs_slot_handles(slot);
		return true;
	}
	if (!slot->calling && i && waits(i) && i->due_ps <= vs_now_ps() &&
	    !vs_issuer_over(i, vs_now_ps())) {
		slot->calling = i;
		vs_issuer_begin(i, vs_now_ps());
	}
	i = slot->calling;
	if (!i || !waits(i) || i->send->phase == VS_SEND_EXITS)
		return false;
	vs_sender_step(i);
	return true;
}

const struct vs_guest_ops vs_workload_guest = {.plan = plan,
					       .left = left,
					       .operation = operation,
					       .entered = entered,
					       .work = work,
					       .locking = locking,
					       .locked = locked};

static void slot_left(struct vs_task *t, void *arg)
{
	struct vs_issuer *i = arg;

	i->slot_left = true;
	vs_task_wake(t);
}

void vs_slot_thread(void *arg)
{
	struct vs_slot *slot = arg;

	slot->w->table->vcpu_run(slot->vcpu);
	for (uint32_t k = 0; k < slot->n_issuers; k++)
		vs_issuer_retire(slot->issuers[k]);
	if (slot->unplugger)
		vs_target_left(slot, vs_now_ps());
	if (slot->unplugger)
		vs_task_post(slot->unplugger->task, slot_left, slot->unplugger);
	else
		vs_conductor_guest_gone(slot);
}

static void leave(struct vs_task *t, void *arg)
{
	struct vs_slot *slot = arg;

	slot->leaves = true;
	vs_guest_poke(t);
}

void vs_slot_stop(struct vs_slot *slot, struct vs_issuer *unplugger)
{
	slot->unplugger = unplugger;
	unplugger->slot_left = false;
	vs_task_post(slot->task, leave, slot);
	while (!unplugger->slot_left)
		vs_task_block(VS_WAIT_TIMER, unplugger, NULL, VS_PS_NEVER);
}
