/* Tournament tree: which core is earliest, and when is the next one after it. */
#include "sim/engine/private.h"

void vs_tree_init(struct vs_tree *t, uint32_t n)
{
	t->leaves = 1;
	while (t->leaves < n)
		t->leaves *= 2;
	t->min = vs_engine_alloc(2 * (size_t)t->leaves, sizeof(*t->min));
	for (uint32_t i = 0; i < 2 * t->leaves; i++)
		t->min[i] = VS_PS_NEVER;
}

void vs_tree_set(struct vs_tree *t, uint32_t i, vs_ps v)
{
	uint32_t k = t->leaves + i;

	if (t->min[k] == v)
		return;
	t->min[k] = v;
	for (k /= 2; k; k /= 2) {
		vs_ps l = t->min[2 * k], r = t->min[2 * k + 1], m = l < r ? l : r;

		if (t->min[k] == m)
			break;
		t->min[k] = m;
	}
}

uint32_t vs_tree_first(const struct vs_tree *t)
{
	uint32_t k = 1;

	while (k < t->leaves)
		k = t->min[2 * k] == t->min[k] ? 2 * k : 2 * k + 1;
	return k - t->leaves;
}

vs_ps vs_tree_min_without(const struct vs_tree *t, uint32_t i)
{
	vs_ps m = VS_PS_NEVER;

	for (uint32_t k = t->leaves + i; k > 1; k /= 2)
		if (t->min[k ^ 1] < m)
			m = t->min[k ^ 1];
	return m;
}

uint32_t vs_tree_below(const struct vs_tree *t, vs_ps bound, uint32_t *out)
{
	uint32_t stack[64], depth = 0, n = 0;

	if (t->min[1] >= bound)
		return 0;
	stack[depth++] = 1;
	while (depth) {
		uint32_t k = stack[--depth];

		if (k >= t->leaves) {
			out[n++] = k - t->leaves;
			continue;
		}
		if (t->min[2 * k + 1] < bound)
			stack[depth++] = 2 * k + 1;
		if (t->min[2 * k] < bound)
			stack[depth++] = 2 * k;
	}
	return n;
}
