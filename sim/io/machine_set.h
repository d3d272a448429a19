/*
 * sim/io/machine_set.h - a scenario's own numbers for its machine.
 */
#ifndef VS_IO_MACHINE_SET_H
#define VS_IO_MACHINE_SET_H

#include "sim/io/doc.h"

/* Puts the members of `set`, a place in the scenario, into a machine document that has not been
 * read yet. False after reporting what the machine does not have. */
bool vs_machine_set_apply(struct vs_doc *machine, const struct vs_at *set);

#endif
