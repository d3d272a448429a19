/* Looks at the condition, dawdles, and sleeps without looking again: the wake-up comes in between.
 * Caught: a thread that has waited for more than 120 s. */
#include <linux/swait.h>

#include "planted.h"

static struct swait_queue_head queue = {.task_list = {&queue.task_list, &queue.task_list}};
static bool ready, looked;

static void planted_fault(struct kvm *kvm, int i)
{
	(void)kvm;
	(void)i;
	if (!READ_ONCE(looked)) {
		WRITE_ONCE(looked, true);
		if (!READ_ONCE(ready)) {
			usleep_range(2000, 2000);
			prepare_to_swait(&queue);
			vs_task_block(VS_WAIT_LOCK, &queue, NULL, VS_PS_NEVER);
			finish_swait(&queue);
		}
	} else if (!READ_ONCE(ready)) {
		WRITE_ONCE(ready, true);
		swake_up(&queue); /* nobody there yet */
	}
}

#define KVM_TABLE_NAME "planted-lost-wakeup"
#include "../../../models/callsites/module.h"
