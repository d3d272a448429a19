/* Frees a vCPU that is unplugged while walks may be at it. Caught: use after free. */
#include "models/tables/rcu-array-section.h"

#define kvm_table_removed(kvm, ins) ((void)(ins))

#define KVM_TABLE_NAME "mutant-unplug-early"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario of unplug"
#include "models/callsites/module.h"
