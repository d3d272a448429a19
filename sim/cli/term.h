/* sim/cli/term.h - what depends on where text goes: a terminal has a width, and may have colours.
 */
#ifndef VS_TERM_H
#define VS_TERM_H

#include <stdio.h>

#define VS_TERM_WIDTH 100 /* of a summary, at most */

struct vs_term {
	FILE *to;
	int width; /* 0: no terminal, so that lines stay whole and can be searched */
	const char *strong, *good, *bad, *plain; /* colours, or "" */
};

/* Colours: on a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is "dumb". */
struct vs_term vs_term_of(FILE *to);

/* Text with `indent` blanks before each line, and, on a terminal, broken at blanks to fit. Ends
 * with a newline. */
void vs_term_text(const struct vs_term *t, int indent, const char *text);

#endif
