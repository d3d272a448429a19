/*
 * From the memory system's table of waits to names. Addresses say what is meant, but nothing of
 * them is left in the end: all is put in order by names and offsets.
 */
#include "sim/cli/hot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What an access or an object is called: by the pc of the access or of the allocation. */
struct name {
	uintptr_t pc;
	const char *given; /* not allocated: named by who took the memory */
	size_t bytes;      /* of the largest object */
	enum vs_mem_class class;
	bool typed;
	const char *text; /* one of hot.text */
	struct vs_layout layout;
};

#define RECENT_NAMES 1024

struct names {
	struct name **v;
	size_t n, cap;
	struct name *recent[RECENT_NAMES]; /* by hash */
};

/* One wait, with names as indices; all texts are different. */
struct wait {
	uint64_t offset;      /* in the object */
	uint64_t line_offset; /* of its line */
	uint64_t count, object_bytes;
	vs_ps lost_ps;
	struct name *named; /* NULL: not allocated, and nobody named it */
	const char *object, *site;
	uint32_t line;
	uint8_t cause;
	bool write;
};

struct hot {
	const struct vs_hw *hw;
	const struct vs_checker *checker;
	struct vs_sites *sites;
	struct names objects, accesses;
	char **text; /* each once */
	size_t n_text, cap_text;
	struct wait *wait;
	size_t n;
	bool failed;
};

static bool room(struct hot *h, void *array, size_t n, size_t *cap, size_t each)
{
	size_t more = *cap ? 2 * *cap : 64;
	void **at = array, *p;

	if (n < *cap)
		return true;
	p = realloc(*at, more * each);
	h->failed |= !p;
	if (!p)
		return false;
	*at = p;
	*cap = more;
	return true;
}

/* The same pointer for the same text. */
static const char *text_of(struct hot *h, const char *text)
{
	char *copy;

	for (size_t i = 0; i < h->n_text; i++)
		if (strcmp(h->text[i], text) == 0)
			return h->text[i];
	copy = room(h, &h->text, h->n_text, &h->cap_text, sizeof(*h->text)) ? strdup(text) : NULL;
	h->failed |= !copy;
	if (!copy)
		return "";
	return h->text[h->n_text++] = copy;
}

static struct name *search(const struct names *names, uintptr_t pc)
{
	for (size_t i = 0; i < names->n; i++)
		if (names->v[i]->pc == pc)
			return names->v[i];
	return NULL;
}

/* NULL: no memory */
static struct name *name_for(struct hot *h, struct names *names, uintptr_t pc)
{
	struct name **recent = &names->recent[(pc ^ pc >> 10) % RECENT_NAMES], *n = *recent;

	if (n && n->pc == pc)
		return n;
	n = search(names, pc);
	if (!n && room(h, &names->v, names->n, &names->cap, sizeof(struct name *))) {
		n = calloc(1, sizeof(*n));
		h->failed |= !n;
		if (n) {
			n->pc = pc;
			names->v[names->n++] = n;
		}
	}
	return *recent = n;
}

/* Where the access was, in what. */
static void place(struct hot *h, const struct vs_hw_wait *in, struct wait *w)
{
	uintptr_t line = vs_hw_line_address(h->hw, in->line), addr = line + in->offset, start;
	struct vs_allocation a = {.class = VS_MEM_KERNEL};
	const char *given = NULL;
	char text[256];
	size_t offset = 0;

	if (vs_check_allocation(h->checker, addr, &a)) {
		start = a.addr;
	} else if ((given = vs_hw_name_of(h->hw, addr, &start, &a.bytes))) {
		a.site = (uintptr_t)given;
	} else {
		bool known = vs_symbol_at(h->sites, addr, text, sizeof(text), &offset);

		w->object = text_of(h, known ? text : "?");
		start = addr - offset;
	}
	w->named = a.site ? name_for(h, &h->objects, a.site) : NULL;
	if (w->named) {
		w->named->given = given;
		w->named->class = a.class;
		if (w->named->bytes < a.bytes)
			w->named->bytes = a.bytes;
	}
	w->object_bytes = a.bytes;
	w->offset = addr - start;
	w->line_offset = line > start ? line - start : 0;
}

/* "f (x.c:3)", or with a struct "struct s (x.c:3)". */
static void name_object(struct hot *h, struct name *n)
{
	char site[256], text[sizeof(site) + sizeof(n->layout.name)];
	const char *where;

	if (n->given) {
		n->typed = vs_layout_named(h->sites, n->given, &n->layout);
		n->text = text_of(h, n->given);
		return;
	}
	vs_site_name(h->sites, n->pc, site, sizeof(site));
	where = strchr(site, '(');
	n->typed = vs_layout_at(h->sites, n->pc, n->bytes, n->class == VS_MEM_VCPU, &n->layout);
	snprintf(text, sizeof(text), "%s %s", n->layout.name, where ? where : "");
	n->text = text_of(h, n->typed && where ? text : site);
}

static const char *name_access(struct hot *h, uintptr_t pc)
{
	struct name *n = name_for(h, &h->accesses, pc);
	char text[256];

	if (n && !n->text)
		n->text = text_of(h, vs_site_name(h->sites, pc, text, sizeof(text)));
	return n ? n->text : "";
}

static void gather(struct hot *h, struct vs_run *out)
{
	const struct vs_hw_wait *in;
	size_t slots = vs_hw_waits(h->hw, &in), used = 0;

	for (size_t i = 0; i < slots; i++)
		used += in[i].lost_ps != 0;
	h->wait = calloc(used + 1, sizeof(*h->wait));
	h->failed |= !h->wait;
	for (size_t i = 0; i < slots && !h->failed; i++) {
		struct wait *w = &h->wait[h->n];

		if (!in[i].lost_ps)
			continue;
		w->count = in[i].count;
		w->lost_ps = in[i].lost_ps;
		w->line = in[i].line;
		w->cause = in[i].cause;
		w->write = in[i].write;
		w->site = name_access(h, in[i].pc);
		place(h, &in[i], w);
		out->line_wait_ps[w->cause] += w->lost_ps;
		h->n++;
	}
	for (size_t i = 0; i < h->objects.n && !h->failed; i++)
		name_object(h, h->objects.v[i]);
	for (size_t i = 0; i < h->n && !h->failed; i++)
		if (h->wait[i].named)
			h->wait[i].object = h->wait[i].named->text;
}

/* -- sums ---------------------------------------------------------------------------------------
 */

static int order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_place(const void *x, const void *y)
{
	const struct wait *a = x, *b = y;
	int o = strcmp(a->object, b->object);

	if (!o)
		o = order(a->line_offset, b->line_offset);
	if (!o)
		o = order(a->line, b->line);
	return o ? o : order(a->offset, b->offset);
}

static int by_user(const void *x, const void *y)
{
	const struct wait *a = x, *b = y;
	int o = order(a->write, b->write);

	if (!o)
		o = strcmp(a->site, b->site);
	return o ? o : order(a->offset, b->offset);
}

static void add(struct vs_hot_line *to, const struct wait *w)
{
	if (w->write)
		to->stores += w->count;
	else
		to->loads += w->count;
	if (w->cause >= VS_CAUSE_XFER_SAME_L3 && w->cause <= VS_CAUSE_XFER_FAR_SOCKET)
		to->transfers[w->cause - VS_CAUSE_XFER_SAME_L3] += w->count;
	to->lost_ps += w->lost_ps;
	if (w->object_bytes > to->object_bytes)
		to->object_bytes = w->object_bytes;
}

static int by_loss(const void *x, const void *y)
{
	const struct vs_hot_line *a = x, *b = y;
	int o = (a->lost_ps < b->lost_ps) - (a->lost_ps > b->lost_ps);

	if (!o)
		o = strcmp(a->object, b->object);
	return o ? o : order(a->offset, b->offset);
}

/* Sums of what is at one place; waits are in order of place, so the lines of an object's offset
 * come one after the other. Texts still belong to h, `object` too. */
static struct vs_hot_line *sum(struct hot *h, bool whole_objects, size_t *n)
{
	struct vs_hot_line *v = calloc(h->n + 1, sizeof(*v)), *to = NULL;

	*n = 0;
	h->failed |= !v;
	for (size_t i = 0; i < h->n && v; i++) {
		const struct wait *w = &h->wait[i];

		if (!to || to->object != w->object ||
		    (!whole_objects && to->offset != w->line_offset)) {
			to = &v[(*n)++];
			to->object = (char *)w->object;
			to->offset = whole_objects ? 0 : w->line_offset;
		}
		to->lines += !to->lines || w[-1].line != w->line;
		add(to, w);
	}
	if (v)
		qsort(v, *n, sizeof(*v), by_loss);
	return v;
}

/* -- who ----------------------------------------------------------------------------------------
 */

static bool field_of(const struct wait *w, char *buf, size_t size)
{
	return w->named && w->named->typed &&
	       vs_layout_field(&w->named->layout, w->offset, buf, size);
}

/* The members of a line that were touched, in their order. w: the waits of that line. */
static char *fields_of(const struct wait *w, size_t n)
{
	char all[512] = "", one[128], last[128] = "";

	for (uint64_t offset = w[0].line_offset; offset < w[0].line_offset + 64; offset++)
		for (size_t i = 0; i < n; i++) {
			size_t used = strlen(all);

			if (w[i].offset != offset)
				continue;
			if (!field_of(&w[i], one, sizeof(one)) || strcmp(one, last) == 0)
				break;
			snprintf(last, sizeof(last), "%s", one);
			snprintf(all + used, sizeof(all) - used, "%s%s", used ? ", " : "", one);
			break;
		}
	return all[0] ? strdup(all) : NULL;
}

static int users_by_loss(const void *x, const void *y)
{
	const struct vs_line_user *a = x, *b = y;
	int o = (a->lost_ps < b->lost_ps) - (a->lost_ps > b->lost_ps);

	if (!o)
		o = strcmp(a->site, b->site);
	return o ? o : strcmp(a->field ? a->field : "", b->field ? b->field : "");
}

/* w: waits of one line, of one kind, in order of users. */
static void take_users(struct hot *h, const struct wait *w, size_t n, struct vs_line_user **out,
		       size_t *n_out)
{
	struct vs_line_user *v = calloc(n + 1, sizeof(*v)), *u = NULL;
	char field[128] = "", last[128] = "";
	size_t users = 0;

	h->failed |= !v;
	for (size_t i = 0; i < n && v; i++) {
		if ((!i || w[i].offset != w[i - 1].offset) &&
		    !field_of(&w[i], field, sizeof(field)))
			field[0] = '\0';
		if (!u || w[i].site != w[i - 1].site || strcmp(field, last) != 0) {
			u = &v[users++];
			u->site = strdup(w[i].site);
			u->field = field[0] ? strdup(field) : NULL;
			h->failed |= !u->site;
			snprintf(last, sizeof(last), "%s", field);
		}
		u->count += w[i].count;
		u->lost_ps += w[i].lost_ps;
	}
	if (v && !h->failed)
		qsort(v, users, sizeof(*v), users_by_loss);
	for (size_t i = VS_HOT_USERS; i < users; i++) {
		free(v[i].site);
		free(v[i].field);
	}
	*out = v;
	*n_out = users < VS_HOT_USERS ? users : VS_HOT_USERS;
}

static void tell_line(struct hot *h, struct vs_hot_line *l)
{
	struct wait *w = h->wait, *end;
	size_t loads = 0;

	while (w->object != l->object || w->line_offset != l->offset)
		w++;
	for (end = w;
	     end < h->wait + h->n && end->object == l->object && end->line_offset == l->offset;
	     end++)
		loads += !end->write;
	l->field = fields_of(w, end - w);
	qsort(w, end - w, sizeof(*w), by_user);
	take_users(h, w, loads, &l->readers, &l->n_readers);
	take_users(h, w + loads, end - w - loads, &l->writers, &l->n_writers);
}

/* Texts become the result's own. */
static void own_objects(struct hot *h, struct vs_hot_line *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		v[i].object = strdup(v[i].object);
		h->failed |= !v[i].object;
	}
}

static void release_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

static void release(struct hot *h)
{
	release_names(&h->objects);
	release_names(&h->accesses);
	for (size_t i = 0; i < h->n_text; i++)
		free(h->text[i]);
	free(h->text);
	free(h->wait);
}

bool vs_hot_take(const struct vs_hw *hw, const struct vs_checker *c, struct vs_sites *sites,
		 struct vs_run *out)
{
	struct hot h = {.hw = hw, .checker = c, .sites = sites};

	gather(&h, out);
	if (!h.failed) {
		qsort(h.wait, h.n, sizeof(*h.wait), by_place);
		out->hot_objects = sum(&h, true, &out->n_hot_objects);
		out->hot_lines = sum(&h, false, &out->n_hot_lines);
	}
	if (out->n_hot_lines > VS_HOT_LINES)
		out->n_hot_lines = VS_HOT_LINES;
	for (size_t i = 0; i < out->n_hot_lines && !h.failed; i++)
		tell_line(&h, &out->hot_lines[i]);
	own_objects(&h, out->hot_objects, out->n_hot_objects);
	own_objects(&h, out->hot_lines, out->n_hot_lines);
	release(&h);
	return !h.failed;
}
