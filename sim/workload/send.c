/*
 * What a guest does to send an interrupt. Exits, as host.ipi_send has it: the guest knows which of
 * its CPUs are up and asks for them one by one, by cluster, by 128 at a time, or all at once.
 *
 * Who waits does so as the guest's own kernel would: a call record for each target, on a line of
 * its own, is filled before the first exit, cleared by the target's handler, and read in turn after
 * the last one. All of it in guest mode, a step at a time.
 */
#include <stdlib.h>

#include "sim/hw/access.h"
#include "sim/workload/calls.h"
#include "sim/workload/private.h"

static bool has(const struct vs_sender *s, uint32_t id)
{
	return s->up[id / 64] >> id % 64 & 1;
}

/* The first target from `id` on; max_vcpus: none. */
static uint32_t next_up(const struct vs_issuer *i, uint32_t id)
{
	uint32_t n = i->w->s->max_vcpus;

	while (id < n && !has(i->send, id))
		id++;
	return id;
}

static bool is_broadcast(const struct vs_issuer *i)
{
	return i->stream->def->op == VS_OP_IPI_BROADCAST;
}

bool vs_sender_init(struct vs_issuer *i)
{
	const struct vs_scenario *s = i->w->s;
	struct vs_sender *send = calloc(1, sizeof(*send));

	if (!send)
		return false;
	i->send = send;
	send->up = calloc((s->max_vcpus + 63) / 64, sizeof(*send->up));
	if (i->stream->def->wait)
		send->record = vs_hw_arena_take(i->w->hw, (size_t)s->max_vcpus * 64,
						i->slot->id % s->cpus);
	if (send->record)
		vs_hw_name(i->w->hw, send->record, (size_t)s->max_vcpus * 64, 64,
			   "guest's call records");
	return send->up && (send->record || !i->stream->def->wait);
}

void vs_sender_release(struct vs_issuer *i)
{
	if (i->send)
		free(i->send->up);
	free(i->send);
}

/* Another vCPU that is there from the start to the end, or this one. */
static uint32_t choose(struct vs_issuer *i)
{
	uint32_t self = i->slot->id;

	if (i->stream->def->to == VS_UNICAST_SELF)
		return self;
	return vs_draw_other(i->choices, i->w->n_stay, self);
}

/* Context code: who is up is what was known a window ago. */
static void find_targets(struct vs_issuer *i)
{
	const struct vs_workload *w = i->w;
	struct vs_sender *s = i->send;
	vs_ps view = vs_host_view(w->host);

	for (uint32_t k = 0; k < (w->s->max_vcpus + 63) / 64; k++)
		s->up[k] = 0;
	if (!is_broadcast(i))
		s->to = choose(i);
	for (uint32_t k = 0; k < w->s->max_vcpus; k++) {
		const struct vs_target *t = &w->targets[k];

		if (t->entered_at == VS_PS_NEVER || t->entered_at > view || t->left_at <= view)
			continue;
		if (is_broadcast(i) ? t->id != i->slot->id || i->stream->def->to_self
				    : t->id == s->to)
			s->up[t->id / 64] |= UINT64_C(1) << t->id % 64;
	}
	s->next = next_up(i, 0);
}

/* -- exits ------------------------------------------------------------------------------------- */

/* Ids from `first` on, as far as they fit. */
static void take_set(struct vs_issuer *i, uint32_t first, uint32_t n, struct vs_ipi *ipi)
{
	struct vs_sender *s = i->send;

	ipi->to = VS_IPI_SET;
	ipi->first = first;
	while (s->next < i->w->s->max_vcpus && s->next - first < n) {
		uint32_t bit = s->next - first;

		ipi->set[bit / 64] |= UINT64_C(1) << bit % 64;
		s->next = next_up(i, s->next + 1);
	}
}

static void broadcast_exit(struct vs_issuer *i)
{
	struct vs_workload *w = i->w;
	struct vs_sender *s = i->send;
	struct vs_ipi ipi = {.to = VS_IPI_ID, .first = s->next};

	if (w->s->ipi_send == VS_SEND_SHORTHAND) {
		w->table->broadcast(w->vm, i->stream->def->to_self ? NULL : i->slot->vcpu);
		s->next = w->s->max_vcpus;
		return;
	}
	if (s->next == w->s->max_vcpus)
		return; /* nobody else is up */
	if (w->s->ipi_send == VS_SEND_PHYSICAL) {
		if (s->next == i->slot->id)
			ipi.to = VS_IPI_SELF; /* a register of its own */
		s->next = next_up(i, s->next + 1);
	} else if (w->s->ipi_send == VS_SEND_CLUSTER) {
		take_set(i, s->next / 16 * 16, 16, &ipi);
	} else {
		take_set(i, s->next, 128, &ipi);
	}
	w->table->ipi(w->vm, i->slot->vcpu, &ipi);
}

static void unicast_exit(struct vs_issuer *i)
{
	static const enum vs_ipi_to how[] = {[VS_UNICAST_INDEX] = VS_IPI_INDEX,
					     [VS_UNICAST_ID] = VS_IPI_ID,
					     [VS_UNICAST_SELF] = VS_IPI_SELF};
	struct vs_ipi ipi = {.to = how[i->stream->def->to], .first = i->send->to};

	i->w->table->ipi(i->w->vm, i->slot->vcpu, &ipi);
	i->send->next = i->w->s->max_vcpus;
}

/* One exit's worth, in host context. */
void vs_sender_exit(struct vs_issuer *i)
{
	struct vs_sender *s = i->send;

	if (s->phase == VS_SEND_NOT) {
		find_targets(i);
		s->phase = VS_SEND_EXITS;
	}
	if (is_broadcast(i))
		broadcast_exit(i);
	else
		unicast_exit(i);
	if (s->next < i->w->s->max_vcpus)
		return;
	s->phase = s->record ? VS_SEND_AWAIT : VS_SEND_NOT;
	s->next = next_up(i, 0);
}

/* -- records ----------------------------------------------------------------------------------- */

uint64_t *vs_sender_record(const struct vs_issuer *i, uint32_t id)
{
	const struct vs_sender *s = i->send;

	return s && s->record && has(s, id) ? s->record + (size_t)id * 8 : NULL;
}

static void fill(struct vs_issuer *i)
{
	struct vs_sender *s = i->send;
	uint64_t *record = vs_sender_record(i, s->next);

	vs_access((uintptr_t)record, sizeof(*record), VS_WRITE, 0);
	*record = 1;
	s->next = next_up(i, s->next + 1);
}

static void await(struct vs_issuer *i)
{
	struct vs_sender *s = i->send;
	const uint64_t *record = vs_sender_record(i, s->next);

	vs_access((uintptr_t)record, sizeof(*record), VS_READ | VS_VOLATILE, 0);
	if (*record)
		vs_relax_for_interrupt();
	else
		s->next = next_up(i, s->next + 1);
}

/* A step of who waits, in guest mode. */
void vs_sender_step(struct vs_issuer *i)
{
	struct vs_sender *s = i->send;

	if (s->phase == VS_SEND_NOT) {
		find_targets(i);
		s->phase = VS_SEND_FILL;
	} else if (s->next < i->w->s->max_vcpus) {
		if (s->phase == VS_SEND_FILL)
			fill(i);
		else
			await(i);
	} else if (s->phase == VS_SEND_FILL) {
		s->phase = VS_SEND_EXITS;
		s->next = next_up(i, 0);
		vs_guest_poke(i->task);
	} else {
		s->phase = VS_SEND_NOT;
		i->slot->calling = NULL;
		vs_issuer_end(i, vs_now_ps());
		vs_guest_poke(i->task);
	}
}

/* The target's handler, a step at a time. */
void vs_slot_handles(struct vs_slot *slot)
{
	uint64_t *record;

	if (!slot->handling) {
		slot->handling = true;
		vs_host_charge(slot->w->host, slot->w->s->machine.guest_handler_ps,
			       VS_CAUSE_COMPUTE);
		return;
	}
	record = slot->ack[slot->acked++];
	vs_access((uintptr_t)record, sizeof(*record), VS_WRITE, 0);
	*record = 0;
	if (slot->acked == slot->n_acks) {
		slot->acked = slot->n_acks = 0;
		slot->handling = false;
	}
}

void vs_slot_acknowledge(struct vs_slot *slot, uint64_t *record)
{
	if (slot->n_acks == slot->cap_acks) {
		slot->cap_acks = slot->cap_acks ? 2 * slot->cap_acks : 4;
		slot->ack = realloc(slot->ack, slot->cap_acks * sizeof(*slot->ack));
		if (!slot->ack)
			vs_bug(__FILE__, __LINE__, "out of memory");
	}
	slot->ack[slot->n_acks++] = record;
}
