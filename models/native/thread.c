/*
 * Threads, sleep and wake-up, time. Tasks are never given back: who was told to wake one may be
 * late and then wakes its successor, which port.h allows.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/workqueue.h>

#include "models/native/private.h"

#define RELAXES_PER_YIELD 64 /* who is waited for may want this very CPU */

struct vs_task {
	_Alignas(64) unsigned char area[VS_TASK_AREA_BYTES];
	pthread_mutex_t lock; /* covers woken */
	pthread_cond_t wake;
	bool woken;
	bool used; /* under the lock of `cpus` */
	bool is_worker;
	uint32_t cpu;
	pthread_t thread;
	void (*fn)(void *arg);
	void *arg;
};

struct vs_native_hooks vs_native_hooks;

static struct {
	pthread_mutex_t lock;
	struct vs_task task[VS_NATIVE_CPUS];
	struct vs_task *worker; /* one for all CPUs; NULL: not wanted yet */
	uint32_t hz;
} cpus = {.lock = PTHREAD_MUTEX_INITIALIZER};

static __thread struct vs_task *me;
static __thread unsigned int relaxes;

/* -- threads ---------------------------------------------------------------------------------- */

void vs_native_init(const struct vs_native_hooks *hooks, uint32_t hz)
{
	pthread_condattr_t monotonic;

	vs_native_hooks = hooks ? *hooks : (struct vs_native_hooks){0};
	cpus.hz = hz;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	for (uint32_t i = 0; i < VS_NATIVE_CPUS; i++) {
		struct vs_task *t = &cpus.task[i];

		t->cpu = i;
		pthread_mutex_init(&t->lock, NULL);
		pthread_cond_init(&t->wake, &monotonic);
	}
	pthread_condattr_destroy(&monotonic);
}

static void *run(void *arg)
{
	struct vs_task *t = arg;

	me = t;
	vs_native_rcu_enter();
	t->fn(t->arg);
	vs_native_rcu_leave();
	return NULL;
}

/* cpus.lock is held */
static struct vs_task *spawn(void (*fn)(void *arg), void *arg)
{
	for (uint32_t i = 0; i < VS_NATIVE_CPUS; i++) {
		struct vs_task *t = &cpus.task[i];

		if (t->used)
			continue;
		memset(t->area, 0, sizeof(t->area));
		t->fn = fn;
		t->arg = arg;
		t->used = !pthread_create(&t->thread, NULL, run, t);
		return t->used ? t : NULL;
	}
	return NULL;
}

struct vs_task *vs_native_spawn(void (*fn)(void *arg), void *arg)
{
	struct vs_task *t;

	pthread_mutex_lock(&cpus.lock);
	t = spawn(fn, arg);
	pthread_mutex_unlock(&cpus.lock);
	return t;
}

void vs_native_join(struct vs_task *t)
{
	pthread_join(t->thread, NULL);
	pthread_mutex_lock(&cpus.lock);
	t->used = false;
	pthread_mutex_unlock(&cpus.lock);
}

static void work(void *unused)
{
	me->is_worker = true;
	worker_thread(unused);
}

/* All CPUs have the same one: its pool is as good as theirs, and nobody else is on its CPU. */
struct vs_task *vs_cpu_worker(uint32_t cpu)
{
	struct vs_task *t = __atomic_load_n(&cpus.worker, __ATOMIC_ACQUIRE);

	(void)cpu;
	if (t)
		return t;
	pthread_mutex_lock(&cpus.lock);
	if (!cpus.worker) {
		t = spawn(work, NULL);
		if (!t)
			vs_bug(__FILE__, __LINE__, "no thread for the worker");
		pthread_detach(t->thread);
		__atomic_store_n(&cpus.worker, t, __ATOMIC_RELEASE);
	}
	t = cpus.worker;
	pthread_mutex_unlock(&cpus.lock);
	return t;
}

struct vs_task *vs_task_current(void)
{
	return me;
}

void *vs_task_area(struct vs_task *t)
{
	return t->area;
}

uint32_t vs_cpu_id(void)
{
	return me->cpu;
}

uint32_t vs_cpu_count(void)
{
	return VS_NATIVE_CPUS;
}

/* -- sleep ------------------------------------------------------------------------------------ */

static struct timespec at(vs_ps deadline)
{
	return (struct timespec){.tv_sec = (time_t)(deadline / VS_PS_PER_S),
				 .tv_nsec = (long)(deadline % VS_PS_PER_S / VS_PS_PER_NS)};
}

bool vs_task_block_at(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline,
		      uintptr_t site)
{
	struct timespec until = at(deadline);
	bool woken;
	int r = 0;

	(void)what;
	(void)owner;
	(void)site;
	if (vs_native_hooks.blocks && !me->is_worker)
		vs_native_hooks.blocks(why);
	pthread_mutex_lock(&me->lock);
	while (!me->woken && !r) {
		if (deadline == VS_PS_NEVER)
			r = pthread_cond_wait(&me->wake, &me->lock);
		else
			r = pthread_cond_timedwait(&me->wake, &me->lock, &until);
	}
	woken = me->woken;
	me->woken = false;
	pthread_mutex_unlock(&me->lock);
	return woken;
}

bool vs_task_block(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline)
{
	return vs_task_block_at(why, what, owner, deadline, 0);
}

void vs_task_wake(struct vs_task *t)
{
	pthread_mutex_lock(&t->lock);
	t->woken = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
}

/* -- time ------------------------------------------------------------------------------------- */

vs_ps vs_now_ps(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (vs_ps)now.tv_sec * VS_PS_PER_S + (vs_ps)now.tv_nsec * VS_PS_PER_NS;
}

uint32_t vs_hz(void)
{
	return cpus.hz;
}

void vs_cpu_relax(void)
{
	__builtin_ia32_pause();
	if (++relaxes % RELAXES_PER_YIELD == 0)
		sched_yield();
}

void vs_delay(vs_ps ps)
{
	vs_ps until = vs_now_ps() + ps;

	while (vs_now_ps() < until)
		vs_cpu_relax();
}

bool vs_booting(void)
{
	return false;
}

/* A CPU has one thread: there is nothing to keep away, and nobody to give way to. */
void vs_preempt_disable(void)
{
}

void vs_preempt_enable(void)
{
}

void vs_cond_resched(void)
{
}

void vs_resched(void)
{
}

/* -- bugs ------------------------------------------------------------------------------------- */

void vs_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: bug: %s\n", file, line, what);
	abort();
}

void vs_warn(const char *file, int line, const char *what)
{
	if (vs_native_hooks.warns)
		vs_native_hooks.warns(file, line, what);
	else
		fprintf(stderr, "%s:%d: warning: %s\n", file, line, what);
}
