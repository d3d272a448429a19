#include "tests/trace/events.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- a host that has only threads ------------------------------------------------------------- */

struct vs_task task[TASKS] = {{"vcpu0", VCPU0, VS_TASK_VCPU},
			      {"vcpu1", VCPU1, VS_TASK_VCPU},
			      {"worker", WORKER, VS_TASK_KTHREAD},
			      {"a\"b\\c\td\n", ODD, VS_TASK_CONTROL}};
struct vs_host_tracer tracer;
struct vs_trace *trace;
char *text;

void vs_host_set_tracer(struct vs_host *h, const struct vs_host_tracer *t)
{
	(void)h;
	tracer = *t;
}

const char *vs_task_name(const struct vs_task *t)
{
	return t->name;
}

uint32_t vs_task_id(const struct vs_task *t)
{
	return t->id;
}

enum vs_task_kind vs_task_kind(const struct vs_task *t)
{
	return t->kind;
}

struct vs_task *vs_host_task(const struct vs_host *h, uint32_t id)
{
	(void)h;
	return id < TASKS ? &task[id] : NULL;
}

/* -- telling, and what is expected ------------------------------------------------------------ */

void begin(vs_ps from, vs_ps until)
{
	vs_trace_free(trace);
	trace = vs_trace_new(2, from, until);
	ck_assert_ptr_nonnull(trace);
	vs_trace_attach(trace, NULL);
}

void runs(uint32_t cpu, vs_ps at, uint32_t t)
{
	tracer.event(tracer.ctx, cpu, at, VS_HOST_RUNS, &task[t], 0, 0);
}

void leaves(uint32_t cpu, vs_ps at, uint32_t t)
{
	tracer.event(tracer.ctx, cpu, at, VS_HOST_LEAVES, &task[t], 0, 0);
}

void is_in(uint32_t cpu, vs_ps at, uint32_t t, enum vs_task_in in)
{
	tracer.event(tracer.ctx, cpu, at, VS_HOST_STATE, &task[t], in, 0);
}

void handles(uint32_t cpu, vs_ps at, enum vs_host_irq irq, vs_ps until)
{
	tracer.event(tracer.ctx, cpu, at, VS_HOST_IRQ, NULL, irq, until);
}

void sends(uint32_t cpu, vs_ps at, uint64_t number)
{
	tracer.event(tracer.ctx, cpu, at, VS_HOST_SENT, NULL, number, 0);
}

void takes(uint32_t cpu, vs_ps at, uint64_t number)
{
	tracer.event(tracer.ctx, cpu, at, VS_HOST_TAKEN, NULL, number, 0);
}

void op(uint32_t t, const char *name, vs_ps start, vs_ps end)
{
	vs_ps parts[VS_CAUSES] = {[VS_CAUSE_COMPUTE] = end - start};

	vs_trace_op(trace, 0, &task[t], name, start, end, parts);
}

/* The document as it is. */
const char *written(vs_ps end)
{
	size_t size;
	FILE *f;

	free(text);
	text = NULL;
	f = open_memstream(&text, &size);
	ck_assert(vs_trace_write(trace, NULL, end, false, f));
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

/* Its events, one to a line, without the tracks' names. */
const char *events(vs_ps end)
{
	char *to, *line, *rest = NULL;

	written(end);
	to = text;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t n = strlen(line);

		if (strncmp(line, "{\"ph\":\"", 7) || line[7] == 'M')
			continue;
		n -= line[n - 1] == ',';
		memmove(to, line, n);
		to[n] = '\n';
		to += n + 1;
	}
	*to = '\0';
	return text;
}

void expect_text(const char *const *lines)
{
	char expected[4096] = "";

	for (; *lines; lines++)
		strcat(expected, *lines);
	ck_assert_str_eq(text, expected);
}

void expect(vs_ps end, const char *const *lines)
{
	events(end);
	expect_text(lines);
}

void end_trace(void)
{
	vs_trace_free(trace);
	free(text);
	trace = NULL;
	text = NULL;
}
