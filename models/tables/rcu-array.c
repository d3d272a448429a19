#define KVM_TABLE_NAME "rcu-array"
#define KVM_TABLE_SUMMARY "array replaced at every create, RCU, a section per step"
#include "rcu-array.h"
#include "../callsites/module.h"
