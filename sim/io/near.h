/*
 * sim/io/near.h - the name somebody probably meant.
 */
#ifndef VS_IO_NEAR_H
#define VS_IO_NEAR_H

#include <stddef.h>

/* The name fewest edits (insert, delete, replace, swap neighbours) away, the first of equals; NULL
 * if all are too far off to be a slip of the keyboard. */
const char *vs_nearest(const char *word, const char *const *names, size_t n);

#endif
