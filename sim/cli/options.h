/* sim/cli/options.h - the command line. */
#ifndef VS_OPTIONS_H
#define VS_OPTIONS_H

#include <stdio.h>

#include "sim/cli/run.h"
#include "sim/io/scenario.h"

#define VS_OPTIONS_MAX 256

enum vs_list { VS_LIST_NONE, VS_LIST_TABLES, VS_LIST_MACHINES, VS_LIST_OPERATIONS };

struct vs_options {
	const char *scenario;
	const char *output;  /* NULL: results/NAME.json; "-": stdout */
	const char *profile; /* NULL: none; "-": stderr */
	const char *tables[VS_OPTIONS_MAX];
	size_t n_tables;
	char *tables_text; /* owned */
	const char *modules[VS_OPTIONS_MAX];
	size_t n_modules;
	struct vs_set sets[VS_OPTIONS_MAX];
	size_t n_sets;
	uint32_t jobs;
	enum vs_list list;
	bool validate, quiet, help, version;
	vs_ps trace_for; /* VS_PS_NEVER: to the end */
	struct vs_execution execution;
};

/* False: something is wrong with it, said on stderr. Points into argv; vs_options_release. */
bool vs_options_parse(struct vs_options *o, int argc, char **argv);
void vs_options_release(struct vs_options *o);
void vs_options_help(FILE *to);

#endif
