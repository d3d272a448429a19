/*
 * sim/io/place.h - JSON pointers of places.
 */
#ifndef VS_IO_PLACE_H
#define VS_IO_PLACE_H

#include "sim/io/doc.h"

/* The caller frees it; NULL: out of memory. "" is the root. */
char *vs_at_pointer(const struct vs_at *at);
/* "FILE:LINE:COLUMN" of a value that is there, or the label of what put it there. The same. */
char *vs_at_where(const struct vs_at *at);

#endif
