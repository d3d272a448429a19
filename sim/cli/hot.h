/* sim/cli/hot.h - the lines that cores waited for, as a result tells of them. */
#ifndef VS_HOT_H
#define VS_HOT_H

#include <vcpusim/result.h>

#include "sim/check/check.h"
#include "sim/check/layout.h"
#include "sim/hw/hw.h"

#define VS_HOT_LINES 20
#define VS_HOT_USERS 4

/* After the run. Fills line_wait_ps, hot_lines and hot_objects. False: no memory. */
bool vs_hot_take(const struct vs_hw *hw, const struct vs_checker *c, struct vs_sites *sites,
		 struct vs_run *out);

#endif
