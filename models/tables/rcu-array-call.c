#define KVM_TABLE_NAME "rcu-array-call"
#define KVM_TABLE_SUMMARY "rcu-array whose old arrays are freed by callbacks"
#include "rcu-array-call.h"
#include "../callsites/module.h"
