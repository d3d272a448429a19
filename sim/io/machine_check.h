/*
 * sim/io/machine_check.h - do a machine's numbers fit together?
 */
#ifndef VS_IO_MACHINE_CHECK_H
#define VS_IO_MACHINE_CHECK_H

#include <vcpusim/machine.h>

/* Told of each contradiction: the entry "/group/key" of the file (key may be NULL) and what is
 * wrong with it. */
typedef void (*vs_machine_complaint)(void *ctx, const char *group, const char *key,
				     const char *message);

extern const char *const vs_distance_names[VS_DISTANCES];

/* Can two cores (home: a core and a line's home) be so far apart in this topology? */
bool vs_machine_reaches(const struct vs_machine *m, enum vs_distance d, bool home);
enum vs_distance vs_machine_home_distance(const struct vs_machine *m, uint32_t socket_a,
					  uint32_t socket_b);

/* Topology alone, before anything that depends on it is read. */
bool vs_machine_check_topology(const struct vs_machine *m, vs_machine_complaint tell, void *ctx);
/* All the rest. */
bool vs_machine_check(const struct vs_machine *m, vs_machine_complaint tell, void *ctx);

#endif
