/* Reads a field of a null pointer. Caught: memory that is nobody's, before it is touched. */
#include "planted.h"

static void planted_fault(struct kvm *kvm, int i)
{
	(void)i;
	if (READ_ONCE(((struct kvm *volatile)NULL)->max_vcpus))
		kvm->max_vcpus = 0;
}

#define KVM_TABLE_NAME "planted-null-read"
#include "../../../models/callsites/module.h"
