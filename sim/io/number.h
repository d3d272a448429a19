/*
 * sim/io/number.h - how numbers are read and written: to 15 significant digits, which is what a
 * double keeps of any decimal number, so that a number that was read is written as it was.
 */
#ifndef VS_IO_NUMBER_H
#define VS_IO_NUMBER_H

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define VS_DIGITS 15
#define VS_JSON_FORMAT JSON_REAL_PRECISION(VS_DIGITS)

/* A whole number as such, if it is one that a double holds exactly. */
static inline json_t *vs_json_number(double v)
{
	if (v == floor(v) && fabs(v) <= 0x1p53)
		return json_integer((json_int_t)v);
	return json_real(v);
}

static inline double vs_number_rounded(double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*g", VS_DIGITS, v);
	return strtod(text, NULL);
}

#endif
