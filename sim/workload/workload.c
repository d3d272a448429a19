/* Making the threads of a scenario. */
#include "sim/workload/workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/workload/private.h"

static bool make_slot(struct vs_workload *w, uint32_t id)
{
	struct vs_slot *slot = &w->slots[id];
	char name[32];
	struct vs_task_params p = {.name = name,
				   .kind = VS_TASK_VCPU,
				   .cpu = -1,
				   .pinned = w->s->placement == VS_PLACE_PINNED,
				   .fn = vs_slot_thread,
				   .arg = slot,
				   .guest = &vs_workload_guest,
				   .guest_ctx = slot};

	snprintf(name, sizeof(name), "vcpu%u", id);
	slot->w = w;
	slot->id = id;
	slot->create_start = VS_PS_NEVER;
	slot->run_rng = vs_rng_new(w->s->seed, w->replication, "guest run", id);
	slot->halt_rng = vs_rng_new(w->s->seed, w->replication, "guest halt", id);
	slot->lock_rng = vs_rng_new(w->s->seed, w->replication, "guest lock", id);
	slot->lock_in = VS_PS_NEVER;
	slot->issuers = calloc(w->s->n_streams ? w->s->n_streams : 1, sizeof(*slot->issuers));
	slot->task = vs_task_new(w->host, &p);
	return slot->run_rng && slot->halt_rng && slot->lock_rng && slot->issuers && slot->task;
}

static uint64_t share_of(const struct vs_stream *def, uint32_t k)
{
	if (def->end != VS_END_COUNT)
		return UINT64_MAX;
	return def->count / def->issuers + (k < def->count % def->issuers);
}

static bool make_issuer(struct vs_stream_state *s, uint32_t k, uint32_t *next_vcpu)
{
	struct vs_workload *w = s->w;
	const struct vs_stream *def = s->def;
	struct vs_issuer *i = &s->issuers[k];
	char name[32];

	i->w = w;
	i->stream = s;
	i->k = k;
	i->arrival = k;
	i->share = share_of(def, k);
	i->rng = vs_rng_new(w->s->seed, w->replication, def->name, k);
	i->choices = vs_rng_new(w->s->seed ^ 1, w->replication, def->name, k);
	if (!i->rng || !i->choices)
		return false;
	if (def->op >= VS_OP_PLAIN)
		vs_plain_init_issuer(i);
	if (def->from == VS_FROM_VCPUS) {
		i->slot = &w->slots[(*next_vcpu)++ % w->n_stay];
		i->slot->issuers[i->slot->n_issuers++] = i;
		i->task = i->slot->task;
		vs_issuer_next(i, 0);
		return (def->op != VS_OP_IPI_BROADCAST && def->op != VS_OP_IPI_UNICAST) ||
		       vs_sender_init(i);
	}
	snprintf(name, sizeof(name), "%.20s/%u", def->name, k);
	struct vs_task_params p = {.name = name,
				   .kind = def->from == VS_FROM_CONTROL ? VS_TASK_CONTROL
									: VS_TASK_KTHREAD,
				   .cpu = -1,
				   .fn = vs_issuer_thread,
				   .arg = i};

	i->task = vs_task_new(w->host, &p);
	return i->task != NULL;
}

static bool make_streams(struct vs_workload *w)
{
	uint32_t next_vcpu = 0;

	w->n_stay = w->s->boot_vcpus;
	for (uint32_t k = 0; k < w->s->n_streams; k++)
		if (w->s->streams[k].op == VS_OP_UNPLUG)
			w->n_stay -= w->s->streams[k].count;
	for (uint32_t n = 0; n < w->s->n_streams; n++) {
		struct vs_stream_state *s = &w->streams[n];

		s->w = w;
		s->def = &w->s->streams[n];
		s->issuers_left = s->def->issuers;
		s->issuers = calloc(s->def->issuers, sizeof(*s->issuers));
		s->rng = vs_rng_new(w->s->seed, w->replication, s->def->name, 0);
		if (!s->issuers || !s->rng)
			return false;
	}
	for (uint32_t n = 0; n < w->s->n_streams; n++) {
		struct vs_stream_state *s = &w->streams[n];

		if (s->def->arrival == VS_ARRIVAL_PACED)
			w->streams[s->def->pace_stream].followed = true;
		for (uint32_t k = 0; k < s->def->issuers; k++)
			if (!make_issuer(s, k, &next_vcpu))
				return false;
	}
	w->streams_left = w->s->n_streams;
	return true;
}

static bool make(struct vs_workload *w)
{
	uint32_t n = w->s->max_vcpus, lines = 16;
	struct vs_task_params p = {.name = "conductor",
				   .kind = VS_TASK_CONTROL,
				   .cpu = 0,
				   .pinned = true,
				   .fn = vs_conductor_thread,
				   .arg = w};

	while (lines < 4 * n)
		lines *= 2;
	w->by_line_mask = lines - 1;
	w->by_line = calloc(2 * (size_t)lines, sizeof(*w->by_line));
	w->slots = calloc(n, sizeof(*w->slots));
	w->targets = calloc(n, sizeof(*w->targets));
	w->streams = calloc(w->s->n_streams ? w->s->n_streams : 1, sizeof(*w->streams));
	if (!w->by_line || !w->slots || !w->targets || !w->streams)
		return false;
	for (uint32_t i = 0; i < n; i++)
		w->targets[i].entered_at = w->targets[i].left_at = VS_PS_NEVER;
	if (w->s->guest_locks)
		w->locks = vs_hw_arena_take(w->hw, w->s->guest_locks * VS_LOCK_WORDS * 8, 0);
	if (w->locks)
		vs_hw_name(w->hw, w->locks, w->s->guest_locks * VS_LOCK_WORDS * 8,
			   VS_LOCK_WORDS * 8, "guest's spinlocks");
	w->conductor = vs_task_new(w->host, &p);
	for (uint32_t id = 0; id < n; id++)
		if (!make_slot(w, id))
			return false;
	if (!w->conductor || !make_streams(w))
		return false;
	/* the conductor comes first and issuers last, so no thread has a larger id than these */
	w->n_threads = vs_task_id(w->conductor) + n + 1;
	for (uint32_t k = 0; k < w->s->n_streams; k++)
		w->n_threads += w->streams[k].def->issuers;
	w->opened_of = calloc(w->n_threads, sizeof(struct vs_opened *));
	return w->opened_of != NULL;
}

struct vs_workload *vs_workload_new(struct vs_host *h, struct vs_hw *hw,
				    const struct vs_scenario *s, const struct vs_table *t,
				    const uint32_t *params, uint32_t replication,
				    const struct vs_op_sink *sink)
{
	struct vs_workload *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->host = h;
	w->hw = hw;
	w->s = s;
	w->table = t;
	for (uint32_t k = 0; t && k < t->n_params; k++)
		w->params[k] = params ? params[k] : t->params[k].value;
	w->sink = sink;
	w->replication = replication;
	if (!make(w)) {
		vs_workload_free(w);
		return NULL;
	}
	vs_task_seed(w->conductor, 0);
	return w;
}

static void free_issuer(struct vs_issuer *i)
{
	gsl_rng_free(i->rng);
	gsl_rng_free(i->choices);
	vs_sender_release(i);
}

void vs_workload_free(struct vs_workload *w)
{
	if (!w)
		return;
	for (uint32_t id = 0; w->slots && id < w->s->max_vcpus; id++) {
		gsl_rng_free(w->slots[id].run_rng);
		gsl_rng_free(w->slots[id].halt_rng);
		gsl_rng_free(w->slots[id].lock_rng);
		free(w->slots[id].issuers);
		free(w->slots[id].ack);
	}
	for (uint32_t id = 0; w->targets && id < w->s->max_vcpus; id++)
		free(w->targets[id].pending);
	for (uint32_t n = 0; w->streams && n < w->s->n_streams; n++) {
		for (uint32_t k = 0; w->streams[n].issuers && k < w->streams[n].def->issuers; k++)
			free_issuer(&w->streams[n].issuers[k]);
		gsl_rng_free(w->streams[n].rng);
		free(w->streams[n].arrivals);
		free(w->streams[n].issuers);
	}
	while (w->free_opened) {
		struct vs_opened *o = w->free_opened;

		w->free_opened = o->next;
		free(o);
	}
	free(w->opened_of);
	free(w->by_line);
	free(w->targets);
	free(w->slots);
	free(w->streams);
	free(w);
}

void vs_workload_on_booted(struct vs_workload *w, void (*fn)(void *ctx), void *ctx)
{
	w->booted = fn;
	w->booted_ctx = ctx;
}

bool vs_workload_done(const struct vs_workload *w, vs_ps *end)
{
	*end = w->end;
	return w->done;
}

void vs_workload_progress(const struct vs_workload *w, uint64_t *done, uint64_t *total)
{
	*done = w->counted_done;
	*total = 0;
	for (uint32_t n = 0; n < w->s->n_streams; n++)
		if (w->s->streams[n].end == VS_END_COUNT)
			*total += w->s->streams[n].count;
}

int vs_workload_boot_error(const struct vs_workload *w, const char **what)
{
	*what = w->boot_failed;
	return w->boot_error;
}

void vs_workload_open_stream(const struct vs_workload *w, uint32_t n, struct vs_open_stream *out)
{
	const struct vs_stream_state *s = &w->streams[n];

	memset(out, 0, sizeof(*out));
	out->stream = n;
	for (uint32_t k = 0; k < s->def->issuers; k++) {
		const struct vs_issuer *i = &s->issuers[k];

		out->late += i->late;
		out->busy_ps += i->busy_ps;
		out->asked_ps += i->due_ps - i->first_due_ps;
	}
}
