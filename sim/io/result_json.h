/*
 * sim/io/result_json.h - parts of a result as JSON. All give NULL when out of memory.
 */
#ifndef VS_IO_RESULT_JSON_H
#define VS_IO_RESULT_JSON_H

#include <jansson.h>

#include <vcpusim/result.h>

json_t *vs_run_to_json(const struct vs_scenario *s, const struct vs_run *run);
json_t *vs_hot_lines_to_json(const struct vs_hot_line *v, size_t n);
json_t *vs_hot_objects_to_json(const struct vs_hot_line *v, size_t n);
/* Sums over many CPUs may be more picoseconds than fit into 64 bits. */
json_t *vs_json_sum_ns(vs_u128 ps);
json_t *vs_provenance_to_json(const struct vs_result *r);
json_t *vs_summary_to_json(const struct vs_scenario *s, const struct vs_summary *y);
json_t *vs_comparison_to_json(const struct vs_scenario *s, const struct vs_comparison *c);

#endif
