#define KVM_TABLE_NAME "srcu-array"
#define KVM_TABLE_SUMMARY "array replaced at every create, SRCU, a section per walk"
#include "srcu-array.h"
#include "../callsites/module.h"
