#define KVM_TABLE_NAME "mutex-array"
#define KVM_TABLE_SUMMARY "array that doubles when full, behind a mutex"
#include "mutex-array.h"
#include "../callsites/module.h"
