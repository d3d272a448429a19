/*
 * sim/cli/refuse.h - accesses that cannot be simulated: another thread's stack, memory of nobody's.
 * A stack is private to its thread here; what threads share must be in the arena or in a module's
 * data. Ends the run with a message that names both threads and places.
 */
#ifndef VS_REFUSE_H
#define VS_REFUSE_H

#include "sim/hw/hw.h"

/* Such an access aborts the run. One run at a time in a process. */
void vs_refuse_install(struct vs_hw *hw);
/* After the run. False: nothing was refused. Not from a simulated thread: naming places takes more
 * stack than those have. */
bool vs_refuse_text(char *buf, size_t size);

#endif
