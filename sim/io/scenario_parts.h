/*
 * sim/io/scenario_parts.h - the pieces that the scenario loader is made of.
 *
 * Readers fill a part of the scenario and report what is wrong with it; checkers look at relations
 * between parts that have been read well. All go on after an error, so that a file's errors come
 * together.
 */
#ifndef VS_IO_SCENARIO_PARTS_H
#define VS_IO_SCENARIO_PARTS_H

#include "sim/io/doc.h"

#define VS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define VS_MAX_VCPUS 4096 /* as many as KVM itself allows */
#define VS_MAX_STREAMS 64
#define VS_MS_MAX 9e6 /* 2.5 hours: just below VS_PS_MAX_RUN */
#define VS_US_MAX (VS_MS_MAX * 1000)

/* Names as in the JSON, by enum value. */
extern const char *const vs_dist_names[];
extern const char *const vs_from_names[];
extern const char *const vs_arrival_names[];
extern const char *const vs_placement_names[];
extern const char *const vs_preempt_names[];
extern const char *const vs_unicast_names[];
extern const char *const vs_broadcast_names[]; /* by to_self */
extern const char *const vs_ipi_send_names[];
extern const char *const vs_ipi_delivery_names[];

extern const char *const vs_count_names[];
extern const char *const vs_fail_names[];
extern const char *const vs_vp_names[]; /* by vp_mismatched */

struct vs_choice {
	const char *what; /* "an operation" */
	const char *const *names;
	size_t n;
};

extern const struct vs_choice vs_op_choice, vs_preempt_choice, vs_ipi_send_choice,
	vs_ipi_delivery_choice;

bool vs_read_choice(const struct vs_at *at, const struct vs_choice *choice, size_t *out);

/* An optional time; out is left alone if it is absent. */
bool vs_read_ms(const struct vs_at *at, double min, vs_ps *out);
bool vs_read_dist(const struct vs_at *at, struct vs_dist *out);
/* One that can't be 0 for ever. `why`: what would go wrong if it were. */
bool vs_read_positive_dist(const struct vs_at *at, const char *why, struct vs_dist *out);

bool vs_read_host(const struct vs_at *root, struct vs_scenario *s, bool machine_known);
bool vs_read_vm(const struct vs_at *root, struct vs_scenario *s);
bool vs_read_guest(const struct vs_at *root, struct vs_scenario *s);
bool vs_read_limits(const struct vs_at *root, struct vs_scenario *s);
bool vs_read_inject(const struct vs_at *root, struct vs_scenario *s);

bool vs_read_tables(const struct vs_at *root, const struct vs_catalog *catalog,
		    struct vs_scenario *s);
json_t *vs_tables_to_json(const struct vs_scenario *s);

/* Streams by themselves, then how they fit each other (and the VM, if vm_known) and the limits. */
bool vs_read_streams(const struct vs_at *root, const struct vs_catalog *catalog,
		     struct vs_scenario *s, bool vm_known, bool limits_known);
/* valid[i]: stream i was read well. */
bool vs_check_streams(const struct vs_at *streams, const struct vs_scenario *s, const bool *valid,
		      bool vm_known, bool limits_known);

json_t *vs_dist_to_json(const struct vs_dist *d);
json_t *vs_scenario_to_json(const struct vs_scenario *s); /* NULL: out of memory */

#endif
