/* Waits for what never comes: one thread looks again and again, the others rest between two looks,
 * as one should. Caught: by the limit of simulated time, which says where they are. */
#include <linux/sched.h>

#include "planted.h"

int word; /* somebody else might write it */
static int spinners;

static void look_again(void)
{
	while (!READ_ONCE(word))
		;
}

static void rest_between(void)
{
	while (!READ_ONCE(word))
		cpu_relax();
}

static void planted_fault(struct kvm *kvm, int i)
{
	(void)kvm;
	(void)i;
	if (spinners++)
		rest_between();
	else
		look_again();
}

#define KVM_TABLE_NAME "planted-spins"
#include "../../../models/callsites/module.h"
