/* What the tests of the contract and those of the call sites share. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <check.h>

#include <vcpusim/module.h>

#include "tests/kernel/mock.h"

#define N 70 /* beyond two chunks of 32 */
#define MAX 4096
#define SLOTS 3

extern const struct vs_table *t;
extern void *vm, *vcpus[N];
extern uint32_t param[VS_TABLE_PARAMS_MAX]; /* of the table, from the command line */

int vm_new(uint32_t max);
void create_n(uint32_t n);
/* Runs the body as a thread; no fault of any kind may come of it. */
void run(void (*body)(void *));

struct before {
	uint64_t live[3];
	uint32_t online;
};

/* Once all callbacks have been invoked, whenever that is. */
struct before look(void);

void add_call_sites(TCase *c); /* contract_calls.c */

#endif
