#include "sim/cli/term.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NARROWEST 40

static int width_of(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col || size.ws_col > VS_TERM_WIDTH)
		return VS_TERM_WIDTH;
	return size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
}

struct vs_term vs_term_of(FILE *to)
{
	struct vs_term t = {.to = to, .strong = "", .good = "", .bad = "", .plain = ""};
	const char *off = getenv("NO_COLOR"), *term = getenv("TERM");
	int fd = fileno(to);

	if (fd < 0 || !isatty(fd))
		return t;
	t.width = width_of(fd);
	if ((off && *off) || !term || strcmp(term, "dumb") == 0)
		return t;
	t.strong = "\033[1m";
	t.good = "\033[32m";
	t.bad = "\033[31m";
	t.plain = "\033[0m";
	return t;
}

/* How much of the line goes on this one: up to the last blank that fits, or else the first. */
static size_t fits(const char *line, size_t length, size_t room)
{
	size_t n = room;

	if (length <= room)
		return length;
	while (n && line[n] != ' ')
		n--;
	if (n)
		return n;
	return strcspn(line, " \n");
}

void vs_term_text(const struct vs_term *t, int indent, const char *text)
{
	size_t room = t->width ? (size_t)(t->width - indent) : SIZE_MAX;

	do {
		size_t length = strcspn(text, "\n"), n = fits(text, length, room);

		fprintf(t->to, "%*s%.*s\n", indent, "", (int)n, text);
		text += n;
		if (*text == ' ' || *text == '\n')
			text++;
	} while (*text);
}
