/* Keeps the array of a create that failed. Caught: leak. */
#include "models/tables/rcu-array-section.h"

#define kvm_table_cancel(kvm, ins) ((void)(ins))

#define KVM_TABLE_NAME "mutant-cancel-leaks"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
