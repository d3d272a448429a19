/*
 * Guest mode. The thread is parked while its guest runs: the end of the plan, an interrupt, the
 * tick or the end of the run resumes it, and the exit's cost is the thread's.
 *
 * As on hardware, an interrupt that is already waiting when the guest is entered ends it at once:
 * who posts a request, sees the vCPU about to enter and kicks its CPU can't be missed. That is why
 * nothing here takes interrupts between the call and the entry.
 */
#include "sim/host/private.h"

static void ask_plan(struct vs_task *t, vs_ps now)
{
	t->guest->plan(t->guest_ctx, now, &t->plan);
	t->plan_valid = true;
	t->poked = false;
}

static void on_guest_end(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;

	cpu->timer = NULL;
	cpu->guest_ended = true;
	vs_cpu_resume(cpu, ev->time);
}

static void arm_end(struct vs_cpu *cpu, vs_ps left, vs_ps now)
{
	cpu->timer = vs_local_event(cpu, on_guest_end, now + left, now, VS_CLASS_TIMER);
	vs_send_timer(cpu->core, cpu->timer);
	cpu->mode_since = now;
}

/* Parked in the guest, until something ends its run. Returns whether *left did. */
bool vs_guest_run_out(struct vs_cpu *cpu, struct vs_task *t, vs_ps *left)
{
	struct vs_core *c = cpu->core;
	vs_ps entered = c->clock;

	cpu->guest_ended = false;
	cpu->mode = VS_CPU_GUEST;
	arm_end(cpu, *left, entered);
	c->running = false;
	vs_core_park();
	t->books[VS_CAUSE_COMPUTE] += c->clock - entered;
	if (cpu->guest_ended)
		*left = 0;
	else
		*left -= c->clock - cpu->mode_since;
	return cpu->guest_ended;
}

/* What the guest does to memory, as far as it gets. False: interrupted. */
static bool works(struct vs_cpu *cpu, struct vs_task *t)
{
	bool more = t->guest->work;

	cpu->guest_code = true;
	while (more && !cpu->n_irqs) {
		more = t->guest->work(t->guest_ctx);
		if (more)
			vs_point();
	}
	cpu->guest_code = false;
	return !cpu->n_irqs;
}

/* In guest mode, until something ends that. */
static enum vs_exit in_guest(struct vs_cpu *cpu, struct vs_task *t)
{
	for (;;) {
		enum vs_exit why;

		if (!works(cpu, t))
			return VS_EXIT_INTERRUPT;
		why = vs_guest_lock_go_on(cpu, t);
		if (why != VS_EXIT_REASONS)
			return why;
		if (!t->plan_valid)
			ask_plan(t, cpu->core->clock);
		if (cpu->n_irqs || !vs_guest_run_out(cpu, t, &t->plan.run_ps))
			return VS_EXIT_INTERRUPT;
		t->plan_valid = false;
		if (t->plan.then == VS_GUEST_HALT) {
			t->halt_ps = t->plan.halt_ps;
			return VS_EXIT_HLT;
		}
		if (t->plan.then == VS_GUEST_OPERATION)
			return VS_EXIT_OPERATION;
		if (t->plan.then == VS_GUEST_STOP)
			return VS_EXIT_STOP;
		if (t->plan.then == VS_GUEST_LOCK)
			vs_guest_lock_begin(cpu, t);
	}
}

static void tell_hook(struct vs_cpu *cpu, bool enter)
{
	const struct vs_host_hooks *hooks = &cpu->host->hooks;

	if (!hooks->guest)
		return;
	vs_hook_begin(cpu, 0);
	hooks->guest(hooks->ctx, cpu->id, cpu->core->clock, enter);
	vs_hook_end(cpu);
}

static void leave(struct vs_cpu *cpu, struct vs_task *t, enum vs_exit why)
{
	if (why == VS_EXIT_OPERATION && t->guest->left)
		t->guest->left(t->guest_ctx, cpu->core->clock);
	vs_hw_charge(cpu->core, cpu->host->m->guest_exit_ps, VS_CAUSE_GUEST_TRANSITION);
	tell_hook(cpu, false);
	if (why < VS_EXIT_REASONS) /* the end of the VM is none of the guest's */
		cpu->stats.exits[why]++;
	vs_tick_arm(cpu, cpu->core->clock);
}

/* What the host does about an exit beside what is simulated; an interrupt's handler is charged
 * where it is taken. */
static vs_ps handling_of(const struct vs_machine *m, enum vs_exit why)
{
	switch (why) {
	case VS_EXIT_HLT:
		return m->exit_hlt_ps;
	case VS_EXIT_OPERATION:
		return m->exit_operation_ps;
	case VS_EXIT_PAUSE:
		return m->exit_pause_ps;
	default:
		return 0;
	}
}

static void check_may_enter(struct vs_task *t, uintptr_t pc)
{
	const struct vs_rcu_watch *watch = vs_rcu_watching();

	VS_ASSERT(t->guest);
	if (watch && watch->sleeping)
		watch->sleeping(watch->ctx, vs_core_now->id, t->id, vs_core_now->clock, pc);
}

static void enter(struct vs_cpu *cpu, struct vs_task *t)
{
	struct vs_core *c = cpu->core;

	vs_hw_charge(c, cpu->host->m->guest_entry_ps, VS_CAUSE_GUEST_TRANSITION);
	cpu->in_guest = cpu->irqs_off = true;
	tell_hook(cpu, true);
	if (t->guest->entered)
		t->guest->entered(t->guest_ctx, c->clock);
	/* the plan that an interrupt may cut short at once is asked for all the same */
	if (!t->plan_valid && !t->lock.phase)
		ask_plan(t, c->clock);
	cpu->stats.guest_entries++;
	vs_account(t, VS_VCPU_GUEST, c->clock);
}

enum vs_exit vs_guest_run(void)
{
	struct vs_task *t = vs_this_task();
	struct vs_cpu *cpu = vs_this_cpu();
	enum vs_exit why;

	if (!cpu->in_guest) {
		if (cpu->stopped) {
			vs_irq_enable();
			return VS_EXIT_STOP;
		}
		check_may_enter(t, (uintptr_t)__builtin_return_address(0));
		enter(cpu, t);
	}
	cpu->guest_code = false;
	why = in_guest(cpu, t);
	if (why == VS_EXIT_INTERRUPT && vs_irq_take_notified(cpu)) {
		vs_hw_charge(cpu->core, cpu->host->m->ipi_handler_ps, VS_CAUSE_INTERRUPT);
		cpu->guest_code = true; /* what is posted is taken in guest mode */
		return VS_EXIT_NONE;
	}
	vs_account(t, VS_VCPU_HOST, cpu->core->clock);
	leave(cpu, t, why);

	cpu->in_guest = false;
	vs_irq_enable();
	vs_irq_take_all();
	vs_hw_charge(vs_core_now, handling_of(cpu->host->m, why), VS_CAUSE_GUEST_TRANSITION);
	vs_point();
	if (vs_this_cpu()->need_resched && vs_may_preempt(t))
		vs_yield_cpu();
	return why;
}

void vs_guest_operation(void)
{
	struct vs_task *t = vs_this_task();

	t->guest->operation(t->guest_ctx);
}

/* Not when the run is being stopped: entering is refused then, and says so. */
bool vs_guest_should_exit(void)
{
	return vs_this_cpu()->need_resched;
}

vs_ps vs_guest_halt_ps(void)
{
	return vs_this_task()->halt_ps;
}

/* -- from outside ------------------------------------------------------------------------------ */

static void poke_posted(struct vs_task *t, void *arg)
{
	(void)arg;
	vs_guest_poke(t);
}

void vs_guest_poke(struct vs_task *t)
{
	vs_ps now;
	struct vs_cpu *cpu = vs_here(t->host, &now);

	if (t->cpu != cpu->id) {
		vs_task_post(t, poke_posted, NULL);
		return;
	}
	if (cpu->current == t && cpu->mode == VS_CPU_GUEST && !t->lock.phase) {
		vs_event_cancel(cpu->core, cpu->timer);
		ask_plan(t, now);
		arm_end(cpu, t->plan.run_ps, now);
		return;
	}
	t->poked = true;
	t->plan_valid = false;
	if (t->state == VS_BLOCKED && t->wait.why == VS_WAIT_HALT)
		vs_wake_here(cpu, t, now);
}

static void stop_here(void *ctx, uint32_t id, vs_ps now, uint64_t arg)
{
	static const struct vs_irq resched = {.kind = VS_IRQ_RESCHED};
	struct vs_host *h = ctx;
	struct vs_cpu *cpu = &h->cpus[id];

	(void)arg;
	cpu->stopped = true;
	if (vs_cpu_in_guest(cpu))
		vs_irq_deliver(cpu, &resched, now);
	for (uint32_t i = 0; i < h->n_tasks; i++) {
		struct vs_task *t = h->tasks[i];

		if (t->cpu == id && t->state == VS_BLOCKED && t->wait.why == VS_WAIT_HALT)
			vs_wake_here(cpu, t, now);
	}
}

void vs_host_stop_guests(struct vs_host *h)
{
	for (uint32_t i = 0; i < h->n_cpus; i++)
		vs_host_message(h, i, stop_here, h, 0);
}
