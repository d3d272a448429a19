/*
 * Spinlocks inside guests: test-and-set, as Linux uses them in a VM without paravirtual ones
 * (virt_spin_lock(), arch/x86/include/asm/qspinlock.h). The word is priced memory, so that who gets
 * it is decided as on hardware; a guest that spins is parked while it finds nothing new.
 *
 * The accesses are the guest's: an interrupt is not taken between them but ends guest mode. A guest
 * that spins for longer than the window leaves with a pause-loop exit. The window doubles with each
 * of those and is as at first when the vCPU has been switched in anew (ple_window_grow and _shrink,
 * arch/x86/kvm/vmx/vmx.c, Linux 5.15).
 */
#include "sim/host/private.h"

#define PLE_GROW 2

enum { LOCK_NONE, LOCK_TAKING, LOCK_HELD };

static uint64_t look(uint64_t *word, unsigned kind)
{
	uint64_t found;

	vs_access((uintptr_t)word, sizeof(*word), kind, (uintptr_t)look);
	found = *word; /* now: a look around may let others in */
	if (kind & VS_WRITE)
		*word = 1;
	return found;
}

static void on_window(struct vs_core *c, struct vs_event *ev)
{
	(void)ev;
	((struct vs_cpu *)c->host)->timer = NULL;
}

/* How long it may spin from now on; VS_PS_NEVER: for ever. */
static vs_ps window_ps(struct vs_task *t)
{
	const struct vs_scenario *s = t->host->scenario;

	if (!s->ple_window_cycles)
		return VS_PS_NEVER;
	if (!t->ple_ps)
		t->ple_ps = s->ple_window_cycles * VS_PS_PER_US / s->machine.clock_mhz;
	return t->ple_ps;
}

static void arm_window(struct vs_cpu *cpu, vs_ps end)
{
	if (end == VS_PS_NEVER)
		return;
	cpu->timer = vs_local_event(cpu, on_window, end, cpu->core->clock, VS_CLASS_TIMER);
	vs_send_timer(cpu->core, cpu->timer);
}

/* VS_EXIT_REASONS: has it. */
static enum vs_exit take(struct vs_cpu *cpu, struct vs_task *t)
{
	vs_ps window = window_ps(t), end = VS_PS_NEVER;

	for (;;) {
		bool free = !look(t->lock.word, VS_READ) &&
			    !look(t->lock.word, VS_READ | VS_WRITE | VS_ATOMIC);

		vs_point();
		if (free)
			return VS_EXIT_REASONS;
		if (cpu->n_irqs)
			return VS_EXIT_INTERRUPT;
		t->lock.contended = true;
		if (cpu->core->clock >= end) {
			t->ple_ps *= PLE_GROW;
			return VS_EXIT_PAUSE;
		}
		if (end == VS_PS_NEVER && window != VS_PS_NEVER) {
			end = cpu->core->clock + window;
			arm_window(cpu, end);
		}
		vs_hw_relax(0);
		vs_point();
		if (cpu->n_irqs)
			return VS_EXIT_INTERRUPT;
	}
}

static enum vs_exit taking(struct vs_cpu *cpu, struct vs_task *t)
{
	enum vs_exit why;

	cpu->guest_code = true;
	why = take(cpu, t);
	cpu->guest_code = false;
	if (cpu->timer)
		vs_event_cancel(cpu->core, cpu->timer);
	cpu->timer = NULL;
	if (why == VS_EXIT_REASONS) {
		t->lock.phase = LOCK_HELD;
		cpu->stats.locks_contended += t->lock.contended;
		if (t->guest->locked)
			t->guest->locked(t->guest_ctx, cpu->core->clock);
	}
	return why;
}

static void release(struct vs_cpu *cpu, struct vs_task *t)
{
	cpu->guest_code = true;
	vs_access((uintptr_t)t->lock.word, sizeof(*t->lock.word), VS_WRITE, (uintptr_t)release);
	*t->lock.word = 0;
	vs_point();
	cpu->guest_code = false;
	t->lock.phase = LOCK_NONE;
}

void vs_guest_lock_begin(struct vs_cpu *cpu, struct vs_task *t)
{
	t->lock.phase = LOCK_TAKING;
	t->lock.word = t->plan.lock;
	t->lock.contended = false;
	t->lock.left_ps = t->plan.hold_ps;
	if (t->guest->locking)
		t->guest->locking(t->guest_ctx, cpu->core->clock);
}

/* VS_EXIT_REASONS: done with it, or nothing to do. */
enum vs_exit vs_guest_lock_go_on(struct vs_cpu *cpu, struct vs_task *t)
{
	if (t->lock.phase == LOCK_TAKING) {
		enum vs_exit why = taking(cpu, t);

		if (why != VS_EXIT_REASONS)
			return why;
	}
	if (t->lock.phase == LOCK_HELD) {
		if (cpu->n_irqs || !vs_guest_run_out(cpu, t, &t->lock.left_ps))
			return VS_EXIT_INTERRUPT;
		release(cpu, t);
	}
	return VS_EXIT_REASONS;
}
