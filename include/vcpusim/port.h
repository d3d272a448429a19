/*
 * vcpusim/port.h - what kernel-named code asks of the machine it runs on.
 *
 * include/linux/ and models/kernel/ are written against these calls, tables and call sites
 * against include/linux/ only. The simulator implements them (sim/hw, sim/host, models/kernel);
 * a native build implements them over pthreads. None of them tells which it is.
 *
 * "May switch" = other threads may run on this CPU before the call returns.
 * No call here may be made while a memory access is half done (there is no such moment in C).
 */
#ifndef VCPUSIM_PORT_H
#define VCPUSIM_PORT_H

#include <vcpusim/types.h>

/* -- threads and CPUs ------------------------------------------------------------------- */

struct vs_task;

/* Bytes of zeroed, line-aligned shared memory that belong to each thread: the kernel room keeps
 * its struct task_struct there (mutex waiter, rcu state, completions), never on a stack. */
#define VS_TASK_AREA_BYTES 512

struct vs_task *vs_task_current(void);
void *vs_task_area(struct vs_task *t);
uint32_t vs_cpu_id(void);    /* of the calling thread, now */
uint32_t vs_cpu_count(void); /* possible CPUs */
vs_ps vs_now_ps(void);
uint32_t vs_hz(void); /* ticks per simulated second */

void vs_preempt_disable(void);
void vs_preempt_enable(void); /* may switch */
void vs_cond_resched(void);   /* may switch (voluntary) */
void vs_resched(void);        /* before guest or user mode: gives way if asked to; may switch */
void vs_cpu_relax(void);      /* parks until something read by this spin changes */

enum vs_wait {
	VS_WAIT_LOCK,         /* books VS_CAUSE_LOCK */
	VS_WAIT_GRACE_PERIOD, /* VS_CAUSE_GRACE_PERIOD */
	VS_WAIT_HALT,         /* a vCPU's HLT: interruptible, VS_CAUSE_IDLE */
	VS_WAIT_TIMER,        /* sleeping on purpose: VS_CAUSE_IDLE */
	VS_WAIT_WORK          /* a kernel thread without work: interruptible, VS_CAUSE_IDLE */
};

/*
 * Sleep until woken. A wake-up that came since the last return from here is consumed at once, so
 * "publish that I wait; re-check; block; re-check" loses nothing; spurious returns are allowed.
 * `what` names the object waited for, `owner` (or NULL) the thread that must act: both feed the
 * deadlock report. deadline VS_PS_NEVER: none. Returns false when the deadline ended it.
 * May switch. A thread inside an RCU reader or with preemption off must not call it: reported.
 */
bool vs_task_block(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline);
/* The same for a primitive whose caller, at pc `site`, is what the report should name. */
bool vs_task_block_at(enum vs_wait why, const void *what, struct vs_task *owner, vs_ps deadline,
		      uintptr_t site);
void vs_task_wake(struct vs_task *t);

/*
 * Directed yield. Gives t the next turn on the CPU that it is on, and says what came of it: 1, t
 * waited for that CPU and is next; 0, it did not; -1, no use: one thread there, one here. Spins for
 * the other CPU's answer; does not switch. Then vs_task_yield() gives the caller's CPU up.
 */
int vs_task_boost(struct vs_task *t);
void vs_task_yield(void); /* switches if another thread waits for this CPU */

/* fn is called on the calling thread whenever it loses its CPU though it could run (in: false) and
 * when it has one again. One per thread; NULL: none. */
void vs_preempt_notifier(void (*fn)(void *arg, bool in), void *arg);

/* The kernel thread of that CPU, pinned, that runs worker_thread() (linux/workqueue.h) for ever. */
struct vs_task *vs_cpu_worker(uint32_t cpu);
void vs_delay(vs_ps ps); /* computes for so long; switches only if the kernel is preemptible */
bool vs_booting(void);   /* no other thread has begun yet, and none will before the caller waits */

/* -- interrupts between CPUs -------------------------------------------------------------- */

/* Interrupt every CPU of the bitmap (n words) but the caller's; a guest running there exits. With
 * `wait`, return when each has acknowledged. */
void vs_kick_cpus(const uint64_t *bitmap, size_t n_words, bool wait);
void vs_kick_cpu(uint32_t cpu);
/* Posted-interrupt notification: a CPU in guest mode takes it there, without an exit (then
 * vs_guest_run() returns VS_EXIT_NONE); any other has a handler that does nothing. */
void vs_notify_cpu(uint32_t cpu);

/* This CPU takes no interrupts; what comes waits. Does not nest. */
void vs_irq_disable(void);
void vs_irq_enable(void);

/* What the host kernel does on its own, beside the accesses that are simulated: computes as long as
 * the machine's file says. */
enum vs_work {
	VS_WORK_IPI_BEGIN,  /* a guest's exit that sends interrupts, up to the first target: half */
	VS_WORK_IPI_END,    /* ... and after the last one: the other half */
	VS_WORK_IPI_ACCEPT, /* accepting an interrupt for one vCPU */
	VS_WORK_ARCH_CREATE /* the architecture's part of creating a vCPU; may be interrupted */
};
void vs_work(enum vs_work what);

/* -- memory --------------------------------------------------------------------------------- */

enum vs_mem_class {
	VS_MEM_TABLE,
	VS_MEM_VCPU,
	VS_MEM_KERNEL,
	VS_MEM_LIBC /* malloc's: its first VS_LIBC_HEADER_BYTES were not asked for */
};
#define VS_LIBC_HEADER_BYTES 16

/* NULL when out of memory (or when the scenario injects that). `site` is the caller's pc. */
void *vs_mem_alloc(size_t bytes, bool zero, enum vs_mem_class class, uintptr_t site);
void vs_mem_free(void *p, uintptr_t site); /* NULL is fine */

/* -- RCU (models/kernel/rcu.c) ---------------------------------------------------------------- */

struct vs_rcu_head {
	struct vs_rcu_head *next;
	void (*func)(struct vs_rcu_head *head);
};

void vs_rcu_read_lock(void);
void vs_rcu_read_unlock(void);
void vs_rcu_synchronize(bool expedited); /* may switch */
void vs_rcu_call(struct vs_rcu_head *head, void (*func)(struct vs_rcu_head *head));
void vs_rcu_barrier(void); /* may switch */

/* -- SRCU (models/kernel/srcu.c) tells whoever watches: sim/host/rcuwatch.h says what it means - */

enum vs_srcu_event {
	VS_SRCU_LOCK,          /* a = index that srcu_read_lock() is about to return */
	VS_SRCU_UNLOCK,        /* a = index given */
	VS_SRCU_SYNCHRONIZING, /* a = 0 */
	VS_SRCU_GP_BEGIN,      /* a = number of the grace period */
	VS_SRCU_GP_END
};

/* Free of charge, never switches. `site` is the caller's pc. */
void vs_srcu_event(enum vs_srcu_event what, const void *domain, uint64_t a, uintptr_t site);

/* -- guests ------------------------------------------------------------------------------------ */

/* Enter the guest, run it, exit. Called with requests checked and mode published; interrupts are
 * off inside and, but for VS_EXIT_NONE, on when it returns. May switch (only after the exit). */
enum vs_exit vs_guest_run(void);
void vs_guest_operation(void);   /* runs the workload's operation in host context */
bool vs_guest_should_exit(void); /* need_resched or stop: do not enter */
vs_ps vs_guest_halt_ps(void);    /* how long the guest would sleep if nothing woke it */

/*
 * Halt polling: spin for the end of a HLT instead of sleeping.
 *
 *	vs_poll_begin(stop, timer);
 *	do { look; cpu_relax(); } while (vs_poll_goes_on());
 *	vs_poll_end();
 *
 * It goes on until `stop`, the guest's own timer, or something better to do on this CPU: another
 * thread, a rescheduling, the end of the VM. A spin that finds nothing new is parked meanwhile.
 */
void vs_guest_halt_poll(struct vs_halt_poll *out);
void vs_poll_begin(vs_ps stop, vs_ps timer);
bool vs_poll_goes_on(void);
void vs_poll_end(bool success); /* success: no need to sleep any more */

/* -- what the checkers are told (free of charge, never switches) ----------------------------- */

enum vs_note {
	VS_NOTE_VM_CREATED,   /* obj = vm */
	VS_NOTE_VM_DESTROYED, /* obj = vm: nothing may be left allocated for it */
	VS_NOTE_VCPU_ID,      /* obj = vcpu, a = id: right before it is ready */
	VS_NOTE_VCPU_READY,   /* obj = vcpu, a = index: may be handed out from now on */
	VS_NOTE_VCPU_CREATED, /* obj = vcpu, a = index: its create is about to return success */
	VS_NOTE_VCPU_LEAVING, /* obj = vcpu, a = index: need not be handed out any more */
	VS_NOTE_VCPU_GONE,    /* obj = vcpu, a = index: may not be handed out any more */
	VS_NOTE_GET_BEGIN,    /* a = index */
	VS_NOTE_GET_END,      /* obj = result or NULL, a = index */
	VS_NOTE_GET_ID_BEGIN, /* a = id */
	VS_NOTE_GET_ID_END,   /* obj = result or NULL, a = id */
	VS_NOTE_WALK_BEGIN,   /* obj = vm */
	VS_NOTE_WALK_VISIT,   /* obj = vcpu, a = index */
	VS_NOTE_WALK_END,     /* obj = vm; a = 1 if left early */
	VS_NOTE_IPI_POSTED,   /* obj = vcpu: right after the atomic that posted the request */
	VS_NOTE_IPI_TAKEN     /* obj = vcpu: right after the atomic that consumed it */
};

void vs_note(enum vs_note what, const void *obj, uint64_t a);

/* -- bugs ------------------------------------------------------------------------------------- */

void vs_bug(const char *file, int line, const char *what) __attribute__((noreturn));
void vs_warn(const char *file, int line, const char *what); /* recorded as a violation */

#endif
