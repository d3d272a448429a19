#define KVM_TABLE_NAME "blocks"
#define KVM_TABLE_SUMMARY "blocks of pointers, each as long as all before it"
#include "blocks.h"
#include "models/callsites/module.h"
