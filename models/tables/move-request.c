#define KVM_TABLE_NAME "move-request"
#define KVM_TABLE_SUMMARY "array that doubles when full, while all vCPUs are stopped"
#include "move-request.h"
#include "../callsites/module.h"
