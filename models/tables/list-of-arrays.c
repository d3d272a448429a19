#define KVM_TABLE_NAME "list-of-arrays"
#define KVM_TABLE_SUMMARY "arrays of pointers, each with a link to the next"
#include "list-of-arrays.h"
#include "../callsites/module.h"
