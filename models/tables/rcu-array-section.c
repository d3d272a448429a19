#define KVM_TABLE_NAME "rcu-array-section"
#define KVM_TABLE_SUMMARY "array replaced at every create, RCU, a section per walk"
#include "rcu-array-section.h"
#include "../callsites/module.h"
