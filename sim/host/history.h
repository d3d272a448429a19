/*
 * sim/host/history.h - a value of one CPU that others read with a delay.
 *
 * The owner stamps each change. Others ask for the value as of their own time minus the machine's
 * window: nothing stamped so early can still be missing (docs/exactness.md, rule 10).
 */
#ifndef VS_HISTORY_H
#define VS_HISTORY_H

#include <vcpusim/types.h>

struct vs_stamp {
	vs_ps at;
	uint64_t value;
};

struct vs_history {
	struct vs_stamp *stamp; /* ascending; the newest last */
	uint32_t n, cap;
};

void vs_history_init(struct vs_history *h, uint64_t value); /* `value` since the beginning */
void vs_history_release(struct vs_history *h);
/* at: not before the last stamp. No reader will ask for a time before `floor` any more. */
void vs_history_put(struct vs_history *h, vs_ps at, uint64_t value, vs_ps floor);
const struct vs_stamp *vs_history_get(const struct vs_history *h, vs_ps as_of);

#endif
