/* Grows without waiting until the vCPUs have stopped. Caught: use after free. */
#include <linux/completion.h>

#define wait_for_completion(c) ((void)(c))
#include "models/tables/move-request.h"
#undef wait_for_completion

#define KVM_TABLE_NAME "mutant-move-early"
#define KVM_TABLE_SUMMARY "deliberately broken, for the torture scenario"
#include "models/callsites/module.h"
