/* Operations that are a module's: numbering their issuers, its init before, its checks after. */
#include "sim/workload/private.h"

static const struct vs_plain *plain_of(const struct vs_scenario *s, const struct vs_stream *def)
{
	return def->op < VS_OP_PLAIN ? NULL : &s->plain[def->op - VS_OP_PLAIN];
}

/* Issuers that the module's operations have in the streams before `end`. */
static uint32_t issuers_of(const struct vs_scenario *s, const struct vs_module *m, size_t end)
{
	uint32_t n = 0;

	for (size_t k = 0; k < end; k++) {
		const struct vs_plain *p = plain_of(s, &s->streams[k]);

		if (p && p->module == m)
			n += s->streams[k].issuers;
	}
	return n;
}

void vs_plain_init_issuer(struct vs_issuer *i)
{
	const struct vs_scenario *s = i->w->s;
	const struct vs_plain *p = plain_of(s, i->stream->def);

	i->plain = p->operation;
	i->plain_number = issuers_of(s, p->module, i->stream->def - s->streams) + i->k;
}

static bool has_begun(const struct vs_scenario *s, uint32_t k)
{
	for (uint32_t before = 0; before < k; before++)
		if (s->plain[before].module == s->plain[k].module)
			return true;
	return false;
}

bool vs_plain_boot(struct vs_workload *w)
{
	for (uint32_t k = 0; k < w->s->n_plain; k++) {
		const struct vs_module *m = w->s->plain[k].module;

		if (!m->init || has_begun(w->s, k))
			continue;
		w->boot_failed = m->name;
		w->boot_error = m->init(issuers_of(w->s, m, w->s->n_streams));
		if (w->boot_error)
			return false;
	}
	return true;
}

/* Issuers have told the conductor that they have ended, so what they counted is final. */
void vs_plain_check(struct vs_workload *w)
{
	uint64_t done[VS_PLAIN_MAX] = {0};

	for (uint32_t n = 0; n < w->s->n_streams; n++)
		for (uint32_t k = 0; k < w->streams[n].def->issuers; k++) {
			const struct vs_issuer *i = &w->streams[n].issuers[k];

			if (i->plain)
				done[w->streams[n].def->op - VS_OP_PLAIN] += i->done - i->failed;
		}
	for (uint32_t k = 0; k < w->s->n_plain; k++)
		if (w->s->plain[k].operation->check)
			w->s->plain[k].operation->check(done[k]);
}
