#include "sim/io/near.h"

#include <string.h>

#define LONGEST 64

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Three rows of the usual table: a swap looks two rows back. Both words are at most LONGEST. */
static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
	size_t rows[3][LONGEST + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= lb; j++)
		above[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[lb];
}

const char *vs_nearest(const char *word, const char *const *names, size_t n)
{
	const char *best = NULL;
	size_t la = strlen(word);
	/* a third of the letters may be wrong, and one always */
	size_t limit = la < 6 ? 1 : la / 3, least = limit + 1;

	if (la > LONGEST)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t lb = strlen(names[i]), d;

		if (lb > LONGEST)
			continue;
		d = distance(word, la, names[i], lb);
		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
}
