/*
 * The periodic tick: at multiples of the period on every busy CPU, all at the same instants. An
 * idle CPU stops its tick unless a hook needs it, and so does a nohz_full CPU in the guest of its
 * only thread. One event per CPU is outstanding at most: a CPU that stops its tick lets it run out
 * instead of taking it back.
 */
#include "sim/host/private.h"

static void on_tick(struct vs_core *c, struct vs_event *ev);

void vs_tick_arm(struct vs_cpu *cpu, vs_ps now)
{
	vs_ps period = cpu->host->tick_ps;
	struct vs_event *ev;

	if (cpu->tick_armed)
		return;
	cpu->tick_armed = true;
	ev = vs_local_event(cpu, on_tick, (now / period + 1) * period, now, VS_CLASS_TIMER);
	vs_send_timer(cpu->core, ev);
}

static bool stopped(const struct vs_cpu *cpu)
{
	const struct vs_host_hooks *hooks = &cpu->host->hooks;

	if (cpu->mode != VS_CPU_IDLE && !(cpu->nohz_full && vs_cpu_in_guest(cpu) && !cpu->rq.n))
		return false;
	return !(hooks->needs_tick && hooks->needs_tick(hooks->ctx, cpu->id));
}

static void on_tick(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_irq irq = {.kind = VS_IRQ_TICK, .user = vs_cpu_in_guest(cpu)};

	cpu->tick_armed = false;
	if (stopped(cpu))
		return;
	vs_handler_begin(cpu, ev->time);
	vs_tick_arm(cpu, ev->time);
	vs_irq_deliver(cpu, &irq, cpu->acting_at);
	vs_handler_end(cpu);
}

/* The handler's work. */
void vs_tick(struct vs_cpu *cpu, vs_ps now, bool user)
{
	const struct vs_host_hooks *hooks = &cpu->host->hooks;

	cpu->stats.ticks++;
	if (vs_fair_expired(cpu, now))
		cpu->need_resched = true;
	vs_balance_tick(cpu);
	if (hooks->tick)
		hooks->tick(hooks->ctx, cpu->id, now, user);
}
