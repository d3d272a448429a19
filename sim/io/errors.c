#define _GNU_SOURCE /* asprintf */
#include "sim/io/errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void vs_errors_init(struct vs_errors *errs)
{
	memset(errs, 0, sizeof(*errs));
}

static void error_release(struct vs_error *e)
{
	free(e->file);
	free(e->pointer);
	free(e->message);
}

void vs_errors_release(struct vs_errors *errs)
{
	for (size_t i = 0; i < errs->n; i++)
		error_release(&errs->v[i]);
	free(errs->v);
	vs_errors_init(errs);
}

/* What was found may come from a hostile file: it must not steer the terminal. */
static void defuse(char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = '?';
}

static bool keep(struct vs_errors *errs, const struct vs_error *e)
{
	struct vs_error *v;

	if (!e->file || !e->message)
		return false;
	v = realloc(errs->v, (errs->n + 1) * sizeof(*v));
	if (!v)
		return false;
	errs->v = v;
	v[errs->n++] = *e;
	return true;
}

void vs_errors_add(struct vs_errors *errs, const char *file, size_t line, size_t column,
		   const char *pointer, const char *format, ...)
{
	struct vs_error e = {.line = line, .column = column};
	va_list ap;

	errs->total++;
	if (errs->n == VS_ERRORS_KEPT)
		return;
	va_start(ap, format);
	if (vasprintf(&e.message, format, ap) < 0)
		e.message = NULL;
	va_end(ap);
	e.file = strdup(file);
	e.pointer = pointer ? strdup(pointer) : NULL;
	defuse(e.file);
	defuse(e.pointer);
	defuse(e.message);
	if (!keep(errs, &e))
		error_release(&e);
}

void vs_errors_print(const struct vs_errors *errs, FILE *to)
{
	for (size_t i = 0; i < errs->n; i++) {
		const struct vs_error *e = &errs->v[i];

		fputs(e->file, to);
		if (e->line)
			fprintf(to, ":%zu:%zu", e->line, e->column);
		if (e->pointer && *e->pointer)
			fprintf(to, ": %s", e->pointer);
		fprintf(to, ": %s\n", e->message);
	}
	if (errs->total > errs->n)
		fprintf(to, "and %zu more\n", errs->total - errs->n);
}
