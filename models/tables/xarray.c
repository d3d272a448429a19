#define KVM_TABLE_NAME "xarray"
#define KVM_TABLE_SUMMARY "radix tree of 64 slots per node, RCU, as Linux since 5.17"
#include "xarray.h"
#include "../callsites/module.h"
