/* Threads: making them, what is asked of them, and the CPU as its thread sees it. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/host/private.h"

#define AREA_CHUNK_BYTES (64 * 1024)

static void task_main(void *arg)
{
	struct vs_task *t = arg;

	t->fn(t->arg);
	vs_task_ends(t);
}

/* Areas are carved from fresh arena of the first CPU's socket, in order of creation: the same
 * layout in every run. */
static void *take_area(struct vs_host *h, struct vs_cpu *cpu)
{
	if (cpu->area_left < VS_TASK_AREA_BYTES) {
		cpu->area_next = vs_hw_arena_take(h->hw, AREA_CHUNK_BYTES, cpu->id);
		VS_ASSERT(cpu->area_next);
		vs_hw_name(h->hw, cpu->area_next, AREA_CHUNK_BYTES, VS_TASK_AREA_BYTES,
			   "struct task_struct");
		cpu->area_left = AREA_CHUNK_BYTES;
	}
	void *area = cpu->area_next;

	cpu->area_next += VS_TASK_AREA_BYTES;
	cpu->area_left -= VS_TASK_AREA_BYTES;
	return area;
}

static void remember(struct vs_host *h, struct vs_task *t)
{
	if (h->n_tasks == h->cap_tasks) {
		h->cap_tasks = h->cap_tasks ? 2 * h->cap_tasks : 64;
		h->tasks = realloc(h->tasks, h->cap_tasks * sizeof(struct vs_task *));
		VS_ASSERT(h->tasks);
	}
	t->id = h->n_tasks;
	h->tasks[h->n_tasks++] = t;
}

enum vs_task_kind vs_task_kind(const struct vs_task *t)
{
	return t->kind;
}

struct vs_task *vs_task_new(struct vs_host *h, const struct vs_task_params *p)
{
	struct vs_task *t = calloc(1, sizeof(*t));

	VS_ASSERT(t && p->fn && p->cpu < (int32_t)h->n_cpus);
	VS_ASSERT(p->first_cpu + p->n_cpus <= h->n_cpus);
	t->host = h;
	snprintf(t->name, sizeof(t->name), "%s", p->name);
	t->kind = p->kind;
	t->pinned = p->pinned;
	t->fn = p->fn;
	t->arg = p->arg;
	t->guest = p->guest;
	t->guest_ctx = p->guest_ctx;
	t->state = VS_NEW;
	t->rt = p->rt;
	t->weight = vs_fair_weight(p->nice);
	t->first_cpu = p->first_cpu;
	t->n_cpus = p->n_cpus ? p->n_cpus : h->n_cpus;
	t->cpu = p->cpu >= 0 ? (uint32_t)p->cpu : t->first_cpu + h->next_cpu++ % t->n_cpus;
	VS_ASSERT(vs_may_run_on(t, t->cpu));
	t->wait = (struct vs_wait_info){
		.why = VS_WAIT_WORK, .until = VS_PS_NEVER, .deadline = VS_PS_NEVER};
	vs_history_init(&t->where, t->cpu);
	t->area = take_area(h, &h->cpus[t->cpu]);
	t->ctx = vs_ctx_new(h->engine, t->name, t->cpu, task_main, t);
	vs_ctx_set_user(t->ctx, t);
	remember(h, t);
	return t;
}

const char *vs_task_name(const struct vs_task *t)
{
	return t->name;
}

uint32_t vs_task_id(const struct vs_task *t)
{
	return t->id;
}

struct vs_host *vs_task_host(const struct vs_task *t)
{
	return t->host;
}

const vs_ps *vs_task_books(const struct vs_task *t)
{
	return t->books;
}

void *vs_task_area(struct vs_task *t)
{
	return t->area;
}

uint32_t *vs_task_rcu_depth(struct vs_task *t)
{
	return &t->rcu_depth;
}

bool *vs_task_rcu_queued(struct vs_task *t)
{
	return &t->rcu_queued;
}

bool vs_task_preemptible(const struct vs_task *t)
{
	return !t->preempt_count;
}

struct vs_task *vs_task_current(void)
{
	return vs_this_task();
}

uint32_t vs_cpu_id(void)
{
	return vs_core_now->id;
}

uint32_t vs_cpu_count(void)
{
	return vs_this_cpu()->host->n_cpus;
}

uint32_t vs_hz(void)
{
	return vs_this_cpu()->host->scenario->hz;
}

vs_ps vs_now_ps(void)
{
	return vs_core_now->clock;
}
