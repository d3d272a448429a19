/* Loops without an access to memory. Caught: by the watch over processor time. */
#include "planted.h"

static void planted_fault(struct kvm *kvm, int i)
{
	(void)kvm;
	(void)i;
	for (;;)
		barrier();
}

#define KVM_TABLE_NAME "planted-endless"
#include "../../../models/callsites/module.h"
