/*
 * tests/kernel/mock.h by real threads: what is written for the mock is run on the native world.
 * Points are where the host's scheduler wants them; counts and notes are relaxed atomics, so that
 * they order nothing that the table must order by itself.
 */
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "tests/kernel/mock.h"

#include "models/native/native.h"

#define HZ 10000
#define MAX_INDEX 4096

#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define STORE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define ADD(x, v) __atomic_add_fetch(&(x), (v), __ATOMIC_RELAXED)

struct mock_state mock;

static struct {
	const void *ready[MAX_INDEX];
	bool created[MAX_INDEX];
	uint32_t n_created;  /* 0 .. n - 1 are all created */
	uint32_t departures; /* vCPUs that have begun to leave */
} vm;

static struct {
	void (*fn)(void *arg);
	void *arg;
} spawned[MOCK_THREADS];

static uint32_t n_spawned;
static uint64_t seed_now;
static bool begun;

/* What the thread's own look-up or walk began with. */
static __thread struct {
	bool get_created;
	uint32_t expected, created, departures;
	uint64_t random;
} own;

/* -- faults ----------------------------------------------------------------------------------- */

const char *mock_fault_name(enum mock_fault f)
{
	static const char *const name[MOCK_FAULTS] = {
		[MOCK_NOT_READY] = "not ready",
		[MOCK_LOST] = "lost",
		[MOCK_WRONG_VCPU] = "wrong vCPU",
		[MOCK_WALK_ORDER] = "walk order",
		[MOCK_WALK_MISSED] = "walk missed",
		[MOCK_LEAK] = "leak",
		[MOCK_WARN] = "warning",
	};

	return name[f] ? name[f] : "";
}

void mock_fault(enum mock_fault f)
{
	if (ADD(mock.faults[f], 1) == 1)
		fprintf(stderr, "fault: %s\n", mock_fault_name(f));
}

uint64_t mock_faults(void)
{
	uint64_t n = 0;

	for (int f = 0; f < MOCK_FAULTS; f++)
		n += LOAD(mock.faults[f]);
	return n;
}

/* -- notes ------------------------------------------------------------------------------------ */

/* Those created when the walk began; nobody knows if some have left meanwhile. */
static bool must_have_visited(uint32_t index)
{
	return index < own.created && own.departures == LOAD(vm.departures);
}

static void handed_out(const void *vcpu, uint64_t index)
{
	if (index < MAX_INDEX && LOAD(vm.ready[index]) == vcpu)
		return;
	if (own.departures != LOAD(vm.departures))
		return; /* it may be gone by now */
	for (uint32_t i = 0; i < MAX_INDEX; i++) {
		if (LOAD(vm.ready[i]) == vcpu) {
			mock_fault(MOCK_WRONG_VCPU);
			return;
		}
	}
	mock_fault(MOCK_NOT_READY);
}

static void visited(const void *vcpu, uint64_t index)
{
	ADD(mock.visits, 1);
	handed_out(vcpu, index);
	if (index < own.expected)
		mock_fault(MOCK_WALK_ORDER);
	else if (index > own.expected && must_have_visited(own.expected))
		mock_fault(MOCK_WALK_MISSED);
	own.expected = (uint32_t)index + 1;
}

static void begin(uint64_t index)
{
	own.departures =
		LOAD(vm.departures); /* first: who counts a vCPU knows if it leaves later */
	__asm__ volatile("" ::: "memory");
	own.get_created = index < MAX_INDEX && LOAD(vm.created[index]);
	own.created = LOAD(vm.n_created);
	own.expected = 0;
	__asm__ volatile("" ::: "memory"); /* known before the table is looked at */
}

static void got(const void *vcpu, uint64_t index)
{
	if (vcpu)
		handed_out(vcpu, index);
	else if (own.get_created && own.departures == LOAD(vm.departures))
		mock_fault(MOCK_LOST);
}

/* Creates may return in any order: whoever closes the last gap counts on. */
static void created(uint64_t index)
{
	uint32_t n;

	__atomic_store_n(&vm.created[index], true, __ATOMIC_SEQ_CST);
	for (n = LOAD(vm.n_created);
	     n < MAX_INDEX && __atomic_load_n(&vm.created[n], __ATOMIC_SEQ_CST);) {
		if (__atomic_compare_exchange_n(&vm.n_created, &n, n + 1, false, __ATOMIC_RELAXED,
						__ATOMIC_RELAXED))
			n++;
	}
}

static void vm_destroyed(void)
{
	if (LOAD(mock.live[VS_MEM_TABLE]) || LOAD(mock.live[VS_MEM_VCPU]))
		mock_fault(MOCK_LEAK);
}

static void note(enum vs_note what, const void *obj, uint64_t a)
{
	if (what == VS_NOTE_VM_CREATED)
		memset(&vm, 0, sizeof(vm));
	if (what == VS_NOTE_VM_DESTROYED)
		vm_destroyed();
	if (what == VS_NOTE_VCPU_READY)
		STORE(vm.ready[a], obj);
	if (what == VS_NOTE_VCPU_CREATED)
		created(a);
	if (what == VS_NOTE_VCPU_LEAVING) {
		STORE(vm.created[a], false);
		STORE(vm.n_created, (uint32_t)a);
		__atomic_fetch_add(&vm.departures, 1,
				   __ATOMIC_SEQ_CST); /* after, and see begin() */
	}
	if (what == VS_NOTE_VCPU_GONE)
		ADD(vm.departures, 1);
	if (what == VS_NOTE_GET_BEGIN || what == VS_NOTE_WALK_BEGIN)
		begin(a);
	if (what == VS_NOTE_GET_END)
		got(obj, a);
	if (what == VS_NOTE_WALK_VISIT)
		visited(obj, a);
	if (what == VS_NOTE_WALK_END && !a && must_have_visited(own.expected))
		mock_fault(MOCK_WALK_MISSED);
	if (what == VS_NOTE_IPI_POSTED)
		ADD(mock.posted, 1);
}

static bool alloc(enum vs_mem_class class)
{
	uint64_t n = ADD(mock.n_allocs, 1);

	if (n == LOAD(mock.fail_at))
		return false;
	ADD(mock.live[class], 1);
	return true;
}

static void freed(enum vs_mem_class class)
{
	ADD(mock.live[class], -1);
}

static void blocks(enum vs_wait why)
{
	ADD(mock.blocks[why], 1);
}

static void synchronizes(void)
{
	ADD(mock.synchronized, 1);
}

static void warns(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: warning: %s\n", file, line, what);
	mock_fault(MOCK_WARN);
}

/* -- threads ---------------------------------------------------------------------------------- */

void mock_init(uint32_t n_cpus, uint64_t seed)
{
	const struct vs_native_hooks hooks = {.note = note,
					      .alloc = alloc,
					      .freed = freed,
					      .blocks = blocks,
					      .synchronizes = synchronizes,
					      .warns = warns};

	memset(&mock, 0, sizeof(mock));
	memset(&vm, 0, sizeof(vm));
	mock.n_cpus = n_cpus;
	n_spawned = 0;
	seed_now = seed;
	if (!begun)
		vs_native_init(&hooks, HZ);
	begun = true;
}

void mock_spawn(uint32_t cpu, void (*fn)(void *arg), void *arg)
{
	(void)cpu; /* each its own */
	if (n_spawned == MOCK_THREADS)
		vs_bug(__FILE__, __LINE__, "too many threads");
	spawned[n_spawned].fn = fn;
	spawned[n_spawned++].arg = arg;
}

void mock_run(void)
{
	struct vs_task *task[MOCK_THREADS];

	for (uint32_t i = 0; i < n_spawned; i++) {
		task[i] = vs_native_spawn(spawned[i].fn, spawned[i].arg);
		if (!task[i])
			vs_bug(__FILE__, __LINE__, "no thread");
	}
	for (uint32_t i = 0; i < n_spawned; i++)
		vs_native_join(task[i]);
	n_spawned = 0;
}

void mock_call(void (*fn)(void *arg), void *arg)
{
	mock_spawn(0, fn, arg);
	mock_run();
}

/* Each thread its own numbers. */
uint64_t mock_random(void)
{
	if (!own.random)
		own.random = (LOAD(seed_now) + 1) * 0x9e3779b97f4a7c15 + vs_cpu_id() + 1;
	own.random ^= own.random << 13;
	own.random ^= own.random >> 7;
	own.random ^= own.random << 17;
	return own.random >> 11;
}

void mock_point(void)
{
	sched_yield();
}
