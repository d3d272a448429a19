/* sim/cli/report.h - the result for people: one table per operation, a verdict, what went wrong. */
#ifndef VS_REPORT_H
#define VS_REPORT_H

#include <stdio.h>

#include <vcpusim/result.h>

void vs_report(const struct vs_result *r, FILE *to);
/* --profile: speed, per run and in all. Wall-clock figures: never in the result. */
void vs_report_profile(const struct vs_result *r, FILE *to);

#endif
