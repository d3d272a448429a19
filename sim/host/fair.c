/*
 * Who runs next and for how long, as the completely fair scheduler of Linux decides it
 * (kernel/sched/fair.c at 000619680c37): virtual runtime is time run over weight; the least goes
 * first; a slice is a share of a latency by weight, looked at in ticks; a woken thread preempts who
 * is ahead of it by more than a granularity, and a sleeper is given half a latency at most.
 * Real-time threads come before all others, first in first out, and have no slice.
 *
 * Not modelled: groups, the last and skip buddies, autogroups, bandwidth, round-robin and deadline
 * classes, throttling of real-time threads.
 */
#include "sim/host/private.h"

#define NICE_0_WEIGHT 1024

/* One level of nice is a tenth of the CPU: sched_prio_to_weight of kernel/sched/core.c. */
static const uint32_t weight_of_nice[] = {88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705,
					  14949, 11916, 9548,  7620,  6100,  4904,  3906,  3121,
					  2501,  1991,  1586,  1277,  1024,  820,   655,   526,
					  423,   335,   272,   215,   172,   137,   110,   87,
					  70,    56,    45,    36,    29,    23,    18,    15};

uint32_t vs_fair_weight(int nice)
{
	VS_ASSERT(nice >= -20 && nice <= 19);
	return weight_of_nice[nice + 20];
}

/* Real time as virtual time. */
static int64_t virtual_ps(vs_ps ps, uint64_t weight)
{
	return (int64_t)(weight == NICE_0_WEIGHT ? ps : ps * NICE_0_WEIGHT / weight);
}

static bool runs_fair(const struct vs_cpu *cpu)
{
	return cpu->current && !cpu->current->rt;
}

/* Never back, so that who comes late gains nothing. */
static void advance_min(struct vs_cpu *cpu, bool with_current)
{
	struct vs_rq *rq = &cpu->rq;
	const struct vs_task *first = vs_rq_first(rq);
	int64_t least = INT64_MAX;

	if (first && first->rt)
		return; /* whose virtual runtime is the least is not known now */
	if (first)
		least = first->vruntime_ps;
	if (with_current && runs_fair(cpu) && cpu->current->vruntime_ps < least)
		least = cpu->current->vruntime_ps;
	if (least != INT64_MAX && least > rq->min_vruntime_ps)
		rq->min_vruntime_ps = least;
}

/* What the current thread has run goes into its virtual runtime. */
void vs_fair_charge(struct vs_cpu *cpu, vs_ps now)
{
	struct vs_rq *rq = &cpu->rq;
	struct vs_task *t = cpu->current;

	if (t && now > rq->run_since) {
		vs_ps ran = now - rq->run_since;

		rq->run_since = now;
		rq->ran_ps += ran;
		if (!t->rt)
			t->vruntime_ps += virtual_ps(ran, t->weight);
	}
	advance_min(cpu, true);
}

/* The share of a thread of that weight, among `n` of that weight together. */
static vs_ps slice(const struct vs_cpu *cpu, uint32_t n, uint64_t weight, uint64_t all)
{
	const struct vs_sched_params *p = &cpu->host->scenario->sched;
	vs_ps period = n > p->latency_ps / p->min_granularity_ps ? n * p->min_granularity_ps
								 : p->latency_ps;

	return period * weight / all;
}

/* Where a thread that has become runnable here stands among the others. */
void vs_fair_place(struct vs_cpu *cpu, struct vs_task *t)
{
	const struct vs_rq *rq = &cpu->rq;
	int64_t credit = (int64_t)(cpu->host->scenario->sched.latency_ps / 2);
	uint32_t n = rq->n_fair + runs_fair(cpu) + 1;
	uint64_t all = rq->weight + (runs_fair(cpu) ? cpu->current->weight : 0) + t->weight;

	if (t->entry == VS_ENTRY_NEW)
		t->vruntime_ps =
			rq->min_vruntime_ps + virtual_ps(slice(cpu, n, t->weight, all), t->weight);
	else if (t->entry == VS_ENTRY_WOKEN && t->vruntime_ps < rq->min_vruntime_ps - credit)
		t->vruntime_ps = rq->min_vruntime_ps - credit;
	t->entry = VS_ENTRY_WAITING;
}

/* a may go before b although b has run less. */
static bool near_enough(const struct vs_cpu *cpu, const struct vs_task *a, const struct vs_task *b)
{
	return a->vruntime_ps - b->vruntime_ps <=
	       virtual_ps(cpu->host->scenario->sched.wakeup_granularity_ps, b->weight);
}

/* t has become runnable: does the current thread give way to it? */
bool vs_fair_preempts(struct vs_cpu *cpu, struct vs_task *t)
{
	const struct vs_task *cur = cpu->current;

	if (t->rt || cur->rt)
		return t->rt > cur->rt;
	if (near_enough(cpu, cur, t))
		return false;
	cpu->rq.next = t;
	return true;
}

/* The next thread of a CPU, taken out of its queue. */
struct vs_task *vs_fair_pick(struct vs_cpu *cpu)
{
	struct vs_rq *rq = &cpu->rq;
	struct vs_task *t = vs_rq_first(rq), *next = rq->next;

	advance_min(cpu, cpu->current->state == VS_RUNNABLE);
	if (!t)
		return NULL;
	if (next && !t->rt && near_enough(cpu, next, t))
		t = next;
	vs_rq_remove(rq, t);
	return t;
}

/* A thread's time begins. */
void vs_fair_start(struct vs_cpu *cpu, vs_ps at)
{
	cpu->rq.run_since = at;
	cpu->rq.ran_ps = 0;
}

/* At the tick: has the current thread had its share? */
bool vs_fair_expired(struct vs_cpu *cpu, vs_ps now)
{
	struct vs_rq *rq = &cpu->rq;
	const struct vs_task *t = cpu->current, *first = vs_rq_first(rq);

	vs_fair_charge(cpu, now);
	if (!t || t->rt || !first || first->rt)
		return false;
	vs_ps share = slice(cpu, rq->n_fair + 1, t->weight, rq->weight + t->weight);

	if (rq->ran_ps > share) {
		rq->next = NULL;
		return true;
	}
	return rq->ran_ps >= cpu->host->scenario->sched.min_granularity_ps &&
	       t->vruntime_ps - first->vruntime_ps > (int64_t)share;
}
