/*
 * linux/smp.h - which CPU this is, and interrupting others.
 */
#ifndef VCPUSIM_LINUX_SMP_H
#define VCPUSIM_LINUX_SMP_H

#include <linux/preempt.h>
#include <linux/types.h>

#define nr_cpu_ids vs_cpu_count()
#define smp_processor_id() vs_cpu_id()
#define raw_smp_processor_id() vs_cpu_id()

/* The calling thread stays on this CPU until put_cpu(). */
static inline u32 get_cpu(void)
{
	preempt_disable();
	return vs_cpu_id();
}

#define put_cpu() preempt_enable()

/* An interrupt that does nothing but make a guest running there exit. */
static inline void smp_send_reschedule(u32 cpu)
{
	vs_kick_cpu(cpu);
}

/* Posted-interrupt notification: a guest there takes it without an exit. */
static inline void smp_send_posted_intr(u32 cpu)
{
	vs_notify_cpu(cpu);
}

static inline void local_irq_disable(void)
{
	vs_irq_disable();
}

static inline void local_irq_enable(void)
{
	vs_irq_enable();
}

#endif
