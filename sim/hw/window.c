/*
 * How long a window may be: the smallest delay after which one core can affect another.
 *
 * a: a request or notice takes at least the smallest leg to its home.
 * b: what a directory event orders reaches a core at least the smallest leg later (a loss), or what
 *    is left of the quickest answer (a fill).
 * h: a grant follows every loss it depends on by at least the smallest data hop.
 * m: the smallest flight of a message between CPUs.
 */
#include <stdio.h>

#include "sim/hw/hw.h"

static vs_ps least(vs_ps a, vs_ps b)
{
	return a < b ? a : b;
}

static unsigned reachable(const struct vs_machine *m)
{
	unsigned mask = 1u << VS_SAME_L3;

	if (m->l3_per_socket > 1)
		mask |= 1u << VS_SAME_SOCKET;
	for (uint32_t i = 0; i < m->sockets; i++)
		for (uint32_t k = 0; k < m->sockets; k++)
			if (i != k)
				mask |= 1u << (m->socket_distance[i][k] > 1 ? VS_FAR_SOCKET
									    : VS_CROSS_SOCKET);
	return mask;
}

bool vs_hw_compute_window(struct vs_machine *m, char *why, size_t why_size)
{
	unsigned mask = reachable(m) | 1u << VS_SAME_SOCKET; /* legs and memory: own socket */
	vs_ps leg = VS_PS_NEVER, hop = VS_PS_NEVER, answer = VS_PS_NEVER,
	      message = m->wake_flight_ps;

	for (int d = 0; d < VS_DISTANCES; d++) {
		if (!(mask & 1u << d))
			continue;
		/* a request that is answered at all takes at least a leg there and one back */
		vs_ps quickest = least(least(m->memory_ps[d], m->transfer_ps[d]), m->l3_ps);

		if (quickest <= m->leg_ps[d]) {
			snprintf(
				why, why_size,
				"a leg (%llu ps) is not shorter than the quickest answer (%llu ps)",
				(unsigned long long)m->leg_ps[d], (unsigned long long)quickest);
			return false;
		}
		leg = least(leg, m->leg_ps[d]);
		hop = least(hop, m->hop_ps[d]);
		answer = least(answer, quickest - m->leg_ps[d]);
		message = least(message, m->ipi_flight_ps[d]);
	}
	m->agent_delay_ps = leg;
	m->effect_delay_ps = least(leg, answer);
	m->loss_delay_ps = hop;
	m->message_ps = message;
	m->window_ps = least(least(m->agent_delay_ps + m->effect_delay_ps, hop), message);
	if (!m->window_ps || !m->effect_delay_ps || !m->agent_delay_ps) {
		snprintf(why, why_size, "the smallest delay between two cores is zero");
		return false;
	}
	return true;
}

struct vs_delays vs_hw_delays(const struct vs_machine *m, vs_ps w)
{
	return (struct vs_delays){.agent = m->agent_delay_ps,
				  .effect = m->effect_delay_ps,
				  .message = m->message_ps,
				  .window = w,
				  .history = m->window_ps};
}
