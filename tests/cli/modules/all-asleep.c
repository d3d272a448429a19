/* Every thread that comes by sleeps, vCPU threads too, so that nothing can ever happen again.
 * Caught: nobody is left to wake them. */
#include <linux/sched.h>

#include "planted.h"

static struct mutex never;

static void planted_fault(struct kvm *kvm, int i)
{
	(void)kvm;
	(void)i;
	vs_task_block(VS_WAIT_LOCK, &never, NULL, VS_PS_NEVER);
}

/* in the KVM_RUN loop, after an exit */
#undef xfer_to_guest_mode_handle_work
#define xfer_to_guest_mode_handle_work()                                                           \
	((void)vs_task_block(VS_WAIT_LOCK, &never, NULL, VS_PS_NEVER))

#define KVM_TABLE_NAME "planted-all-asleep"
#include "../../../models/callsites/module.h"
