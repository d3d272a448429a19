/* Making a host, what acts on it now, its hooks and counters. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/host/private.h"

/* Stamps are kept longer than windows need, for what a CPU charges itself ahead of a look around.
 */
#define KEEP_MARGIN_PS VS_PS_PER_MS

void vs_host_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "vcpusim: internal error at %s:%d: %s", file, line, what);
	if (vs_core_now)
		fprintf(stderr, " (CPU %u at %llu ps)", vs_core_now->id,
			(unsigned long long)vs_core_now->clock);
	fputc('\n', stderr);
	abort();
}

static void cpu_init(struct vs_host *h, uint32_t id)
{
	struct vs_cpu *cpu = &h->cpus[id];

	cpu->host = h;
	cpu->id = id;
	cpu->core = vs_engine_core(h->engine, id);
	cpu->core->host = cpu;
	cpu->mode = VS_CPU_IDLE;
	cpu->nohz_full = vs_nohz_full(h->scenario, id);
	vs_history_init(&cpu->idle, 1);
	vs_call_records_init(h, cpu);
	vs_balance_init(cpu);
}

struct vs_host *vs_host_new(struct vs_engine *e, struct vs_hw *hw, const struct vs_scenario *s)
{
	struct vs_host *h = calloc(1, sizeof(*h));
	const struct vs_delays *d = &vs_engine_opts(e)->delays;

	VS_ASSERT(h && s->hz && s->cpus && s->cpus <= vs_engine_opts(e)->n_cores);
	h->engine = e;
	h->hw = hw;
	h->scenario = s;
	h->m = &s->machine;
	h->n_cpus = s->cpus;
	h->tick_ps = VS_PS_PER_S / s->hz;
	h->window = d->history;
	h->keep = 2 * d->history + d->agent + KEEP_MARGIN_PS;
	h->cpus = calloc(h->n_cpus, sizeof(*h->cpus));
	h->maybe_idle = calloc(vs_map_words(h), sizeof(*h->maybe_idle));
	h->maybe_waiting = calloc(vs_map_words(h), sizeof(*h->maybe_waiting));
	VS_ASSERT(h->cpus && h->maybe_idle && h->maybe_waiting);
	for (uint32_t i = 0; i < h->n_cpus; i++)
		cpu_init(h, i);
	vs_engine_set_attend(e, vs_host_attend);
	return h;
}

void vs_host_free(struct vs_host *h)
{
	if (!h)
		return;
	for (uint32_t i = 0; i < h->n_cpus; i++) {
		vs_history_release(&h->cpus[i].idle);
		vs_history_release(&h->cpus[i].waiting);
		free(h->cpus[i].irq);
		free(h->cpus[i].rq.heap);
	}
	for (uint32_t i = 0; i < h->n_tasks; i++) {
		vs_history_release(&h->tasks[i]->where);
		free(h->tasks[i]);
	}
	free(h->tasks);
	free(h->cpus);
	free(h->reported);
	free(h->maybe_idle);
	free(h->maybe_waiting);
	free(h);
}

struct vs_host *vs_host_of(struct vs_core *c)
{
	return ((struct vs_cpu *)c->host)->host;
}

const struct vs_scenario *vs_host_scenario(const struct vs_host *h)
{
	return h->scenario;
}

bool vs_host_booting(const struct vs_host *h)
{
	return !vs_hw_pricing(h->hw);
}

/* -- who acts ---------------------------------------------------------------------------------- */

/* The CPU whose code runs and its time: a handler's, else the running context's. */
struct vs_cpu *vs_here(struct vs_host *h, vs_ps *now)
{
	if (h->acting) {
		*now = h->acting->acting_at;
		return h->acting;
	}
	VS_ASSERT(vs_core_now);
	*now = vs_core_now->clock;
	return vs_core_now->host;
}

/* What a handler does happens when its event comes, or as soon as the CPU has finished what it is
 * in the middle of. */
void vs_handler_begin(struct vs_cpu *cpu, vs_ps at)
{
	VS_ASSERT(!cpu->host->acting);
	cpu->host->acting = cpu;
	cpu->seen_at = at;
	if (cpu->mode == VS_CPU_IDLE)
		cpu->acting_at = vs_later(at, cpu->busy_until);
	else if (cpu->mode == VS_CPU_THREAD)
		cpu->acting_at = at;
	else
		cpu->acting_at = vs_later(at, cpu->core->clock);
}

void vs_handler_end(struct vs_cpu *cpu)
{
	cpu->host->acting = NULL;
}

/*
 * Context code that runs hooks and interrupt handlers' work does so as a handler: nothing is taken
 * and nothing switches inside, and what they cost is the running thread's. seen: up to when others
 * are known, which may be less than the clock.
 */
void vs_hook_begin(struct vs_cpu *cpu, vs_ps seen)
{
	vs_handler_begin(cpu, seen);
	cpu->acting_at = cpu->core->clock;
	cpu->hooking = true;
}

void vs_hook_end(struct vs_cpu *cpu)
{
	cpu->hooking = false;
	vs_handler_end(cpu);
}

vs_ps vs_stamp_floor(const struct vs_cpu *cpu)
{
	return vs_before(cpu->host->acting ? cpu->seen_at : cpu->core->clock, cpu->host->keep);
}

struct vs_event *vs_local_event(struct vs_cpu *cpu, vs_local_fn fn, vs_ps at, vs_ps now,
				enum vs_class rank)
{
	struct vs_event *ev = vs_event_new(cpu->host->engine);

	ev->time = at;
	ev->issue = now;
	ev->rank = rank;
	ev->fn.local = fn;
	return ev;
}

void vs_host_charge(struct vs_host *h, vs_ps ps, enum vs_cause cause)
{
	vs_ps now;
	struct vs_cpu *cpu = vs_here(h, &now);

	if (!h->acting || cpu->hooking) {
		vs_hw_charge(cpu->core, ps, cause);
		cpu->acting_at = cpu->core->clock;
	} else if (cpu->mode == VS_CPU_IDLE) {
		cpu->busy_until = cpu->acting_at = now + ps;
	} else {
		cpu->owed_ps += ps;
	}
}

uint32_t vs_host_here(struct vs_host *h, vs_ps *now)
{
	return vs_here(h, now)->id;
}

struct vs_task *vs_host_current(struct vs_host *h)
{
	vs_ps now;

	return vs_here(h, &now)->current;
}

void vs_host_set_tracer(struct vs_host *h, const struct vs_host_tracer *tracer)
{
	h->tracer = *tracer;
}

struct vs_task *vs_host_task(const struct vs_host *h, uint32_t id)
{
	return id < h->n_tasks ? h->tasks[id] : NULL;
}

enum vs_distance vs_host_distance(const struct vs_host *h, uint32_t cpu, uint32_t other)
{
	return vs_hw_distance(h->hw, cpu, other);
}

void vs_host_resched(struct vs_host *h)
{
	vs_ps now;

	struct vs_cpu *cpu = vs_here(h, &now);

	cpu->need_resched = cpu->urgent = true;
}

void vs_host_keep_tick(struct vs_host *h)
{
	vs_ps now;
	struct vs_cpu *cpu = vs_here(h, &now);

	vs_tick_arm(cpu, now);
}

vs_ps vs_host_tick_ps(const struct vs_host *h)
{
	return h->tick_ps;
}

vs_ps vs_host_window(const struct vs_host *h)
{
	return h->window;
}

vs_ps vs_host_view(struct vs_host *h)
{
	if (h->acting)
		return vs_before(h->acting->seen_at, h->window);
	vs_point();
	return vs_before(vs_core_now->clock, h->window);
}

uint64_t vs_host_idle_count(const struct vs_host *h, uint32_t cpu, vs_ps as_of)
{
	return vs_history_get(&h->cpus[cpu].idle, as_of)->value;
}

/* -- hooks and counters ------------------------------------------------------------------------ */

void vs_host_set_hooks(struct vs_host *h, const struct vs_host_hooks *hooks)
{
	h->hooks = *hooks;
}

const struct vs_host_hooks *vs_host_hooks(const struct vs_host *h)
{
	return &h->hooks;
}

void vs_host_stats(const struct vs_host *h, struct vs_host_stats *out)
{
	*out = (struct vs_host_stats){0};
	for (uint32_t i = 0; i < h->n_cpus; i++) {
		const struct vs_host_stats *s = &h->cpus[i].stats;

		out->switches += s->switches;
		out->wakes += s->wakes;
		out->ticks += s->ticks;
		out->guest_entries += s->guest_entries;
		out->kicks += s->kicks;
		out->migrations += s->migrations;
		out->preemptions += s->preemptions;
		out->pulls += s->pulls;
		for (int e = 0; e < VS_EXIT_REASONS; e++)
			out->exits[e] += s->exits[e];
		out->boosts += s->boosts;
		out->locks_contended += s->locks_contended;
		out->polls += s->polls;
		out->poll_hits += s->poll_hits;
	}
}

bool vs_host_priced(const struct vs_host *h)
{
	return vs_hw_pricing(h->hw);
}
