/* Runs into what the compiler was told cannot be reached. Caught: a crash, with its place. */
#include "planted.h"

static void planted_fault(struct kvm *kvm, int i)
{
	(void)kvm;
	(void)i;
	__builtin_trap();
}

#define KVM_TABLE_NAME "planted-trap"
#include "../../../models/callsites/module.h"
