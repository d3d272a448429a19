/*
 * tests/trace/events.h - made-up records, and what a trace should say of them.
 *
 * Two CPUs; vcpu0 and vcpu1 are vCPUs, "worker" is another thread, the fourth has a name that JSON
 * must not have as it stands. Events come in order of time, process, track. A CPU idles until told
 * otherwise, so each test sees at least that.
 */
#ifndef TESTS_TRACE_EVENTS_H
#define TESTS_TRACE_EVENTS_H

#include "sim/trace/trace.h"

#define US(x) ((vs_ps)((x)*1000 + 0.5) * VS_PS_PER_NS) /* of a constant with up to three digits */

struct vs_task {
	const char *name;
	uint32_t id;
	enum vs_task_kind kind;
};

enum { VCPU0, VCPU1, WORKER, ODD, TASKS };

extern struct vs_task task[TASKS];
extern struct vs_host_tracer tracer; /* as the host sees it */
extern struct vs_trace *trace;       /* of begin */
extern char *text;                   /* of the last that follows */

void begin(vs_ps from, vs_ps until);
void end_trace(void); /* after each test */
void runs(uint32_t cpu, vs_ps at, uint32_t t);
void leaves(uint32_t cpu, vs_ps at, uint32_t t);
void is_in(uint32_t cpu, vs_ps at, uint32_t t, enum vs_task_in in);
void handles(uint32_t cpu, vs_ps at, enum vs_host_irq irq, vs_ps until);
void sends(uint32_t cpu, vs_ps at, uint64_t number);
void takes(uint32_t cpu, vs_ps at, uint64_t number);
void op(uint32_t t, const char *name, vs_ps start, vs_ps end);
const char *written(vs_ps end);
const char *events(vs_ps end);
void expect_text(const char *const *lines);
void expect(vs_ps end, const char *const *lines);

#define AT(ph, pid, tid, ts) "{\"ph\":\"" ph "\",\"pid\":" #pid ",\"tid\":" #tid ",\"ts\":" ts
#define X(pid, tid, ts, dur, name) AT("X", pid, tid, ts) ",\"dur\":" dur ",\"name\":\"" name "\"}\n"
#define XA(pid, tid, ts, dur, name, args)                                                          \
	AT("X", pid, tid, ts)                                                                      \
	",\"dur\":" dur ",\"name\":\"" name "\",\"args\":{" args "}}\n"
#define FLOW(ph, tid, ts, id, more)                                                                \
	AT(ph, 1, tid, ts) ",\"name\":\"interrupt\",\"cat\":\"interrupt\",\"id\":" #id more "}\n"
#define SENT(tid, ts, id) FLOW("s", tid, ts, id, "")
#define TAKEN(tid, ts, id) FLOW("f", tid, ts, id, ",\"bp\":\"e\"")
#define ALL_IDLE(ts, dur) X(1, 0, ts, dur, "idle"), X(1, 2, ts, dur, "idle")

#endif
