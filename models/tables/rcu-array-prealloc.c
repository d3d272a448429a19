#define KVM_TABLE_NAME "rcu-array-prealloc"
#define KVM_TABLE_SUMMARY "rcu-array with room ahead"
#include "rcu-array-prealloc.h"
#include "../callsites/module.h"
