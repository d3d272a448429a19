#define KVM_TABLE_NAME "srcu-array-index"
#define KVM_TABLE_SUMMARY "array replaced at every create, SRCU, a section per step"
#include "srcu-array-index.h"
#include "../callsites/module.h"
