/*
 * The conductor: boots the VM before the clock starts, knows how far each stream is, and takes the
 * VM down when all have ended. Its state belongs to its CPU; everybody else sends messages.
 */
#include "sim/workload/private.h"

static void told(struct vs_task *t, void *arg)
{
	struct vs_issuer *i = arg;

	i->told++;
	if (i->slot)
		vs_guest_poke(t);
	else
		vs_task_wake(t);
}

static void stopped(struct vs_task *t, void *arg)
{
	struct vs_issuer *i = arg;

	i->stop = true;
	/* what was handed to it may still be on its way, behind this message */
	if (i->stream->def->arrival == VS_ARRIVAL_PACED && i->handed < i->share)
		i->share = i->handed;
	if (i->slot)
		vs_guest_poke(t);
	else
		vs_task_wake(t);
}

static void stop_stream(struct vs_stream_state *s)
{
	for (uint32_t k = 0; k < s->def->issuers; k++)
		vs_task_post(s->issuers[k].task, stopped, &s->issuers[k]);
}

static void stream_ended(struct vs_workload *w, uint32_t n)
{
	w->streams[n].ended = true;
	w->streams_left--;
	for (uint32_t k = 0; k < w->s->n_streams; k++) {
		struct vs_stream_state *s = &w->streams[k];
		bool follows = s->def->arrival == VS_ARRIVAL_PACED && s->def->pace_stream == n;
		bool until = s->def->end == VS_END_UNTIL && s->def->until_stream == n;

		if ((follows || until) && !s->ended)
			stop_stream(s);
	}
	if (!w->streams_left)
		vs_task_wake(w->conductor);
}

static void on_completed(struct vs_task *t, void *arg)
{
	struct vs_stream_state *done = arg;
	struct vs_workload *w = done->w;
	uint32_t n = done - w->streams;

	(void)t;
	done->completed++;
	for (uint32_t k = 0; k < w->s->n_streams; k++) {
		struct vs_stream_state *s = &w->streams[k];

		if (s->def->arrival != VS_ARRIVAL_PACED || s->def->pace_stream != n ||
		    done->completed % s->def->pace_every || s->ended)
			continue;
		struct vs_issuer *i = &s->issuers[s->handed_out++ % s->def->issuers];

		i->handed++;
		vs_task_post(i->task, told, i);
	}
}

static void on_issuer_done(struct vs_task *t, void *arg)
{
	struct vs_stream_state *s = arg;

	(void)t;
	if (!--s->issuers_left)
		stream_ended(s->w, s - s->w->streams);
}

static void on_guest_online(struct vs_task *t, void *arg)
{
	struct vs_workload *w = arg;

	w->came_online++;
	if (!w->streams_left)
		vs_task_wake(t);
}

static void on_guest_gone(struct vs_task *t, void *arg)
{
	struct vs_workload *w = arg;

	if (!--w->guests_left)
		vs_task_wake(t);
}

void vs_conductor_completed(struct vs_issuer *i)
{
	vs_task_post(i->w->conductor, on_completed, i->stream);
}

void vs_conductor_issuer_done(struct vs_issuer *i)
{
	vs_task_post(i->w->conductor, on_issuer_done, i->stream);
}

void vs_conductor_guest_online(struct vs_slot *slot)
{
	vs_task_post(slot->w->conductor, on_guest_online, slot->w);
}

void vs_conductor_guest_gone(struct vs_slot *slot)
{
	vs_task_post(slot->w->conductor, on_guest_gone, slot->w);
}

/* Nothing costs anything here: the scenario begins with a machine that has booted. */
static bool boot(struct vs_workload *w)
{
	struct vs_vm_params p = {.max_vcpus = w->s->max_vcpus,
				 .table = w->params,
				 .apic_map = w->s->ipi_send != VS_SEND_SHORTHAND,
				 .posted = w->s->ipi_delivery == VS_DELIVERY_POSTED,
				 .vp_mismatched = w->s->vp_mismatched};

	if (vs_has_op(w->s, VS_OP_MEMSLOT_READ) || vs_has_op(w->s, VS_OP_MEMSLOT_UPDATE))
		p.memslots = w->s->memslots;

	if (!vs_plain_boot(w))
		return false;
	if (w->s->no_vm)
		return true;
	w->boot_failed = "the VM";
	w->boot_error = w->table->vm_create(&p, &w->vm);
	for (uint32_t id = 0; id < w->s->boot_vcpus && !w->boot_error; id++)
		w->boot_error = w->table->vcpu_create(w->vm, id, &w->slots[id].vcpu);
	return !w->boot_error;
}

static void start(struct vs_workload *w)
{
	for (uint32_t id = 0; id < w->s->boot_vcpus; id++)
		vs_task_wake(w->slots[id].task);
	for (uint32_t n = 0; n < w->s->n_streams; n++)
		for (uint32_t k = 0; k < w->streams[n].def->issuers; k++)
			if (!w->streams[n].issuers[k].slot)
				vs_task_wake(w->streams[n].issuers[k].task);
}

static uint32_t created(const struct vs_workload *w, uint32_t from)
{
	uint32_t n = 0;

	for (uint32_t id = from; id < w->s->max_vcpus; id++)
		n += w->slots[id].vcpu != NULL;
	return n;
}

/* Creates that failed have left everything as it was. */
static void check_failing(struct vs_workload *w)
{
	if (vs_has_op(w->s, VS_OP_CREATE_FAILING))
		vs_expect("vCPUs after creates that failed", w->table->online(w->vm),
			  created(w, 0));
}

void vs_conductor_thread(void *arg)
{
	struct vs_workload *w = arg;

	vs_hw_set_pricing(w->hw, false);
	if (!boot(w)) {
		vs_engine_finish(vs_core_now->engine);
		vs_task_block(VS_WAIT_WORK, w, NULL, VS_PS_NEVER);
	}
	start(w);
	vs_hw_set_pricing(w->hw, true);
	if (w->booted)
		w->booted(w->booted_ctx);
	/* when the streams have ended every create has returned, but its vCPU may be on its way */
	while (w->streams_left || w->came_online < created(w, w->s->boot_vcpus))
		vs_task_block(VS_WAIT_WORK, w, NULL, VS_PS_NEVER);
	vs_plain_check(w);
	check_failing(w);
	w->guests_left = created(w, 0);
	vs_host_stop_guests(w->host);
	while (w->guests_left)
		vs_task_block(VS_WAIT_WORK, w, NULL, VS_PS_NEVER);
	w->ending = true;
	if (w->table)
		w->table->vm_destroy(w->vm);
	w->end = vs_now_ps();
	w->done = true;
	vs_engine_finish(vs_core_now->engine);
	for (;;)
		vs_task_block(VS_WAIT_WORK, w, NULL, VS_PS_NEVER);
}
