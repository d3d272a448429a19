/*
 * tests/tables/abuse.h - what many threads do with one table at once.
 */
#ifndef ABUSE_H
#define ABUSE_H

#include <vcpusim/module.h>

#define ABUSE_CREATORS 2
#define ABUSE_CREATES 20 /* each */

/* Creates, look-ups, walks by broadcast and request_all, then the VM's end, under one
 * interleaving; where vCPUs can be unplugged, as many as one creator made, under the same readers.
 * Faults are counted by the mock. Returns the vCPUs that the table counts. */
uint32_t abuse(const struct vs_table *table, uint64_t seed);

#endif
