/*
 * tests/io/sample_run.h - one small run with every kind of thing in it.
 */
#ifndef VS_IO_SAMPLE_RUN_H
#define VS_IO_SAMPLE_RUN_H

#include <vcpusim/result.h>

/* Everything in it is malloc'ed, as vs_run_release wants it. */
void sample_run(struct vs_run *run);

#endif
