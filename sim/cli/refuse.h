/*
 * sim/cli/refuse.h - accesses that cannot be simulated: another thread's stack, memory of nobody's.
 * A stack is private to its thread here; what threads share must be in the arena or in a module's
 * data. Ends the run with a message that names both threads and places.
 */
#ifndef VS_REFUSE_H
#define VS_REFUSE_H

#include "sim/hw/hw.h"

/* `told` gets the text, then the run is aborted. One at a time in a process. */
void vs_refuse_install(struct vs_hw *hw, void (*told)(void *ctx, const char *text), void *ctx);

#endif
