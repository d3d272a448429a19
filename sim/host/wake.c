/*
 * Sleeping and waking.
 *
 * A wake-up is a message to the CPU the thread is on. That CPU keeps it if it is idle, else it
 * sends it on to one that was seen idle, if there is one (place.c). Who wakes a thread that moved a
 * moment ago reaches the old CPU, which knows where it sent it.
 */
#include "sim/host/private.h"

static const enum vs_cause cause_of[] = {[VS_WAIT_LOCK] = VS_CAUSE_LOCK,
					 [VS_WAIT_GRACE_PERIOD] = VS_CAUSE_GRACE_PERIOD,
					 [VS_WAIT_HALT] = VS_CAUSE_IDLE,
					 [VS_WAIT_TIMER] = VS_CAUSE_IDLE,
					 [VS_WAIT_WORK] = VS_CAUSE_IDLE};

enum vs_cause vs_wait_cause(enum vs_wait why)
{
	return cause_of[why];
}

/* -- moving ------------------------------------------------------------------------------------ */

/* Handler: a thread from elsewhere is here. */
void vs_task_arrives(struct vs_cpu *cpu, struct vs_task *t)
{
	t->cpu = cpu->id;
	t->moved = true;
	t->vruntime_ps += cpu->rq.min_vruntime_ps;
	vs_cpu_enqueue(cpu, t, cpu->acting_at);
}

static void on_arrival(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;

	vs_handler_begin(cpu, ev->time);
	vs_task_arrives(cpu, ev->obj);
	vs_handler_end(cpu);
}

/* t, which waits for a CPU but is in no queue any more, leaves this one. */
void vs_task_leaves(struct vs_cpu *cpu, struct vs_task *t, uint32_t to, vs_ps at)
{
	t->cpu = VS_CPU_NONE;
	t->state = VS_RUNNABLE;
	t->vruntime_ps -= cpu->rq.min_vruntime_ps;
	vs_history_put(&t->where, at, to, vs_stamp_floor(cpu));
	cpu->stats.migrations++;
}

static void send_away(struct vs_cpu *cpu, struct vs_task *t, uint32_t to, vs_ps at)
{
	struct vs_host *h = cpu->host;
	struct vs_event *ev =
		vs_local_event(cpu, on_arrival, at + h->m->wake_flight_ps, at, VS_CLASS_MESSAGE);

	ev->obj = t;
	vs_task_leaves(cpu, t, to, at);
	vs_host_charge(h, h->m->wake_send_ps, VS_CAUSE_INTERRUPT);
	vs_send_message(cpu->core, h->cpus[to].core, ev, at);
}

/* -- waking ------------------------------------------------------------------------------------ */

static void end_sleep(struct vs_cpu *cpu, struct vs_task *t, vs_ps at)
{
	enum vs_cause cause = cause_of[t->wait.why];

	at = vs_later(at, t->books_to);
	t->books[cause] += at - t->books_to;
	t->books_to = at;
	if (t->state == VS_NEW)
		vs_account_start(t, at);
	vs_account(t, VS_VCPU_STEAL, at);
	t->wait.until = at;
	if (t->deadline) {
		vs_event_cancel(cpu->core, t->deadline);
		t->deadline = NULL;
	}
	cpu->stats.wakes++;
}

/* Wakes a thread that is on this CPU. */
void vs_wake_here(struct vs_cpu *cpu, struct vs_task *t, vs_ps at)
{
	if (t->state != VS_NEW && t->state != VS_BLOCKED) {
		/* one that was woken and has not returned from its sleep yet will look anyway */
		if (t->state != VS_DEAD && !t->in_block)
			t->pending_wake = true;
		return;
	}
	/* kernel threads have been there, asleep, since the machine came up */
	t->entry = t->state == VS_NEW && t->kind != VS_TASK_KTHREAD ? VS_ENTRY_NEW : VS_ENTRY_WOKEN;
	end_sleep(cpu, t, at);
	if (!t->pinned && cpu->mode != VS_CPU_IDLE) {
		vs_ps seen = cpu->host->acting ? cpu->seen_at : cpu->core->clock;
		uint32_t to = vs_place_find_idle(cpu, t, seen);

		if (to != VS_CPU_NONE) {
			send_away(cpu, t, to, t->books_to);
			return;
		}
	}
	vs_cpu_enqueue(cpu, t, t->books_to);
}

/*
 * Where to send what is meant for t, which is not on this CPU. Somebody else is known to have it;
 * or this CPU itself sent it away a moment ago; or it is on its way here, and so is the message
 * then.
 */
uint32_t vs_task_forward(const struct vs_cpu *cpu, const struct vs_task *t, vs_ps seen)
{
	const struct vs_history *w = &t->where;
	vs_ps as_of = vs_before(seen, cpu->host->window);
	uint32_t to = vs_history_get(w, as_of)->value;

	if (to != cpu->id)
		return to;
	/* the stamp after one that names this CPU is this CPU's own */
	for (uint32_t i = w->n - 1; i && w->stamp[i].at > as_of; i--)
		if (w->stamp[i - 1].value == cpu->id)
			return w->stamp[i].value;
	return cpu->id;
}

static void on_wake(struct vs_core *c, struct vs_event *ev);

static void send_wake(struct vs_cpu *cpu, struct vs_task *t, uint32_t to, vs_ps now)
{
	struct vs_host *h = cpu->host;
	struct vs_event *ev =
		vs_local_event(cpu, on_wake, now + h->m->wake_flight_ps, now, VS_CLASS_MESSAGE);

	ev->obj = t;
	vs_send_message(cpu->core, h->cpus[to].core, ev, now);
}

static void on_wake(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	struct vs_task *t = ev->obj;

	vs_handler_begin(cpu, ev->time);
	if (t->cpu == cpu->id)
		vs_wake_here(cpu, t, cpu->acting_at);
	else
		send_wake(cpu, t, vs_task_forward(cpu, t, ev->time), cpu->acting_at);
	vs_handler_end(cpu);
}

void vs_task_seed(struct vs_task *t, vs_ps at)
{
	struct vs_cpu *cpu = &t->host->cpus[t->cpu];
	struct vs_event *ev = vs_local_event(cpu, on_wake, at, at, VS_CLASS_TIMER);

	ev->obj = t;
	t->wait.deadline = at; /* somebody will wake it: the deadlock watch wants to know */
	vs_send_timer(cpu->core, ev);
}

void vs_task_wake(struct vs_task *t)
{
	struct vs_host *h = t->host;
	vs_ps seen, now;

	if (!h->acting)
		vs_point();
	struct vs_cpu *cpu = vs_here(h, &now);

	seen = h->acting ? cpu->seen_at : now;
	if (t->cpu == cpu->id) {
		vs_wake_here(cpu, t, now);
		return;
	}
	uint32_t to = vs_task_forward(cpu, t, seen);

	vs_host_charge(h, h->m->wake_send_ps, VS_CAUSE_INTERRUPT);
	vs_here(h, &now);
	send_wake(cpu, t, to, now);
}

/* -- sleeping ---------------------------------------------------------------------------------- */

static void on_deadline(struct vs_core *c, struct vs_event *ev)
{
	static const struct vs_irq timer = {.kind = VS_IRQ_TIMER};
	struct vs_cpu *cpu = c->host;
	struct vs_task *t = ev->obj;

	vs_handler_begin(cpu, ev->time);
	t->deadline = NULL;
	t->timed_out = true;
	if (cpu->mode != VS_CPU_IDLE)
		vs_irq_deliver(cpu, &timer, cpu->acting_at);
	vs_wake_here(cpu, t, cpu->acting_at);
	vs_handler_end(cpu);
}

static void check_may_sleep(struct vs_task *t, uintptr_t pc)
{
	const struct vs_rcu_watch *watch = vs_rcu_watching();

	if (t->preempt_count)
		vs_warn(__FILE__, __LINE__, "a thread sleeps with preemption off");
	if (watch && watch->sleeping)
		watch->sleeping(watch->ctx, vs_core_now->id, t->id, vs_core_now->clock, pc);
}

static void fall_asleep(struct vs_cpu *cpu, struct vs_task *t, struct vs_wait_info wait)
{
	wait.since = cpu->core->clock;
	wait.until = VS_PS_NEVER;
	t->last_wait = t->wait;
	t->wait = wait;
	t->timed_out = false;
	t->state = VS_BLOCKED;
	if (wait.deadline != VS_PS_NEVER) {
		t->deadline =
			vs_local_event(cpu, on_deadline, wait.deadline, wait.since, VS_CLASS_TIMER);
		t->deadline->obj = t;
		vs_send_timer(cpu->core, t->deadline);
	}
}

bool vs_task_block(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline)
{
	return vs_task_block_at(why, what, owner, deadline, (uintptr_t)__builtin_return_address(0));
}

bool vs_task_block_at(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline,
		      uintptr_t pc)
{
	struct vs_task *t = vs_this_task();

	vs_point();
	check_may_sleep(t, pc);
	struct vs_cpu *cpu = vs_this_cpu();

	if (t->pending_wake) {
		t->pending_wake = false;
		return true;
	}
	/* while the VM boots there is nobody and nothing to wait for */
	if (deadline != VS_PS_NEVER && !vs_hw_pricing(cpu->host->hw))
		return false;
	/* what ends a halt from inside the guest ends it as its timer would */
	if (deadline <= cpu->core->clock || (why == VS_WAIT_HALT && (cpu->stopped || t->poked)))
		return false;
	t->in_block = true;
	fall_asleep(
		cpu, t,
		(struct vs_wait_info){
			.why = why, .what = what, .owner = owner, .pc = pc, .deadline = deadline});
	vs_give_up_cpu();
	t->in_block = false;
	return !t->timed_out;
}
