/* Calls through a null pointer. Caught: a crash, with its place. */
#include "planted.h"

static void (*volatile nowhere)(void);

static void planted_fault(struct kvm *kvm, int i)
{
	(void)kvm;
	(void)i;
	nowhere();
}

#define KVM_TABLE_NAME "planted-null-call"
#include "../../../models/callsites/module.h"
