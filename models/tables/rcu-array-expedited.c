#define KVM_TABLE_NAME "rcu-array-expedited"
#define KVM_TABLE_SUMMARY "rcu-array with expedited grace periods"
#include "rcu-array-expedited.h"
#include "../callsites/module.h"
