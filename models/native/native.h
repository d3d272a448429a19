/*
 * models/native/native.h - the calls of port.h on the machine that one sits at.
 *
 * Threads are pthreads, RCU is liburcu's (memb). Locks, wait queues, work queues and SRCU are
 * those of models/kernel, on real memory. Every thread is a CPU of its own, with a number from 0
 * up: so it is never preempted by another one of its CPU, and what is per CPU is per thread.
 *
 * There are no guests: vcpu_run returns at once, kicks go nowhere.
 */
#ifndef VS_NATIVE_H
#define VS_NATIVE_H

#include <vcpusim/port.h>

#define VS_NATIVE_CPUS 64 /* threads at once, the workers' included */

/* Called by any thread; any may be NULL. They must not wait, and should order nothing. */
struct vs_native_hooks {
	void (*note)(enum vs_note what, const void *obj, uint64_t a);
	bool (*alloc)(enum vs_mem_class class); /* false: out of memory */
	void (*freed)(enum vs_mem_class class);
	void (*blocks)(enum vs_wait why); /* not told of workers */
	void (*synchronizes)(void);
	void (*warns)(const char *file, int line, const char *what); /* NULL: printed */
};

/* Once, before the first thread. hz: jiffies per second, what SRCU's grace periods are paced by. */
void vs_native_init(const struct vs_native_hooks *hooks, uint32_t hz);

/* A thread that is a CPU. NULL: there are too many. Whoever spawned it joins it. */
struct vs_task *vs_native_spawn(void (*fn)(void *arg), void *arg);
void vs_native_join(struct vs_task *t);

struct vs_native_memory {
	uint64_t live_bytes[VS_MEM_LIBC + 1]; /* by enum vs_mem_class, as asked for */
	uint64_t table_peak_bytes;
};

struct vs_native_memory vs_native_memory(void);
void vs_native_memory_restart(void); /* the peak is what is live now */

#endif
