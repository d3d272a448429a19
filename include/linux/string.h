/* linux/string.h - memcpy, memset and memmove, which an instrumented build prices as bulk. */
#ifndef VCPUSIM_LINUX_STRING_H
#define VCPUSIM_LINUX_STRING_H

#include <string.h>

#endif
