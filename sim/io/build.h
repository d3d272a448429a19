/*
 * sim/io/build.h - putting JSON together.
 *
 * Numbers are read and written to 15 significant digits, which is what a double keeps of any
 * decimal number, so that a number that was read is written as it was.
 *
 * Running out of memory is NULL all the way up: vs_with and vs_append consume both arguments and
 * give NULL if either is NULL, so only the last result needs a look.
 */
#ifndef VS_IO_BUILD_H
#define VS_IO_BUILD_H

#include <jansson.h>

#include <vcpusim/types.h>

#define VS_JSON_DIGITS 15
#define VS_JSON_FORMAT JSON_REAL_PRECISION(VS_JSON_DIGITS)

double vs_json_rounded(double v);

json_t *vs_with(json_t *object, const char *key, json_t *value);
json_t *vs_append(json_t *array, json_t *value);

/* A whole number as such if a double holds it exactly; null if it is not finite. */
json_t *vs_json_number(double v);
/* Nanoseconds; null for VS_PS_NEVER. */
json_t *vs_json_ns(vs_ps ps);
json_t *vs_json_u64(uint64_t v);
/* Bytes that are not UTF-8 become '?'; null for NULL. */
json_t *vs_json_text(const char *s);

#endif
