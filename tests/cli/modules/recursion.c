/* Calls itself until the stack is used up. Caught: as such. */
#include "planted.h"

static noinline int deeper(volatile char *above, int depth)
{
	volatile char here[512];

	here[0] = above[0];
	return depth < 0 ? 0 : deeper(here, depth + 1) + here[1];
}

static void planted_fault(struct kvm *kvm, int i)
{
	volatile char top = 0;

	(void)kvm;
	deeper(&top, i);
}

#define KVM_TABLE_NAME "planted-recursion"
#include "../../../models/callsites/module.h"
