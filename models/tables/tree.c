#define KVM_TABLE_NAME "tree"
#define KVM_TABLE_SUMMARY "tree that grows at the top, never moved, no locks"
#include "tree.h"
#include "../callsites/module.h"
