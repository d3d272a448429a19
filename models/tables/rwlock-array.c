#define KVM_TABLE_NAME "rwlock-array"
#define KVM_TABLE_SUMMARY "array that doubles when full, behind a reader-writer spinlock"
#include "rwlock-array.h"
#include "../callsites/module.h"
