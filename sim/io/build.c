#include "sim/io/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double vs_json_rounded(double v)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*g", VS_JSON_DIGITS, v);
	return strtod(text, NULL);
}

json_t *vs_with(json_t *object, const char *key, json_t *value)
{
	if (object && value && json_object_set(object, key, value) == 0) {
		json_decref(value);
		return object;
	}
	json_decref(object);
	json_decref(value);
	return NULL;
}

json_t *vs_append(json_t *array, json_t *value)
{
	if (array && value && json_array_append(array, value) == 0) {
		json_decref(value);
		return array;
	}
	json_decref(array);
	json_decref(value);
	return NULL;
}

json_t *vs_json_number(double v)
{
	if (!isfinite(v))
		return json_null();
	if (v == floor(v) && fabs(v) <= 0x1p53)
		return json_integer((json_int_t)v);
	return json_real(v);
}

json_t *vs_json_ns(vs_ps ps)
{
	if (ps == VS_PS_NEVER)
		return json_null();
	if (ps % VS_PS_PER_NS == 0)
		return json_integer((json_int_t)(ps / VS_PS_PER_NS));
	return json_real((double)ps / (double)VS_PS_PER_NS);
}

json_t *vs_json_u64(uint64_t v)
{
	return v <= INT64_MAX ? json_integer((json_int_t)v) : json_real((double)v);
}

json_t *vs_json_text(const char *s)
{
	json_t *out;
	char *plain;

	if (!s)
		return json_null();
	out = json_string(s);
	if (out)
		return out;
	plain = strdup(s);
	for (char *c = plain; c && *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	out = plain ? json_string(plain) : NULL;
	free(plain);
	return out;
}
