/*
 * The physics that a machine file must obey.
 *
 * A transfer is made of a leg from the requester to the line's home, a leg from there to the owner,
 * and the data's hop from the owner to the requester. Every transfer is ordered at the line's home,
 * also one inside an L3 whose line lives on another socket. So the parts must fit into the whole
 * for every place that requester, owner and home can have, or an answer would be there before its
 * question.
 */
#include "sim/io/machine_check.h"

#include <stdarg.h>
#include <stdio.h>

#define MESSAGE_MAX 256

const char *const vs_distance_names[VS_DISTANCES] = {
	[VS_SAME_L3] = "same_l3",
	[VS_SAME_SOCKET] = "same_socket",
	[VS_CROSS_SOCKET] = "cross_socket",
	[VS_FAR_SOCKET] = "far_socket",
};

struct check {
	const struct vs_machine *m;
	vs_machine_complaint tell;
	void *ctx;
	bool ok;
};

static void __attribute__((format(printf, 4, 5)))
complain(struct check *c, const char *group, const char *key, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	c->ok = false;
	c->tell(c->ctx, group, key, message);
}

static double ns(vs_ps ps)
{
	return (double)ps / (double)VS_PS_PER_NS;
}

enum vs_distance vs_machine_home_distance(const struct vs_machine *m, uint32_t a, uint32_t b)
{
	if (a == b)
		return VS_SAME_SOCKET;
	return m->socket_distance[a][b] > 1 ? VS_FAR_SOCKET : VS_CROSS_SOCKET;
}

bool vs_machine_reaches(const struct vs_machine *m, enum vs_distance d, bool home)
{
	if (d == VS_SAME_L3)
		return !home && m->cores_per_l3 > 1;
	if (d == VS_SAME_SOCKET)
		return home || m->l3_per_socket > 1;
	for (uint32_t b = 1; b < m->sockets; b++)
		for (uint32_t a = 0; a < b; a++)
			if (vs_machine_home_distance(m, a, b) == d)
				return true;
	return false;
}

bool vs_machine_check_topology(const struct vs_machine *m, vs_machine_complaint tell, void *ctx)
{
	struct check c = {.m = m, .tell = tell, .ctx = ctx, .ok = true};
	uint64_t domains = (uint64_t)m->sockets * m->l3_per_socket;

	if (domains > VS_MAX_DOMAINS)
		complain(&c, "topology", "l3_per_socket",
			 "found %llu L3 domains in all, expected at most %d",
			 (unsigned long long)domains, VS_MAX_DOMAINS);
	if (domains * m->cores_per_l3 > VS_MAX_CORES)
		complain(&c, "topology", "cores_per_l3",
			 "found %llu cores in all, expected at most %d",
			 (unsigned long long)(domains * m->cores_per_l3), VS_MAX_CORES);
	for (uint32_t a = 0; a < m->sockets; a++) {
		for (uint32_t b = 0; b <= a; b++) {
			uint8_t there = m->socket_distance[a][b], back = m->socket_distance[b][a];

			if (there != back)
				complain(&c, "topology", "socket_distance",
					 "socket %u to %u is %u links, back %u, expected the same",
					 a, b, there, back);
			else if ((there == 0) != (a == b))
				complain(&c, "topology", "socket_distance",
					 "socket %u to %u is %u links, expected %s", a, b, there,
					 a == b ? "0" : "at least 1");
		}
	}
	return c.ok;
}

static void check_cache(struct check *c, const char *group, const struct vs_cache_geometry *g)
{
	uint64_t row = (uint64_t)g->ways * c->m->line_bytes;

	if (g->size_bytes < row || g->size_bytes % row)
		complain(c, group, "size_bytes",
			 "found %llu, expected a multiple of ways * line_bytes = %llu",
			 (unsigned long long)g->size_bytes, (unsigned long long)row);
}

static void check_hits(struct check *c)
{
	const struct vs_machine *m = c->m;

	if (m->l1_ps > m->l2_ps)
		complain(c, "l2_ns", NULL, "found %.15g, expected at least l1_ns = %.15g",
			 ns(m->l2_ps), ns(m->l1_ps));
	if (m->l2_ps > m->l3_ps)
		complain(c, "l3_ns", NULL, "found %.15g, expected at least l2_ns = %.15g",
			 ns(m->l3_ps), ns(m->l2_ps));
	if (m->l3_ps > m->memory_ps[VS_SAME_SOCKET])
		complain(c, "memory_ns", "same_socket",
			 "found %.15g, expected at least l3_ns = %.15g",
			 ns(m->memory_ps[VS_SAME_SOCKET]), ns(m->l3_ps));
}

/* There and back again: an answer cannot be quicker than the two legs to where it is decided. */
static void check_round_trips(struct check *c)
{
	const struct vs_machine *m = c->m;

	for (int d = VS_SAME_SOCKET; d < VS_DISTANCES; d++) {
		vs_ps trip = 2 * m->leg_ps[d];

		if (!vs_machine_reaches(m, (enum vs_distance)d, true))
			continue;
		if (trip > m->l3_ps)
			complain(c, "leg_ns", vs_distance_names[d],
				 "found %.15g, expected at most half of l3_ns = %.15g",
				 ns(m->leg_ps[d]), ns(m->l3_ps));
		if (trip > m->memory_ps[d])
			complain(c, "leg_ns", vs_distance_names[d],
				 "found %.15g, expected at most half of memory_ns of that distance "
				 "= %.15g",
				 ns(m->leg_ps[d]), ns(m->memory_ps[d]));
	}
}

struct worst {
	vs_ps parts;
	uint32_t requester, owner, home;
};

/* The dearest placement of the three sockets for each distance between requester and owner. */
static void find_worst(const struct vs_machine *m, struct worst worst[VS_DISTANCES])
{
	for (uint32_t r = 0; r < m->sockets; r++) {
		for (uint32_t o = 0; o < m->sockets; o++) {
			for (uint32_t h = 0; h < m->sockets; h++) {
				enum vs_distance far = vs_machine_home_distance(m, r, o);
				/* in one socket, the two may share the L3 or not */
				int nearest = r == o ? VS_SAME_L3 : (int)far;
				vs_ps legs = m->leg_ps[vs_machine_home_distance(m, r, h)] +
					     m->leg_ps[vs_machine_home_distance(m, h, o)];

				for (int d = nearest; d <= (int)far; d++)
					if (legs + m->hop_ps[d] > worst[d].parts)
						worst[d] = (struct worst){legs + m->hop_ps[d], r, o,
									  h};
			}
		}
	}
}

static void check_transfers(struct check *c)
{
	const struct vs_machine *m = c->m;
	struct worst worst[VS_DISTANCES] = {{0}};

	find_worst(m, worst);
	for (int d = 0; d < VS_DISTANCES; d++) {
		if (!vs_machine_reaches(m, (enum vs_distance)d, false) ||
		    worst[d].parts <= m->transfer_ps[d])
			continue;
		complain(c, "transfer_ns", vs_distance_names[d],
			 "found %.15g, expected at least its parts: leg to the home + leg to the "
			 "owner + hop = %.15g (requester on socket %u, owner on %u, home on %u)",
			 ns(m->transfer_ps[d]), ns(worst[d].parts), worst[d].requester,
			 worst[d].owner, worst[d].home);
	}
}

bool vs_machine_check(const struct vs_machine *m, vs_machine_complaint tell, void *ctx)
{
	struct check c = {.m = m, .tell = tell, .ctx = ctx, .ok = true};

	check_cache(&c, "l1d", &m->l1d);
	check_cache(&c, "l2", &m->l2);
	check_cache(&c, "l3", &m->l3);
	check_hits(&c);
	check_round_trips(&c);
	check_transfers(&c);
	return c.ok;
}
