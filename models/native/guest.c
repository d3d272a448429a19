/* What the native world has not: guests, their interrupts, and whom the simulator tells of things.
 */
#include "models/native/private.h"

void vs_note(enum vs_note what, const void *obj, uint64_t a)
{
	if (vs_native_hooks.note)
		vs_native_hooks.note(what, obj, a);
}

void vs_srcu_event(enum vs_srcu_event what, const void *domain, uint64_t a, uintptr_t site)
{
	(void)domain;
	(void)a;
	(void)site;
	if (what == VS_SRCU_SYNCHRONIZING && vs_native_hooks.synchronizes)
		vs_native_hooks.synchronizes();
}

void vs_work(enum vs_work what)
{
	(void)what;
}

enum vs_exit vs_guest_run(void)
{
	return VS_EXIT_STOP;
}

void vs_guest_operation(void)
{
}

bool vs_guest_should_exit(void)
{
	return false;
}

vs_ps vs_guest_halt_ps(void)
{
	return 0;
}

void vs_guest_halt_poll(struct vs_halt_poll *out)
{
	*out = (struct vs_halt_poll){0};
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

void vs_kick_cpus(const uint64_t *bitmap, size_t n_words, bool wait)
{
	(void)bitmap;
	(void)n_words;
	(void)wait;
}

void vs_kick_cpu(uint32_t cpu)
{
	(void)cpu;
}

void vs_notify_cpu(uint32_t cpu)
{
	(void)cpu;
}

void vs_irq_disable(void)
{
}

void vs_irq_enable(void)
{
}

int vs_task_boost(struct vs_task *t)
{
	(void)t;
	return -1;
}

void vs_task_yield(void)
{
}

void vs_preempt_notifier(void (*fn)(void *arg, bool in), void *arg)
{
	(void)fn;
	(void)arg;
}
