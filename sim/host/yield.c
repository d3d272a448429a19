/*
 * Directed yield: a thread that waits to run gets the next turn on its CPU. Linux looks at that
 * CPU's run queue under its lock; here the CPU is asked by a message and answers by one, and the
 * caller spins for the answer as it would for the lock.
 */
#include "sim/host/private.h"

enum { NO_USE = -1, NOT_WAITING = 0, BOOSTED = 1 };

/* On t's CPU, or on one that t was on a moment ago. alone: nobody waits on the asker's CPU. */
static int boost(struct vs_cpu *cpu, struct vs_task *t, bool alone, vs_ps at)
{
	static const struct vs_irq resched = {.kind = VS_IRQ_RESCHED};

	if (alone && cpu->current && !vs_cpu_has_waiting(cpu))
		return NO_USE; /* one thread here, one there */
	if (t->state != VS_RUNNABLE)
		return NOT_WAITING;
	cpu->rq.next = t; /* if that is not too unfair */
	cpu->need_resched = true;
	if (vs_cpu_in_guest(cpu) || cpu->mode == VS_CPU_COMPUTE)
		vs_irq_deliver(cpu, &resched, at);
	return BOOSTED;
}

static void on_answer(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;

	VS_ASSERT(cpu->asked);
	cpu->asked = false;
	cpu->answer = (int)(int64_t)ev->a;
	if (cpu->mode == VS_CPU_COMPUTE)
		vs_cpu_resume(cpu, ev->time);
}

static void on_ask(struct vs_core *c, struct vs_event *ev);

static void send(struct vs_cpu *cpu, uint32_t to, vs_local_fn fn, const struct vs_event *what,
		 vs_ps now)
{
	struct vs_host *h = cpu->host;
	struct vs_event *ev =
		vs_local_event(cpu, fn, now + h->m->wake_flight_ps, now, VS_CLASS_MESSAGE);

	ev->obj = what->obj;
	ev->a = what->a;
	ev->b = what->b;
	vs_send_message(cpu->core, h->cpus[to].core, ev, now);
}

/* obj: the thread; a: nobody waits on the asker's CPU; b: that CPU. */
static void on_ask(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_task *t = ev->obj;

	vs_handler_begin(cpu, ev->time);
	if (t->cpu == cpu->id) {
		int64_t answer = boost(cpu, t, ev->a, cpu->acting_at);

		send(cpu, (uint32_t)ev->b, on_answer, &(struct vs_event){.a = (uint64_t)answer},
		     cpu->acting_at);
	} else {
		send(cpu, vs_task_forward(cpu, t, ev->time), on_ask, ev, cpu->acting_at);
	}
	vs_handler_end(cpu);
}

static int ask(struct vs_cpu *cpu, struct vs_task *t, bool alone)
{
	struct vs_core *c = cpu->core;
	vs_ps now = c->clock;

	VS_ASSERT(!cpu->asked);
	cpu->asked = true;
	send(cpu, vs_task_forward(cpu, t, now), on_ask,
	     &(struct vs_event){.obj = t, .a = alone, .b = cpu->id}, now);
	for (;;) {
		vs_point();
		if (!cpu->asked)
			return cpu->answer;
		vs_ps since = c->clock;

		cpu->mode = VS_CPU_COMPUTE;
		c->running = false;
		vs_core_park();
		vs_this_task()->books[VS_CAUSE_LOCK] += c->clock - since;
	}
}

int vs_task_boost(struct vs_task *t)
{
	vs_preempt_disable();
	vs_point();
	struct vs_cpu *cpu = vs_this_cpu();
	bool alone = !vs_cpu_has_waiting(cpu);
	int r;

	if (t->cpu == cpu->id)
		r = boost(cpu, t, alone, cpu->core->clock);
	else
		r = ask(cpu, t, alone);
	cpu->stats.boosts += r == BOOSTED;
	vs_preempt_enable();
	return r;
}

void vs_task_yield(void)
{
	vs_point();
	VS_ASSERT(vs_may_preempt(vs_this_task()));
	vs_yield_cpu();
}

/* -- who is told of losing the CPU ------------------------------------------------------------- */

void vs_preempt_notifier(void (*fn)(void *arg, bool in), void *arg)
{
	struct vs_task *t = vs_this_task();

	t->notify = fn;
	t->notify_arg = arg;
}

void vs_preempt_notify(struct vs_task *t, bool in)
{
	if (!t->notify)
		return;
	t->preempt_count++;
	t->notify(t->notify_arg, in);
	t->preempt_count--;
}
