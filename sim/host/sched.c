/*
 * Giving a CPU to threads: switching, going idle, preemption. Who is next: fair.c.
 *
 * Books: while a thread runs, sim/hw books each advance of the clock. While it does not, its time
 * belongs to what it waits for, and `books_to` says up to when that is written down.
 */
#include "sim/host/private.h"

bool vs_may_preempt(const struct vs_task *t)
{
	return !t->preempt_count &&
	       (!t->rcu_depth || t->host->scenario->preempt == VS_PREEMPT_FULL);
}

/* The core belongs to t from `at` on. */
static void switch_in(struct vs_cpu *cpu, struct vs_task *t, vs_ps at)
{
	struct vs_core *c = cpu->core;

	if (t->moved) {
		t->moved = false;
		at += cpu->host->m->migration_ps;
	}
	VS_ASSERT(at >= t->books_to && t->cpu == cpu->id);
	t->books[VS_CAUSE_SCHED] += at - t->books_to;
	t->books_to = at;
	vs_account(t, VS_VCPU_HOST, at);
	t->state = VS_RUNNING;
	cpu->current = t;
	cpu->mode = VS_CPU_THREAD;
	t->ple_ps = 0;
	vs_fair_start(cpu, at);
	cpu->stats.switches++;
	c->clock = at;
	c->run = t->ctx;
	c->running = true;
	vs_hw_set_books(c, t->books);
	vs_tell(cpu, at, VS_HOST_RUNS, t, 0, 0);
}

/* -- idle -------------------------------------------------------------------------------------- */

static void stamp_idle(struct vs_cpu *cpu, vs_ps at)
{
	vs_history_put(&cpu->idle, at, cpu->idle.stamp[cpu->idle.n - 1].value + 1,
		       vs_stamp_floor(cpu));
}

/* When an idle CPU that something comes to at `at` can do something about it. */
vs_ps vs_cpu_awake(const struct vs_cpu *cpu, vs_ps at)
{
	return at > cpu->busy_until ? at + cpu->host->m->idle_exit_ps : cpu->busy_until;
}

/* seen: up to when others are known. */
static void go_idle(struct vs_cpu *cpu, vs_ps now, vs_ps seen)
{
	struct vs_core *c = cpu->core;
	const struct vs_host_hooks *hooks = &cpu->host->hooks;

	cpu->current = NULL;
	cpu->mode = VS_CPU_IDLE;
	cpu->busy_until = now;
	vs_tell(cpu, now, VS_HOST_RUNS, NULL, 0, 0);
	c->run = NULL;
	c->running = false;
	c->attention = false;
	vs_hw_set_books(c, NULL);
	stamp_idle(cpu, now);
	vs_place_idle(cpu);
	vs_handler_begin(cpu, now);
	cpu->seen_at = seen;
	if (hooks->idle)
		hooks->idle(hooks->ctx, cpu->id, now, true);
	vs_irq_idle_all(cpu);
	vs_balance_idle(cpu);
	vs_handler_end(cpu);
}

static void start_from_idle(struct vs_cpu *cpu, struct vs_task *t, vs_ps at)
{
	const struct vs_host_hooks *hooks = &cpu->host->hooks;

	stamp_idle(cpu, at);
	vs_balance_busy(cpu, at);
	if (hooks->idle)
		hooks->idle(hooks->ctx, cpu->id, at, false);
	switch_in(cpu, t, vs_cpu_awake(cpu, at));
	vs_tick_arm(cpu, at);
	vs_core_changed(cpu->core);
}

/* -- coming and going -------------------------------------------------------------------------- */

static void check_preempt(struct vs_cpu *cpu, struct vs_task *t, vs_ps at)
{
	static const struct vs_irq resched = {.kind = VS_IRQ_RESCHED};

	if (!vs_fair_preempts(cpu, t))
		return;
	cpu->need_resched = true;
	if (vs_cpu_in_guest(cpu) || cpu->mode == VS_CPU_COMPUTE ||
	    cpu->host->scenario->preempt == VS_PREEMPT_FULL)
		vs_irq_deliver(cpu, &resched, at);
}

/* t, which is on this CPU, may run from `at` on. Handlers and context code. */
void vs_cpu_enqueue(struct vs_cpu *cpu, struct vs_task *t, vs_ps at)
{
	vs_fair_charge(cpu, at);
	vs_fair_place(cpu, t);
	t->state = VS_RUNNABLE;
	t->turn = ++cpu->rq.turns;
	if (cpu->mode == VS_CPU_IDLE) {
		start_from_idle(cpu, t, at);
		return;
	}
	vs_rq_add(&cpu->rq, t);
	vs_balance_publish(cpu, at);
	check_preempt(cpu, t, at);
	vs_tick_arm(cpu, at);
}

/* A handler ends what the parked thread of this CPU sits in (guest, computing): it goes
 * on at `at`. */
void vs_cpu_resume(struct vs_cpu *cpu, vs_ps at)
{
	struct vs_core *c = cpu->core;

	if (cpu->timer) {
		vs_event_cancel(c, cpu->timer);
		cpu->timer = NULL;
	}
	cpu->mode = VS_CPU_THREAD;
	c->clock = vs_later(at, c->clock);
	c->running = true;
	vs_core_changed(c);
}

static void tell_switched(struct vs_cpu *cpu, struct vs_task *prev)
{
	const struct vs_host_hooks *hooks = &cpu->host->hooks;

	if (!hooks->switched)
		return;
	vs_hook_begin(cpu, cpu->core->clock);
	hooks->switched(hooks->ctx, cpu->id, cpu->core->clock, prev);
	vs_hook_end(cpu);
}

/* The current thread, whose state has been set, gives the CPU up. Returns when it has it again. */
void vs_give_up_cpu(void)
{
	struct vs_cpu *cpu = vs_this_cpu();
	struct vs_task *prev = cpu->current;
	vs_ps seen = cpu->core->clock;
	bool again = prev->state == VS_RUNNABLE;

	vs_fair_charge(cpu, seen);
	cpu->rq.run_since = VS_PS_NEVER; /* the rest is nobody's */
	tell_switched(cpu, prev);
	cpu->need_resched = cpu->urgent = false;
	vs_ps now = cpu->core->clock;

	prev->books_to = prev->ran_until = now;
	vs_account_leaves(prev, now);
	if (again)
		vs_rq_add(&cpu->rq, prev);
	struct vs_task *next = vs_fair_pick(cpu);

	vs_balance_publish(cpu, now);
	if (next == prev) {
		prev->state = VS_RUNNING;
		vs_account(prev, VS_VCPU_HOST, now);
		vs_fair_start(cpu, now);
		return;
	}
	cpu->stats.preemptions += again;
	vs_tell(cpu, now, VS_HOST_LEAVES, prev, 0, 0);
	if (next)
		switch_in(cpu, next, now + cpu->host->m->context_switch_ps);
	else
		go_idle(cpu, now, seen);
	if (prev->state == VS_DEAD)
		vs_ctx_exit(prev->ctx);
	vs_core_park();
}

void vs_yield_cpu(void)
{
	bool leaves = vs_cpu_has_waiting(vs_this_cpu());
	struct vs_task *t = vs_this_task();

	if (leaves)
		vs_preempt_notify(t, false);
	t->state = VS_RUNNABLE;
	vs_give_up_cpu();
	if (leaves)
		vs_preempt_notify(t, true);
}

void vs_task_ends(struct vs_task *t)
{
	const struct vs_rcu_watch *watch = vs_rcu_watching();

	vs_point();
	if (watch && watch->exited)
		watch->exited(watch->ctx, vs_core_now->id, t->id, vs_core_now->clock);
	t->state = VS_DEAD;
	t->last_wait = t->wait;
	t->wait = (struct vs_wait_info){.why = VS_WAIT_WORK,
					.since = vs_core_now->clock,
					.until = VS_PS_NEVER,
					.deadline = VS_PS_NEVER};
	vs_give_up_cpu();
	VS_ASSERT(!"a thread that ended came back");
	__builtin_unreachable();
}

/* -- what threads ask for ---------------------------------------------------------------------- */

void vs_preempt_disable(void)
{
	vs_this_task()->preempt_count++;
}

void vs_preempt_enable(void)
{
	struct vs_task *t = vs_this_task();

	VS_ASSERT(t->preempt_count);
	t->preempt_count--;
	if (t->host->scenario->preempt != VS_PREEMPT_FULL || !vs_may_preempt(t))
		return;
	vs_point();
	if (vs_this_cpu()->need_resched)
		vs_yield_cpu();
}

static void told_to_give_up(uintptr_t pc)
{
	const struct vs_rcu_watch *watch = vs_rcu_watching();
	struct vs_task *t = vs_this_task();

	if (watch && watch->sleeping)
		watch->sleeping(watch->ctx, vs_core_now->id, t->id, vs_core_now->clock, pc);
}

/* Without voluntary preemption, only RCU is listened to. */
void vs_cond_resched(void)
{
	struct vs_task *t = vs_this_task();

	vs_point();
	told_to_give_up((uintptr_t)__builtin_return_address(0));
	struct vs_cpu *cpu = vs_this_cpu();

	if (cpu->need_resched && vs_may_preempt(t) &&
	    (t->host->scenario->preempt != VS_PREEMPT_NONE || cpu->urgent)) {
		vs_yield_cpu();
	} else if (cpu->host->hooks.offered && !t->rcu_depth) {
		vs_hook_begin(cpu, cpu->core->clock);
		cpu->host->hooks.offered(cpu->host->hooks.ctx, cpu->id, cpu->core->clock);
		vs_hook_end(cpu);
	}
}

void vs_resched(void)
{
	vs_point();
	told_to_give_up((uintptr_t)__builtin_return_address(0));
	if (vs_this_cpu()->need_resched && vs_may_preempt(vs_this_task()))
		vs_yield_cpu();
}

void vs_cpu_relax(void)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);

	vs_point_at(pc);
	vs_hw_relax(pc);
	vs_point_at(pc);
}

static void on_computed(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;

	cpu->timer = NULL;
	vs_cpu_resume(cpu, ev->time);
}

void vs_task_compute(vs_ps ps, enum vs_cause cause)
{
	struct vs_task *t = vs_this_task();

	if (vs_host_booting(t->host))
		return;
	vs_point();
	while (ps) {
		struct vs_cpu *cpu = vs_this_cpu();
		struct vs_core *c = cpu->core;
		vs_ps since = c->clock;

		cpu->mode = VS_CPU_COMPUTE;
		cpu->timer = vs_local_event(cpu, on_computed, since + ps, since, VS_CLASS_TIMER);
		vs_send_timer(c, cpu->timer);
		c->running = false;
		vs_core_park();
		t->books[cause] += c->clock - since;
		ps -= c->clock - since;
		vs_irq_take_all();
		if (vs_this_cpu()->need_resched && vs_may_preempt(t))
			vs_yield_cpu();
	}
}

void vs_task_compute_in_kernel(vs_ps ps, enum vs_cause cause)
{
	bool preemptible = vs_this_task()->host->scenario->preempt == VS_PREEMPT_FULL;

	if (!preemptible)
		vs_preempt_disable();
	vs_task_compute(ps, cause);
	if (!preemptible)
		vs_preempt_enable();
}
