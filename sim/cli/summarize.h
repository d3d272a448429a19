/* sim/cli/summarize.h - replications together: estimates with intervals, tables compared in pairs.
 */
#ifndef VS_SUMMARIZE_H
#define VS_SUMMARIZE_H

#include <vcpusim/result.h>

/* Fills r->summary and r->comparisons from r->runs; only complete runs count. False: no memory. */
bool vs_summarize(struct vs_result *r);
/* Ran to its end: what it measured is all there is to measure. */
bool vs_run_complete(const struct vs_run *r);
/* NULL: not there */
const struct vs_summary *vs_summary_find(const struct vs_result *r, const char *table,
					 enum vs_op op, const char *metric);
const struct vs_comparison *vs_comparison_find(const struct vs_result *r, const char *a,
					       const char *b, enum vs_op op, const char *metric);

#endif
