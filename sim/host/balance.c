/*
 * Threads that wait for a CPU while another has less to do.
 *
 * A CPU takes no thread from another's queue: it asks the owner, a message, and is answered with a
 * thread or with nothing. Who has just become idle asks the CPU with most threads waiting, nearest
 * domain first, unless it has been idle so shortly lately that this would not pay; a busy CPU at
 * whose tick threads wait while somebody idles reminds that one; and busy CPUs ask, less often the
 * larger the domain, those with at least two more. A thread moves if it may, and has not run within
 * `migration_cost`, after which its caches are taken for cold.
 *
 * Intervals and rules: kernel/sched/fair.c of Linux at 000619680c37, where the asking CPU does all
 * of it under the other's lock.
 */
#include "sim/host/private.h"

#define SCANNED_MAX 32  /* threads looked at: sysctl_sched_nr_migrate */
#define BUSY_FACTOR 32  /* a busy CPU balances so much more rarely */
#define AVERAGED_OVER 8 /* idle times */

static vs_ps interval(const struct vs_host *h, uint32_t level)
{
	return BUSY_FACTOR * VS_PS_PER_MS * vs_place_span(h, level);
}

void vs_balance_init(struct vs_cpu *cpu)
{
	cpu->avg_idle_ps = 2 * cpu->host->scenario->sched.migration_cost_ps;
	vs_history_init(&cpu->waiting, 0);
	vs_place_idle(cpu);
	for (uint32_t level = 0; level < VS_LEVELS; level++)
		cpu->next_balance[level] = interval(cpu->host, level);
}

/* Others see how many threads wait here and may move. */
void vs_balance_publish(struct vs_cpu *cpu, vs_ps at)
{
	struct vs_history *h = &cpu->waiting;
	const struct vs_stamp *last = &h->stamp[h->n - 1];

	if (last->value == cpu->rq.n_movable)
		return;
	if (cpu->rq.n_movable)
		vs_place_waiting(cpu);
	vs_history_put(h, vs_later(at, last->at), cpu->rq.n_movable, vs_stamp_floor(cpu));
}

/* -- the owner --------------------------------------------------------------------------------- */

/* Of those that may go there, the one that would wait longest here. */
static struct vs_task *spare(const struct vs_cpu *cpu, uint32_t to, vs_ps at)
{
	const struct vs_rq *rq = &cpu->rq;
	vs_ps hot = cpu->host->scenario->sched.migration_cost_ps;
	struct vs_task *best = NULL;

	for (uint32_t i = 0; i < rq->n && i < SCANNED_MAX; i++) {
		struct vs_task *t = rq->heap[rq->n - 1 - i];

		if (t->pinned || !vs_may_run_on(t, to) || (t->ran_until && at < t->ran_until + hot))
			continue;
		if (!best || vs_rq_before(best, t))
			best = t;
	}
	return best;
}

static void on_answer(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;

	vs_handler_begin(cpu, ev->time);
	cpu->pulling = false;
	if (ev->obj)
		vs_task_arrives(cpu, ev->obj);
	vs_handler_end(cpu);
}

/* a: how many must wait here for one to be given. */
static void on_request(struct vs_core *c, struct vs_event *ev)
{
	struct vs_cpu *cpu = c->host;
	uint32_t to = ev->core;

	vs_handler_begin(cpu, ev->time);
	struct vs_task *t = cpu->rq.n >= ev->a ? spare(cpu, to, cpu->acting_at) : NULL;
	vs_ps at = t ? vs_later(cpu->acting_at, t->books_to) : cpu->acting_at;
	struct vs_event *answer = vs_local_event(cpu, on_answer, at + cpu->host->m->wake_flight_ps,
						 at, VS_CLASS_MESSAGE);

	answer->obj = t;
	if (t) {
		vs_fair_charge(cpu, at);
		vs_rq_remove(&cpu->rq, t);
		vs_balance_publish(cpu, at);
		vs_task_leaves(cpu, t, to, at);
		cpu->stats.pulls++;
	}
	vs_send_message(cpu->core, cpu->host->cpus[to].core, answer, at);
	vs_handler_end(cpu);
}

/* -- who asks ---------------------------------------------------------------------------------- */

/* Handler code: asks for a thread from a domain where at least so many wait. */
static bool pull(struct vs_cpu *cpu, uint32_t level, uint64_t least)
{
	struct vs_host *h = cpu->host;
	uint32_t from = vs_place_find_waiting(cpu, level, least, cpu->seen_at);
	vs_ps now;

	if (from == VS_CPU_NONE || cpu->pulling || vs_host_booting(h))
		return false;
	vs_host_charge(h, h->m->wake_send_ps, VS_CAUSE_INTERRUPT);
	vs_here(h, &now);
	struct vs_event *ev =
		vs_local_event(cpu, on_request, now + h->m->wake_flight_ps, now, VS_CLASS_MESSAGE);

	ev->a = least;
	cpu->pulling = true;
	vs_send_message(cpu->core, h->cpus[from].core, ev, now);
	return true;
}

static void pull_when_idle(struct vs_cpu *cpu)
{
	if (cpu->mode != VS_CPU_IDLE || cpu->pulling)
		return;
	for (uint32_t level = 0; level < VS_LEVELS; level++)
		if (pull(cpu, level, 1))
			return;
}

/* Handler code: it has just become idle. */
void vs_balance_idle(struct vs_cpu *cpu)
{
	if (cpu->mode != VS_CPU_IDLE)
		return;
	cpu->idle_since = cpu->acting_at;
	if (cpu->avg_idle_ps >= cpu->host->scenario->sched.migration_cost_ps)
		pull_when_idle(cpu);
}

/* It is not idle any more. */
void vs_balance_busy(struct vs_cpu *cpu, vs_ps at)
{
	vs_ps most = 2 * cpu->host->scenario->sched.migration_cost_ps;
	vs_ps idle = vs_before(at, cpu->idle_since);

	if (idle > cpu->avg_idle_ps)
		cpu->avg_idle_ps += (idle - cpu->avg_idle_ps) / AVERAGED_OVER;
	else
		cpu->avg_idle_ps -= (cpu->avg_idle_ps - idle) / AVERAGED_OVER;
	if (cpu->avg_idle_ps > most)
		cpu->avg_idle_ps = most;
}

static void reminded(void *ctx, uint32_t id, vs_ps now, uint64_t arg)
{
	struct vs_host *h = ctx;

	(void)now;
	(void)arg;
	pull_when_idle(&h->cpus[id]);
}

/* The tick's handler. */
void vs_balance_tick(struct vs_cpu *cpu)
{
	struct vs_host *h = cpu->host;

	if (cpu->mode == VS_CPU_IDLE)
		return;
	if (cpu->rq.n_movable) {
		uint32_t to = vs_place_find_idle(cpu, NULL, cpu->seen_at);

		if (to != VS_CPU_NONE)
			vs_host_message(h, to, reminded, h, 0);
	}
	for (uint32_t level = 0; level < VS_LEVELS; level++) {
		if (cpu->seen_at < cpu->next_balance[level])
			continue;
		cpu->next_balance[level] = cpu->seen_at + interval(h, level);
		pull(cpu, level, cpu->rq.n + 2);
	}
}
