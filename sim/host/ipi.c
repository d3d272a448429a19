/* Interrupts and messages from one CPU to another, as their sender sees them. */
#include <string.h>

#include "sim/host/private.h"

/* What a trace knows an interrupt by, at both ends; not 0. */
static uint64_t number_of(const struct vs_event *ev)
{
	return (uint64_t)(ev->core + 1) << 32 | ev->seq;
}

/* -- kicks ------------------------------------------------------------------------------------- */

static void on_kick(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_irq irq = {
		.kind = (enum vs_host_irq)ev->a, .record = ev->obj, .number = number_of(ev)};

	vs_handler_begin(cpu, ev->time);
	vs_irq_deliver(cpu, &irq, cpu->acting_at);
	vs_handler_end(cpu);
}

static void send_kick(struct vs_cpu *cpu, uint32_t to, enum vs_host_irq kind, uint64_t *record)
{
	struct vs_host *h = cpu->host;
	struct vs_core *c = cpu->core;
	vs_ps flight = h->m->ipi_flight_ps[vs_hw_distance(h->hw, cpu->id, to)];
	struct vs_event *ev;

	cpu->stats.kicks++;
	vs_hw_charge(c, h->m->ipi_send_ps, VS_CAUSE_INTERRUPT);
	ev = vs_local_event(cpu, on_kick, c->clock + flight, c->clock, VS_CLASS_MESSAGE);
	ev->obj = record;
	ev->a = kind;
	vs_send_message(c, h->cpus[to].core, ev, c->clock);
	vs_tell(cpu, c->clock, VS_HOST_SENT, NULL, number_of(ev), to);
}

/*
 * Call records: one per sender and target, each on a line of its own in the target's memory. The
 * sender sets it before it sends and waits until it is clear; the target's handler clears it. What
 * waiting costs is what these lines cost.
 */
void vs_call_records_init(struct vs_host *h, struct vs_cpu *cpu)
{
	cpu->calls = vs_hw_arena_take(h->hw, (size_t)h->n_cpus * 64, cpu->id);
	VS_ASSERT(cpu->calls);
	vs_hw_name(h->hw, cpu->calls, (size_t)h->n_cpus * 64, 64, "call records");
}

static uint64_t *record_of(const struct vs_cpu *from, uint32_t to)
{
	return from->host->cpus[to].calls + (size_t)from->id * 8;
}

static void fill_record(uint64_t *record, uintptr_t pc)
{
	vs_access((uintptr_t)record, sizeof(*record), VS_WRITE, pc);
	VS_ASSERT(!*record);
	*record = 1;
}

void vs_relax_for_interrupt(void)
{
	vs_ps *books = vs_this_task()->books, spun = books[VS_CAUSE_LOCK];

	vs_cpu_relax();
	books[VS_CAUSE_INTERRUPT] += books[VS_CAUSE_LOCK] - spun;
	books[VS_CAUSE_LOCK] = spun;
}

/* Spins, open to interrupts. */
static void await_record(const uint64_t *record, uintptr_t pc)
{
	for (;;) {
		vs_access((uintptr_t)record, sizeof(*record), VS_READ | VS_VOLATILE, pc);
		if (!*record)
			return;
		vs_relax_for_interrupt();
	}
}

static bool in_map(const uint64_t *map, uint32_t cpu)
{
	return map[cpu / 64] >> cpu % 64 & 1;
}

/* As smp_call_function_many() does: all records, then all interrupts, then each record in turn. */
void vs_kick_cpus(const uint64_t *bitmap, size_t n_words, bool wait)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);
	uint64_t map[VS_MAX_CORES / 64] = {0};

	VS_ASSERT(n_words <= VS_MAX_CORES / 64);
	memcpy(map, bitmap, n_words * sizeof(*map));
	vs_preempt_disable();
	vs_point();
	struct vs_cpu *cpu = vs_this_cpu();
	uint32_t n = cpu->host->n_cpus;

	wait = wait && vs_hw_pricing(cpu->host->hw); /* while the VM boots nobody is interrupted */
	map[cpu->id / 64] &= ~(UINT64_C(1) << cpu->id % 64);
	for (uint32_t i = 0; wait && i < n; i++)
		if (in_map(map, i))
			fill_record(record_of(cpu, i), pc);
	for (uint32_t i = 0; i < n; i++) {
		if (!in_map(map, i))
			continue;
		send_kick(cpu, i, VS_IRQ_KICK, wait ? record_of(cpu, i) : NULL);
		vs_point(); /* interrupts of others get in between two sends */
	}
	for (uint32_t i = 0; wait && i < n; i++)
		if (in_map(map, i))
			await_record(record_of(cpu, i), pc);
	vs_preempt_enable();
}

void vs_kick_cpu(uint32_t target)
{
	vs_point();
	if (target != vs_core_now->id)
		send_kick(vs_this_cpu(), target, VS_IRQ_KICK, NULL);
}

void vs_notify_cpu(uint32_t target)
{
	vs_point();
	if (target != vs_core_now->id)
		send_kick(vs_this_cpu(), target, VS_IRQ_NOTIFY, NULL);
}

void vs_work(enum vs_work what)
{
	const struct vs_machine *m = vs_this_cpu()->host->m;
	vs_ps ps = m->ipi_accept_ps;

	if (what == VS_WORK_ARCH_CREATE) {
		vs_task_compute_in_kernel(m->arch_create_ps, VS_CAUSE_COMPUTE);
		return;
	}
	if (what == VS_WORK_IPI_BEGIN)
		ps = m->ipi_exit_ps / 2;
	else if (what == VS_WORK_IPI_END)
		ps = m->ipi_exit_ps - m->ipi_exit_ps / 2;
	vs_hw_charge(vs_core_now, ps, VS_CAUSE_COMPUTE);
}

/* -- calls and messages ------------------------------------------------------------------------ */

static void on_call(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_irq irq = {.kind = VS_IRQ_CALL,
			     .number = number_of(ev),
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
	if (how == on_call)
		vs_tell(cpu, now, VS_HOST_SENT, NULL, number_of(ev), to);
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
