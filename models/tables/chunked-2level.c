#define KVM_TABLE_NAME "chunked-2level"
#define KVM_TABLE_SUMMARY "pointers in chunks of chunks, never moved"
#include "chunked-2level.h"
#include "../callsites/module.h"
