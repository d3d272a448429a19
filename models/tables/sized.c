#define KVM_TABLE_NAME "sized"
#define KVM_TABLE_SUMMARY "pointers inside struct kvm, as many as said at its creation"
#include "sized.h"
#include "../callsites/module.h"
