/* Threads, CPUs, sleeping, grace periods, guests: see mock.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include <linux/workqueue.h>

#include "mock_private.h"

#define STACK_BYTES (128 * 1024)

struct mock_state mock;
static struct vs_task threads[MOCK_THREADS];
static uint32_t n_threads;
/* Made when first asked for, never done. */
static struct vs_task workers[MOCK_WORKERS];
/* All of both. */
static struct vs_task *all[MOCK_THREADS + MOCK_WORKERS];
static uint32_t n_all;
static uint32_t n_held;         /* threads with preemption off */
static struct vs_task *running; /* NULL: the test itself */
static ucontext_t outside;
static uint64_t state, steps;
static struct vs_rcu_head *callbacks;
static int expected = -1;

static const char *const fault_names[MOCK_FAULTS] = {"not ready",
						     "lost",
						     "wrong vCPU",
						     "walk order",
						     "walk missed",
						     "use after free",
						     "bad free",
						     "leak",
						     "sleep in reader",
						     "sleep atomic",
						     "synchronize in reader",
						     "unbalanced",
						     "short grace period",
						     "warn",
						     "deadlock"};

const char *mock_fault_name(enum mock_fault f)
{
	return fault_names[f];
}

void mock_expect(enum mock_fault f)
{
	expected = f;
}

void mock_fault(enum mock_fault f)
{
	mock.faults[f]++;
	if (expected == (int)f)
		_exit(0);
}

uint64_t mock_faults(void)
{
	uint64_t n = 0;

	for (int f = 0; f < MOCK_FAULTS; f++) {
		if (mock.faults[f])
			fprintf(stderr, "fault: %s (%lu)\n", fault_names[f],
				(unsigned long)mock.faults[f]);
		n += mock.faults[f];
	}
	return n;
}

uint64_t mock_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

void mock_init(uint32_t n_cpus, uint64_t seed)
{
	for (uint32_t i = 0; i < n_all; i++) {
		free(all[i]->stack);
		memset(all[i], 0, sizeof(*all[i]));
	}
	n_threads = n_all = n_held = 0;
	running = NULL;
	callbacks = NULL;
	mock_memory_init();
	mock_notes_init();
	memset(&mock, 0, sizeof(mock));
	mock.n_cpus = n_cpus;
	mock.point_ps = VS_PS_PER_NS;
	mock.stall_points = 2048;
	steps = 0;
	state = seed * 2654435761u + 88172645463325252u;
}

static void thread_main(void)
{
	struct vs_task *t = running;

	t->fn(t->arg);
	if (t->preempt || t->rcu_depth)
		mock_fault(MOCK_UNBALANCED);
	t->done = true;
	t->rcu_depth = 0;
	n_held -= t->preempt > 0;
	t->preempt = 0;
	mock_point();
	abort(); /* a finished thread is never picked */
}

static void make(struct vs_task *t, uint32_t cpu, void (*fn)(void *arg), void *arg)
{
	t->cpu = cpu;
	t->fn = fn;
	t->arg = arg;
	t->deadline = VS_PS_NEVER;
	t->stack = malloc(STACK_BYTES);
	getcontext(&t->context);
	t->context.uc_stack.ss_sp = t->stack;
	t->context.uc_stack.ss_size = STACK_BYTES;
	t->context.uc_link = NULL;
	makecontext(&t->context, thread_main, 0);
	all[n_all++] = t;
}

void mock_spawn(uint32_t cpu, void (*fn)(void *arg), void *arg)
{
	if (n_threads == MOCK_THREADS)
		abort();
	make(&threads[n_threads++], cpu, fn, arg);
}

struct vs_task *vs_cpu_worker(uint32_t cpu)
{
	struct vs_task *t = &workers[cpu];

	if (cpu >= MOCK_WORKERS)
		abort();
	if (!t->stack) {
		make(t, cpu, worker_thread, NULL);
		t->bound = true;
	}
	return t;
}

/* -- who goes on ------------------------------------------------------------------------------ */

static bool cpu_is_held(const struct vs_task *t)
{
	if (n_held == (t->preempt > 0))
		return false;
	for (uint32_t i = 0; i < n_all; i++)
		if (all[i] != t && all[i]->preempt && all[i]->cpu == t->cpu)
			return true;
	return false;
}

bool mock_cpu_wanted(void)
{
	for (uint32_t i = 0; i < n_all; i++) {
		const struct vs_task *t = all[i];

		if (t != running && !t->done && t->cpu == running->cpu &&
		    (!t->blocked || t->woken || mock.now >= t->deadline))
			return true;
	}
	return false;
}

/* Now and then one is kept from running for long: an interrupt, a slow CPU. */
static void maybe_stall(struct vs_task *t)
{
	steps++;
	if (mock_random() % 32 == 0)
		t->stalled_until = steps + mock_random() % mock.stall_points;
}

static bool can_run(const struct vs_task *t)
{
	if (t->done || cpu_is_held(t))
		return false;
	return !t->blocked || t->woken || mock.now >= t->deadline;
}

static struct vs_task *pick(void)
{
	struct vs_task *ready[MOCK_THREADS + MOCK_WORKERS];
	uint32_t n = 0, quick = 0;

	for (uint32_t i = 0; i < n_all; i++)
		if (can_run(all[i]) && all[i]->stalled_until <= steps)
			ready[quick++] = all[i];
	if (quick)
		return ready[mock_random() % quick];
	for (uint32_t i = 0; i < n_all; i++)
		if (can_run(all[i]))
			ready[n++] = all[i];
	return n ? ready[mock_random() % n] : NULL;
}

/* Nobody can go on: time passes until a sleeper's deadline. */
static bool next_deadline(void)
{
	vs_ps first = VS_PS_NEVER;

	for (uint32_t i = 0; i < n_all; i++)
		if (!all[i]->done && all[i]->blocked && all[i]->deadline < first)
			first = all[i]->deadline;
	if (first == VS_PS_NEVER)
		return false;
	if (first > mock.now)
		mock.now = first;
	return true;
}

void mock_point(void)
{
	struct vs_task *me = running, *next;

	if (!me)
		return;
	mock.now += mock.point_ps;
	maybe_stall(me);
	if (!mock.pinned && !me->bound && !me->done && !me->preempt && !me->blocked &&
	    mock_random() % 64 == 0)
		me->cpu = mock_random() % mock.n_cpus; /* moved while it was switched out */
	while (!(next = pick()) && next_deadline())
		;
	if (next == me)
		return;
	running = next;
	swapcontext(&me->context, next ? &next->context : &outside);
}

/* Workers stay. */
static void forget_threads(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_all; i++) {
		if (all[i]->bound)
			all[n++] = all[i];
		else
			free(all[i]->stack);
	}
	n_all = n;
	memset(threads, 0, sizeof(threads));
	n_threads = 0;
}

void mock_hold(struct vs_task *t, const void *addr)
{
	t->hold_after = (uintptr_t)addr;
}

void mock_release(struct vs_task *t)
{
	t->held = false;
	t->blocked = false;
}

bool mock_is_held(const struct vs_task *t)
{
	return t->held;
}

void mock_hold_here(uintptr_t addr)
{
	struct vs_task *t = running;

	if (!t || !t->hold_after)
		return;
	if (t->hold) {
		t->hold = false;
		t->hold_after = 0;
		t->held = t->blocked = true;
		while (t->held)
			mock_point();
	}
	t->hold = t->hold_after == addr;
}

void mock_run(void)
{
	running = pick();
	if (running)
		swapcontext(&outside, &running->context);
	running = NULL;
	for (uint32_t i = 0; i < n_threads; i++) {
		if (!threads[i].done) {
			mock_fault(MOCK_DEADLOCK);
			return;
		}
	}
	forget_threads();
}

void mock_call(void (*fn)(void *arg), void *arg)
{
	mock_spawn(0, fn, arg);
	mock_run();
}

/* -- port.h: threads and CPUs -------------------------------------------------------------------
 */

struct vs_task *vs_task_current(void)
{
	return running;
}

void *vs_task_area(struct vs_task *t)
{
	return t->area;
}

uint32_t vs_cpu_id(void)
{
	return running->cpu;
}

uint32_t vs_cpu_count(void)
{
	return mock.n_cpus;
}

vs_ps vs_now_ps(void)
{
	return mock.now;
}

uint32_t vs_hz(void)
{
	return 250;
}

void vs_preempt_disable(void)
{
	n_held += !running->preempt++;
}

void vs_preempt_enable(void)
{
	n_held -= !--running->preempt;
	mock_point();
}

void vs_delay(vs_ps ps)
{
	struct vs_task *t = running;
	vs_ps until = mock.now + ps;
	bool woken = t->woken;

	mock.delays++;
	t->deadline = until;
	t->blocked = true;
	t->woken = false;
	while (mock.now < until)
		mock_point();
	t->blocked = false;
	t->deadline = VS_PS_NEVER;
	t->woken |= woken;
}

bool vs_booting(void)
{
	return mock.booting;
}

void vs_cond_resched(void)
{
	if (running->rcu_depth)
		mock_fault(MOCK_SLEEP_IN_READER);
	mock_point();
}

void vs_resched(void)
{
	vs_cond_resched();
}

void vs_cpu_relax(void)
{
	mock_point();
}

bool vs_task_block(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline)
{
	return vs_task_block_at(why, what, owner, deadline, 0);
}

bool vs_task_block_at(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline,
		      uintptr_t site)
{
	struct vs_task *t = running;
	bool woken;

	mock_point();
	(void)what;
	(void)owner;
	(void)site;
	mock.blocks[why] += !t->bound;
	if (t->rcu_depth)
		mock_fault(MOCK_SLEEP_IN_READER);
	if (t->preempt)
		mock_fault(MOCK_SLEEP_ATOMIC);
	if (t->woken) {
		t->woken = false;
		return true;
	}
	if (deadline <= mock.now || (why == VS_WAIT_HALT && mock.stopped))
		return false;
	t->blocked = true;
	t->deadline = deadline;
	mock_point();
	t->blocked = false;
	t->deadline = VS_PS_NEVER;
	woken = t->woken;
	t->woken = false;
	return woken;
}

void vs_task_wake(struct vs_task *t)
{
	t->woken = true;
}

void vs_kick_cpu(uint32_t cpu)
{
	mock.kicks++;
	mock.kicked[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

void vs_notify_cpu(uint32_t cpu)
{
	mock.notifications++;
	mock.notified[cpu / 64] |= mock.irqs_off[cpu / 64] & UINT64_C(1) << cpu % 64;
}

void vs_irq_disable(void)
{
	mock.irqs_off[vs_cpu_id() / 64] |= UINT64_C(1) << vs_cpu_id() % 64;
}

void vs_irq_enable(void)
{
	mock.irqs_off[vs_cpu_id() / 64] &= ~(UINT64_C(1) << vs_cpu_id() % 64);
	mock.notified[vs_cpu_id() / 64] &= ~(UINT64_C(1) << vs_cpu_id() % 64);
}

void vs_work(enum vs_work what)
{
	(void)what;
}

void vs_kick_cpus(const uint64_t *bitmap, size_t n_words, bool wait)
{
	mock.waits += wait;
	for (uint32_t cpu = 0; cpu < n_words * 64; cpu++)
		if (bitmap[cpu / 64] >> cpu % 64 & 1)
			vs_kick_cpu(cpu);
}

/* -- port.h: RCU --------------------------------------------------------------------------------
 */

void vs_rcu_read_lock(void)
{
	running->rcu_sections += !running->rcu_depth++;
	mock_point();
}

void vs_rcu_read_unlock(void)
{
	mock_point();
	running->rcu_depth--;
}

void vs_rcu_synchronize(bool expedited)
{
	uint64_t seen[MOCK_THREADS];

	(void)expedited;
	mock.synchronized++;
	if (running->rcu_depth)
		mock_fault(MOCK_SYNC_IN_READER);
	if (running->preempt)
		mock_fault(MOCK_SLEEP_ATOMIC);
	for (uint32_t i = 0; i < n_threads; i++)
		seen[i] = threads[i].rcu_depth ? threads[i].rcu_sections : 0;
	for (uint32_t i = 0; i < n_threads; i++)
		while (&threads[i] != running && seen[i] && threads[i].rcu_depth &&
		       threads[i].rcu_sections == seen[i] && !threads[i].done)
			mock_point();
}

void vs_rcu_call(struct vs_rcu_head *head, void (*func)(struct vs_rcu_head *head))
{
	head->func = func;
	head->next = callbacks;
	callbacks = head;
}

void vs_rcu_barrier(void)
{
	vs_rcu_synchronize(false);
	while (callbacks) {
		struct vs_rcu_head *head = callbacks;

		callbacks = head->next;
		head->func(head);
	}
}

/* -- port.h: guests and bugs ----------------------------------------------------------------------
 */

enum vs_exit vs_guest_run(void)
{
	enum vs_exit why;

	vs_irq_disable();
	why = mock.guest.run();
	if (why != VS_EXIT_NONE)
		vs_irq_enable();
	return why;
}

void vs_guest_operation(void)
{
	mock.guest.operation();
}

bool vs_guest_should_exit(void)
{
	return mock.guest.should_exit && mock.guest.should_exit();
}

vs_ps vs_guest_halt_ps(void)
{
	return mock.guest.halt_ps;
}

void vs_guest_halt_poll(struct vs_halt_poll *out)
{
	*out = mock.guest.halt_poll;
}

void vs_poll_begin(vs_ps stop, vs_ps timer)
{
	(void)stop;
	(void)timer;
}

bool vs_poll_goes_on(void)
{
	return false;
}

void vs_poll_end(bool success)
{
	(void)success;
}

int vs_task_boost(struct vs_task *t)
{
	return mock.boost ? mock.boost(t) : 0;
}

void vs_task_yield(void)
{
	mock.yields++;
}

void vs_preempt_notifier(void (*fn)(void *arg, bool in), void *arg)
{
	(void)fn;
	(void)arg;
}

void vs_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

void vs_warn(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	mock_fault(MOCK_WARN);
}
