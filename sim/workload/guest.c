/* What goes on inside the guests: running, halting, and asking for the operations of the streams
 * that vCPUs issue. */
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

static void plan(void *ctx, vs_ps now, struct vs_guest_plan *out)
{
	struct vs_slot *slot = ctx;
	struct vs_issuer *next = earliest(slot, now);
	vs_ps run, halt, left;

	slot->current = next;
	if (next && next->due_ps <= now) {
		*out = (struct vs_guest_plan){.then = VS_GUEST_OPERATION};
		return;
	}
	run = vs_dist_draw(&slot->w->s->guest_run, slot->run_rng);
	halt = vs_dist_draw(&slot->w->s->guest_halt, slot->halt_rng);
	left = next ? next->due_ps - now : VS_PS_NEVER;
	if (run >= left) {
		*out = (struct vs_guest_plan){.run_ps = left, .then = VS_GUEST_OPERATION};
		return;
	}
	if (next && halt > left - run)
		halt = left - run; /* the guest's own timer */
	*out = (struct vs_guest_plan){.run_ps = run, .then = VS_GUEST_HALT, .halt_ps = halt};
}

static void left(void *ctx, vs_ps now)
{
	struct vs_slot *slot = ctx;

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
		vs_target_entered(slot->w, slot->vcpu, now);
	}
	if (slot->create_start != VS_PS_NEVER) {
		sink->latency(sink->ctx, VS_OP_HOTPLUG, VS_TO_ONLINE, now - slot->create_start);
		slot->create_start = VS_PS_NEVER;
		vs_conductor_guest_online(slot);
	}
	if (slot->calling) {
		struct vs_issuer *done = slot->calling;

		slot->calling = NULL;
		vs_issuer_end(done, now);
	}
}

const struct vs_guest_ops vs_workload_guest = {
	.plan = plan, .left = left, .operation = operation, .entered = entered};

void vs_slot_thread(void *arg)
{
	struct vs_slot *slot = arg;

	slot->w->table->vcpu_run(slot->vcpu);
	for (uint32_t k = 0; k < slot->n_issuers; k++)
		vs_issuer_retire(slot->issuers[k]);
	vs_conductor_guest_gone(slot);
}
