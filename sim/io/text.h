/*
 * sim/io/text.h - the text of an input file, and where in it a value stands.
 *
 * jansson does not keep positions of values. These functions walk text that jansson has accepted,
 * by offset; they never look outside [0, length) even if it was not accepted.
 */
#ifndef VS_IO_TEXT_H
#define VS_IO_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/io/errors.h"

#define VS_INPUT_MAX_BYTES ((size_t)16 << 20)

struct vs_text {
	char *bytes;
	size_t length;
};

/* Whole file, at most VS_INPUT_MAX_BYTES; a larger one is refused before it is read. */
bool vs_text_read(struct vs_text *t, const char *path, struct vs_errors *errs);
void vs_text_release(struct vs_text *t);

/* Offset of the first value of the text. */
size_t vs_text_start(const struct vs_text *t);
/* Offsets of a member's key and value, of the object at `object`; false if it has none such. */
bool vs_text_member(const struct vs_text *t, size_t object, const char *key, size_t *key_at,
		    size_t *value_at);
bool vs_text_element(const struct vs_text *t, size_t array, size_t index, size_t *value_at);

/* Both from 1; columns count characters of UTF-8. */
void vs_text_position(const struct vs_text *t, size_t offset, size_t *line, size_t *column);

#endif
