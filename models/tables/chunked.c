#define KVM_TABLE_NAME "chunked"
#define KVM_TABLE_SUMMARY "pointers in chunks, never moved"
#include "chunked.h"
#include "../callsites/module.h"
