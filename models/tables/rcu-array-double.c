#define KVM_TABLE_NAME "rcu-array-double"
#define KVM_TABLE_SUMMARY "rcu-array that doubles when full"
#include "rcu-array-double.h"
#include "../callsites/module.h"
