/* Interrupts and messages from one CPU to another, as their sender sees them. */
#include <string.h>

#include "sim/host/private.h"

/* -- kicks ------------------------------------------------------------------------------------- */

static void on_kick(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_irq irq = {.kind = VS_IRQ_KICK, .from = ev->core, .ack = ev->a};

	vs_handler_begin(cpu, ev->time);
	vs_irq_deliver(cpu, &irq, cpu->acting_at);
	vs_handler_end(cpu);
}

static void send_kick(struct vs_cpu *cpu, uint32_t to, bool ack)
{
	struct vs_host *h = cpu->host;
	struct vs_core *c = cpu->core;
	vs_ps flight = h->m->ipi_flight_ps[vs_hw_distance(h->hw, cpu->id, to)];
	struct vs_event *ev;

	vs_hw_charge(c, h->m->ipi_send_ps, VS_CAUSE_INTERRUPT);
	ev = vs_local_event(cpu, on_kick, c->clock + flight, c->clock, VS_CLASS_MESSAGE);
	ev->a = ack;
	vs_send_message(c, h->cpus[to].core, ev, c->clock);
	cpu->stats.kicks++;
}

/* Busy-waits, open to interrupts, until every target has answered. */
static void await_acks(struct vs_cpu *cpu, struct vs_task *t)
{
	struct vs_core *c = cpu->core;

	for (;;) {
		vs_point();
		if (!cpu->acks_left)
			return;
		vs_ps since = c->clock;

		cpu->mode = VS_CPU_AWAIT;
		c->running = false;
		vs_core_park();
		t->books[VS_CAUSE_INTERRUPT] += c->clock - since;
	}
}

static bool in_map(const uint64_t *map, size_t n_words, uint32_t cpu)
{
	return cpu / 64 < n_words && (map[cpu / 64] >> cpu % 64 & 1);
}

void vs_kick_cpus(const uint64_t *bitmap, size_t n_words, bool wait)
{
	uint64_t map[VS_MAX_CORES / 64];
	struct vs_task *t = vs_this_task();

	VS_ASSERT(n_words <= VS_MAX_CORES / 64);
	memcpy(map, bitmap, n_words * sizeof(*map));
	vs_preempt_disable();
	vs_point();
	struct vs_cpu *cpu = vs_this_cpu();
	uint32_t n = 0;

	for (uint32_t i = 0; i < cpu->host->n_cpus; i++)
		n += i != cpu->id && in_map(map, n_words, i);
	VS_ASSERT(!cpu->acks_left);
	if (wait)
		cpu->acks_left = n;
	for (uint32_t i = 0; n && i < cpu->host->n_cpus; i++) {
		if (i == cpu->id || !in_map(map, n_words, i))
			continue;
		send_kick(cpu, i, wait);
		vs_point(); /* interrupts of others get in between two sends */
		n--;
	}
	if (wait)
		await_acks(cpu, t);
	vs_preempt_enable();
}

void vs_kick_cpu(uint32_t target)
{
	vs_point();
	if (target != vs_core_now->id)
		send_kick(vs_this_cpu(), target, false);
}

/* -- calls and messages ------------------------------------------------------------------------ */

static void on_call(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_irq irq = {.kind = VS_IRQ_CALL,
			     .from = ev->core,
			     .fn = (vs_call_fn)(uintptr_t)ev->a,
			     .ctx = ev->obj,
			     .arg = ev->b};

	vs_handler_begin(cpu, ev->time);
	vs_irq_deliver(cpu, &irq, cpu->acting_at);
	vs_handler_end(cpu);
}

static void on_message(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;

	vs_handler_begin(cpu, ev->time);
	((vs_call_fn)(uintptr_t)ev->a)(ev->obj, cpu->id, cpu->acting_at, ev->b);
	vs_handler_end(cpu);
}

static void send_call(struct vs_cpu *cpu, uint32_t to, vs_local_fn how, vs_ps flight, vs_call_fn fn,
		      void *ctx, uint64_t arg)
{
	vs_ps now;

	vs_here(cpu->host, &now);
	struct vs_event *ev = vs_local_event(cpu, how, now + flight, now, VS_CLASS_MESSAGE);

	ev->obj = ctx;
	ev->a = (uintptr_t)fn;
	ev->b = arg;
	vs_send_message(cpu->core, cpu->host->cpus[to].core, ev, now);
}

void vs_host_call_cpu(struct vs_host *h, uint32_t to, vs_call_fn fn, void *ctx, uint64_t arg)
{
	vs_ps now;
	struct vs_cpu *cpu = vs_here(h, &now);

	if (to == cpu->id) {
		fn(ctx, to, now, arg);
		return;
	}
	vs_host_charge(h, h->m->ipi_send_ps, VS_CAUSE_INTERRUPT);
	cpu->stats.kicks++;
	send_call(cpu, to, on_call, h->m->ipi_flight_ps[vs_hw_distance(h->hw, cpu->id, to)], fn,
		  ctx, arg);
}

void vs_host_message(struct vs_host *h, uint32_t to, vs_call_fn fn, void *ctx, uint64_t arg)
{
	vs_ps now;
	struct vs_cpu *cpu = vs_here(h, &now);

	send_call(cpu, to, on_message, h->m->wake_flight_ps, fn, ctx, arg);
}

/* -- posts to a thread ------------------------------------------------------------------------- */

typedef void (*vs_post_fn)(struct vs_task *t, void *arg);

static void on_post(struct vs_core *c, struct vs_event *ev);

static void send_post(struct vs_cpu *cpu, uint32_t to, struct vs_task *t, uint64_t fn, uint64_t arg,
		      vs_ps now)
{
	struct vs_host *h = cpu->host;
	struct vs_event *ev =
		vs_local_event(cpu, on_post, now + h->m->wake_flight_ps, now, VS_CLASS_MESSAGE);

	ev->obj = t;
	ev->a = fn;
	ev->b = arg;
	vs_send_message(cpu->core, h->cpus[to].core, ev, now);
}

static void on_post(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_task *t = ev->obj;

	vs_handler_begin(cpu, ev->time);
	if (t->cpu == cpu->id)
		((vs_post_fn)(uintptr_t)ev->a)(t, (void *)(uintptr_t)ev->b);
	else
		send_post(cpu, vs_task_forward(cpu, t, ev->time), t, ev->a, ev->b, cpu->acting_at);
	vs_handler_end(cpu);
}

void vs_task_post(struct vs_task *t, vs_post_fn fn, void *arg)
{
	struct vs_host *h = t->host;
	vs_ps now;

	if (!h->acting)
		vs_point();
	struct vs_cpu *cpu = vs_here(h, &now);
	vs_ps seen = h->acting ? cpu->seen_at : now;
	uint32_t to = cpu->id;

	if (t->cpu != cpu->id)
		to = vs_task_forward(cpu, t, seen);
	send_post(cpu, to, t, (uintptr_t)fn, (uintptr_t)arg, now);
}
