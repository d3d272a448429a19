/*
 * Interrupts at the CPU that gets them. They are taken where the simulated CPU could take them: a
 * thread in kernel code at its next callback, a guest or a computing thread at once, an idle CPU at
 * once but it is busy for the time they cost.
 */
#include <stdlib.h>

#include "sim/host/private.h"

static vs_ps cost_of(const struct vs_host *h, const struct vs_irq *irq)
{
	return irq->kind == VS_IRQ_TICK ? h->m->tick_ps : h->m->ipi_handler_ps;
}

static void push(struct vs_cpu *cpu, const struct vs_irq *irq)
{
	if (cpu->n_irqs == cpu->irq_cap) {
		uint32_t cap = cpu->irq_cap ? 2 * cpu->irq_cap : 8;
		struct vs_irq *bigger = calloc(cap, sizeof(*bigger));

		VS_ASSERT(bigger);
		for (uint32_t i = 0; i < cpu->n_irqs; i++)
			bigger[i] = cpu->irq[(cpu->irq_first + i) % cpu->irq_cap];
		free(cpu->irq);
		cpu->irq = bigger;
		cpu->irq_cap = cap;
		cpu->irq_first = 0;
	}
	cpu->irq[(cpu->irq_first + cpu->n_irqs++) % cpu->irq_cap] = *irq;
}

static struct vs_irq pop(struct vs_cpu *cpu)
{
	struct vs_irq irq = cpu->irq[cpu->irq_first];

	cpu->irq_first = (cpu->irq_first + 1) % cpu->irq_cap;
	cpu->n_irqs--;
	return irq;
}

/* What the handler does. seen: for the tick's hook; the handler's end is what vs_here() says. */
static void effect(struct vs_cpu *cpu, const struct vs_irq *irq, vs_ps seen)
{
	vs_ps now;

	vs_here(cpu->host, &now);
	if (irq->kind == VS_IRQ_TICK)
		vs_tick(cpu, seen, irq->user);
	else if (irq->kind == VS_IRQ_CALL)
		irq->fn(irq->ctx, cpu->id, now, irq->arg);
	else if (irq->record)
		vs_hw_store_later(cpu->core, irq->record, 0, now);
}

static void tell(const struct vs_cpu *cpu, const struct vs_irq *irq, vs_ps begin, vs_ps end)
{
	vs_tell(cpu, begin, VS_HOST_IRQ, NULL, irq->kind, end);
	if (irq->number)
		vs_tell(cpu, begin, VS_HOST_TAKEN, NULL, irq->number, 0);
}

/* Handler code, on an idle CPU. */
static void serve_idle(struct vs_cpu *cpu, const struct vs_irq *irq, vs_ps at)
{
	vs_ps begin = vs_cpu_awake(cpu, at);

	cpu->busy_until = begin + cost_of(cpu->host, irq);
	tell(cpu, irq, begin, cpu->busy_until);
	cpu->acting_at = cpu->busy_until;
	effect(cpu, irq, cpu->seen_at);
}

/* Handler code: an interrupt has come. */
void vs_irq_deliver(struct vs_cpu *cpu, const struct vs_irq *irq, vs_ps at)
{
	if (cpu->mode == VS_CPU_IDLE) {
		serve_idle(cpu, irq, at);
		return;
	}
	push(cpu, irq);
	cpu->core->attention = true;
	cpu->core->limit = 0;
	if (cpu->mode != VS_CPU_THREAD)
		vs_cpu_resume(cpu, at);
}

/* Handler code: the CPU has just gone idle with interrupts waiting. A handler may start a thread:
 * what is left is that thread's to take. */
void vs_irq_idle_all(struct vs_cpu *cpu)
{
	while (cpu->n_irqs && cpu->mode == VS_CPU_IDLE) {
		struct vs_irq irq = pop(cpu);

		serve_idle(cpu, &irq, cpu->acting_at);
	}
	if (cpu->n_irqs) {
		cpu->core->attention = true;
		cpu->core->limit = 0;
	}
}

/* Context code, at a callback: takes one interrupt, so that the clock is known to be everybody's
 * before the next one looks at others. */
void vs_host_attend(struct vs_core *c)
{
	struct vs_cpu *cpu = c->host;
	vs_ps seen = c->clock;

	if (cpu->guest_code)
		return; /* ends the guest's run first */
	if (cpu->owed_ps) {
		vs_hw_charge(c, cpu->owed_ps, VS_CAUSE_INTERRUPT);
		cpu->owed_ps = 0;
	}
	if (cpu->irqs_off)
		return; /* vs_irq_enable() comes back to it */
	if (cpu->n_irqs) {
		struct vs_irq irq = pop(cpu);

		vs_hw_charge(c, cost_of(cpu->host, &irq), VS_CAUSE_INTERRUPT);
		vs_hook_begin(cpu, seen);
		effect(cpu, &irq, seen);
		vs_hook_end(cpu);
		tell(cpu, &irq, seen, c->clock);
		c->attention = true;
		c->limit = 0;
	} else if (cpu->host->scenario->preempt == VS_PREEMPT_FULL && cpu->need_resched &&
		   vs_may_preempt(cpu->current)) {
		vs_yield_cpu();
	}
}

/* Context code: takes everything that waits; the clock is everybody's afterwards. */
void vs_irq_take_all(void)
{
	do {
		if (vs_this_cpu()->n_irqs) {
			vs_core_now->attention = true;
			vs_core_now->limit = 0;
		}
		vs_point();
	} while (vs_this_cpu()->n_irqs);
}

/* Nothing but notifications waits: the guest takes them, and no handler runs. */
bool vs_irq_take_notified(struct vs_cpu *cpu)
{
	for (uint32_t i = 0; i < cpu->n_irqs; i++)
		if (cpu->irq[(cpu->irq_first + i) % cpu->irq_cap].kind != VS_IRQ_NOTIFY)
			return false;
	if (!cpu->n_irqs)
		return false;
	while (cpu->n_irqs) {
		struct vs_irq irq = pop(cpu);
		vs_ps now = cpu->core->clock;

		tell(cpu, &irq, now, now + cpu->host->m->ipi_handler_ps);
	}
	return true;
}

void vs_irq_disable(void)
{
	vs_point();
	vs_this_cpu()->irqs_off = true;
}

void vs_irq_enable(void)
{
	struct vs_cpu *cpu = vs_this_cpu();

	cpu->irqs_off = false;
	cpu->core->attention = true; /* whatever has come by now is taken at the next callback */
	cpu->core->limit = 0;
}
