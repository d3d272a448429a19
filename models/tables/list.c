#define KVM_TABLE_NAME "list"
#define KVM_TABLE_SUMMARY "each vCPU points to the next"
#include "list.h"
#include "../callsites/module.h"
