/*
 * tests/kernel/mock.h - the calls of port.h for tests, without a simulator.
 *
 * A handful of threads on a few CPUs, in one process thread: at every point where another may run,
 * a seeded generator picks who goes on, so that a seed is an interleaving. Code built by vcpusim-cc
 * has such a point at every access (mock_tsan.c); natively built code at the port's calls only.
 * Preemption off, CPU binding, sleeping and waking are as port.h says. What goes wrong is counted
 * by kind; the test asserts which kinds it expects.
 */
#ifndef MOCK_H
#define MOCK_H

#include <vcpusim/port.h>

#define MOCK_THREADS 16
#define MOCK_WORKERS 256 /* CPUs whose workers may be asked for */

enum mock_fault {
	MOCK_NOT_READY,      /* handed out before it was ready, or something else altogether */
	MOCK_LOST,           /* get of a created vCPU gave NULL */
	MOCK_WRONG_VCPU,     /* get(i) gave the vCPU of another index */
	MOCK_WALK_ORDER,     /* index not above the one before */
	MOCK_WALK_MISSED,    /* left out a vCPU that was created when it began */
	MOCK_USE_AFTER_FREE, /* seen at instrumented accesses only */
	MOCK_BAD_FREE,
	MOCK_LEAK, /* TABLE or VCPU memory at the VM's end */
	MOCK_SLEEP_IN_READER,
	MOCK_SLEEP_ATOMIC, /* preemption off */
	MOCK_SYNC_IN_READER,
	MOCK_UNBALANCED, /* a reader section or preemption left open at the thread's end */
	MOCK_SHORT_GRACE_PERIOD,
	MOCK_WARN,
	MOCK_DEADLOCK,
	MOCK_FAULTS
};

struct mock_guest {
	enum vs_exit (*run)(void);
	void (*operation)(void);
	bool (*should_exit)(void);
	vs_ps halt_ps;
	struct vs_halt_poll halt_poll; /* off */
};

struct mock_state {
	uint64_t faults[MOCK_FAULTS];
	vs_ps now;
	vs_ps point_ps;        /* how far the clock moves at each point; 1 ns unless changed */
	uint64_t stall_points; /* how long a thread may be kept from running, 2048 unless changed */
	uint32_t n_cpus;
	uint64_t n_allocs; /* since mock_init */
	uint64_t fail_at;  /* this allocation (1 = the next after setting n_allocs = 0) fails */
	uint64_t live[VS_MEM_LIBC + 1]; /* objects by enum vs_mem_class */
	uint64_t kicks;
	uint64_t kicked[64];   /* CPUs kicked, as a bitmap */
	uint64_t notified[64]; /* CPUs with a notification that waits; lost while interrupts are on
				*/
	uint64_t irqs_off[64];
	uint64_t notifications;
	uint64_t waits; /* kicks that waited */
	uint64_t posted, taken;
	uint64_t visits; /* of walks */
	uint64_t synchronized;
	uint64_t blocks[8]; /* calls of vs_task_block by enum vs_wait; not the workers' */
	uint64_t delays;    /* calls of vs_delay */
	bool booting;       /* what vs_booting says */
	bool pinned;        /* threads stay on their CPUs */
	bool stopped;       /* guests are to leave: no halt sleeps any more */
	struct mock_guest guest;
	int (*boost)(struct vs_task *t); /* what vs_task_boost() answers */
	uint64_t yields;
};

extern struct mock_state mock;

/* Forget everything and start anew. */
void mock_init(uint32_t n_cpus, uint64_t seed);
/* Before mock_run(). */
void mock_spawn(uint32_t cpu, void (*fn)(void *arg), void *arg);
/* Until every thread has returned and the workers have nothing left to do, or none can go on (then
 * MOCK_DEADLOCK). */
void mock_run(void);
/* mock_spawn on CPU 0 and mock_run. */
void mock_call(void (*fn)(void *arg), void *arg);

uint64_t mock_random(void);
void mock_point(void); /* another thread may run here */
/* t is held as soon as it comes to its next access after one to `addr`, until it is released. */
void mock_hold(struct vs_task *t, const void *addr);
void mock_release(struct vs_task *t);
bool mock_is_held(const struct vs_task *t);
bool mock_cpu_wanted(void); /* by another thread that is ready to run here */
void mock_access(uintptr_t addr, size_t size);
uint64_t mock_faults(void); /* of all kinds */
const char *mock_fault_name(enum mock_fault f);
void mock_fault(enum mock_fault f);
/* From now on, this fault ends the process with status 0: what comes after it is undefined. */
void mock_expect(enum mock_fault f);

#endif
