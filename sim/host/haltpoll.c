/*
 * Halt polling, as far as the host has a part in it: when to stop. The spin itself is the call
 * site's; while it finds nothing new it is parked (sim/hw, cpu_relax), and whatever happens to this
 * CPU lets it take one more turn.
 */
#include "sim/host/private.h"

static void on_poll_timer(struct vs_core *c, struct vs_event *ev)
{
	static const struct vs_irq timer = {.kind = VS_IRQ_TIMER};
	struct vs_cpu *cpu = c->host;
	bool is_guests = ev->a;

	cpu->poll_timer = NULL;
	if (!is_guests || cpu->current != ev->obj)
		return;
	vs_handler_begin(cpu, ev->time);
	vs_irq_deliver(cpu, &timer, cpu->acting_at);
	vs_handler_end(cpu);
}

static void drop_timer(struct vs_cpu *cpu)
{
	if (cpu->poll_timer)
		vs_event_cancel(cpu->core, cpu->poll_timer);
	cpu->poll_timer = NULL;
}

void vs_guest_halt_poll(struct vs_halt_poll *out)
{
	*out = vs_this_cpu()->host->scenario->halt_poll;
}

void vs_poll_begin(vs_ps stop, vs_ps timer)
{
	struct vs_task *t = vs_this_task();

	vs_point();
	struct vs_cpu *cpu = vs_this_cpu();

	t->poll_stop = timer < stop ? timer : stop;
	t->poll_cpu = cpu;
	t->poll_switches = cpu->stats.switches;
	cpu->stats.polls++;
	drop_timer(cpu); /* of a thread that has been switched out since */
	if (t->poll_stop <= cpu->core->clock)
		return;
	cpu->poll_timer =
		vs_local_event(cpu, on_poll_timer, t->poll_stop, cpu->core->clock, VS_CLASS_TIMER);
	cpu->poll_timer->obj = t;
	cpu->poll_timer->a = timer <= stop;
	vs_send_timer(cpu->core, cpu->poll_timer);
}

static bool still_there(const struct vs_cpu *cpu, const struct vs_task *t)
{
	return t->poll_cpu == cpu && t->poll_switches == cpu->stats.switches;
}

bool vs_poll_goes_on(void)
{
	const struct vs_task *t = vs_this_task();

	vs_point();
	const struct vs_cpu *cpu = vs_this_cpu();

	return still_there(cpu, t) && cpu->core->clock < t->poll_stop && !vs_cpu_contended(cpu) &&
	       !cpu->stopped && !t->poked;
}

void vs_poll_end(bool success)
{
	struct vs_cpu *cpu = vs_this_cpu();

	cpu->stats.poll_hits += success;
	if (still_there(cpu, vs_this_task()))
		drop_timer(cpu);
}
