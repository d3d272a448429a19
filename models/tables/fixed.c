#define KVM_TABLE_NAME "fixed"
#define KVM_TABLE_SUMMARY "KVM_MAX_VCPUS pointers inside struct kvm"
#include "fixed.h"
#include "../callsites/module.h"
