/* Slices as JSON, one to a line. Times are microseconds with three digits: whole nanoseconds, which
 * is what the viewers keep; both ends are rounded down, so that what touched touches. */
#define _GNU_SOURCE /* fopencookie */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <vcpusim/cause.h>
#include <zlib.h>

#include "sim/trace/private.h"

struct sink {
	FILE *to;
	bool any; /* an event has been written */
};

static void put_text(FILE *to, const char *s)
{
	fputc('"', to);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', to);
		if ((unsigned char)*s >= ' ')
			fputc(*s, to);
	}
	fputc('"', to);
}

static void put_us(FILE *to, vs_ps ps)
{
	uint64_t ns = ps / VS_PS_PER_NS;

	fprintf(to, "%" PRIu64 ".%03" PRIu64, ns / 1000, ns % 1000);
}

static void next(struct sink *s)
{
	fputs(s->any ? ",\n" : "\n", s->to);
	s->any = true;
}

/* -- names of tracks -----------------------------------------------------------------------------
 */

static void name(struct sink *s, const char *what, uint32_t pid, uint32_t tid, const char *text)
{
	next(s);
	fprintf(s->to,
		"{\"ph\":\"M\",\"pid\":%u,\"tid\":%u,\"name\":\"%s\",\"args\":{\"name\":", pid, tid,
		what);
	put_text(s->to, text);
	fputs("}}", s->to);
}

static int by_tid(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

static void name_track(struct sink *s, const struct vs_host *h, uint32_t pid, uint32_t tid)
{
	static const char *const kinds[] = {"RCU", "RCU expedited", "SRCU"};
	char text[64];

	if (pid == VS_PID_CPUS)
		snprintf(text, sizeof(text), "CPU %u%s", tid / 2, tid % 2 ? " interrupts" : "");
	else if (pid == VS_PID_GRACE_PERIODS)
		snprintf(text, sizeof(text), "%s", kinds[tid / 8]);
	else
		snprintf(text, sizeof(text), "%s", vs_task_name(vs_host_task(h, tid)));
	name(s, "thread_name", pid, tid, text);
}

/* False: no memory */
static bool put_names(struct sink *s, const struct vs_host *h, const struct vs_trace_slices *slices)
{
	static const char *const processes[] = {[VS_PID_CPUS] = "host CPUs",
						[VS_PID_VCPUS] = "vCPUs",
						[VS_PID_THREADS] = "other threads",
						[VS_PID_OPS] = "operations",
						[VS_PID_GRACE_PERIODS] = "grace periods"};
	uint64_t *tracks = calloc(slices->n + 1, sizeof(*tracks)), last = 0;

	if (!tracks)
		return false;
	for (size_t i = 0; i < slices->n; i++)
		tracks[i] = (uint64_t)slices->v[i].pid << 32 | slices->v[i].tid;
	qsort(tracks, slices->n, sizeof(*tracks), by_tid);
	for (size_t i = 0; i < slices->n; i++) {
		if (tracks[i] == last)
			continue;
		if (tracks[i] >> 32 != last >> 32)
			name(s, "process_name", (uint32_t)(tracks[i] >> 32), 0,
			     processes[tracks[i] >> 32]);
		last = tracks[i];
		name_track(s, h, (uint32_t)(last >> 32), (uint32_t)last);
	}
	free(tracks);
	return true;
}

/* -- slices --------------------------------------------------------------------------------------
 */

static void put_parts(FILE *to, const struct vs_trace_op *o)
{
	bool any = false;

	fputs(",\"args\":{", to);
	for (int c = 0; c < VS_CAUSES; c++) {
		if (!o->parts[c])
			continue;
		fprintf(to, "%s\"%s_ns\":%" PRIu64 ".%03" PRIu64, any ? "," : "",
			vs_cause_name((enum vs_cause)c), o->parts[c] / 1000, o->parts[c] % 1000);
		any = true;
	}
	fputc('}', to);
}

static void put_arg(FILE *to, const struct vs_host *h, const struct vs_trace_slice *e)
{
	if (e->op) {
		put_parts(to, e->op);
	} else if (e->quiescent) {
		fprintf(to, ",\"args\":{\"number\":%" PRIu64 ",\"cpu\":%" PRIu64 ",\"by\":%u}",
			e->arg, e->quiescent->a, e->quiescent->cpu);
	} else if (e->pid == VS_PID_GRACE_PERIODS) {
		fprintf(to, ",\"args\":{\"number\":%" PRIu64 "}", e->arg);
	} else if (e->arg) {
		fputs(",\"args\":{\"holder\":", to);
		put_text(to, vs_task_name(vs_host_task(h, (uint32_t)e->arg - 1)));
		fputc('}', to);
	}
}

static void put_slice(struct sink *s, const struct vs_host *h, const struct vs_trace_slice *e)
{
	FILE *to = s->to;

	next(s);
	fprintf(to, "{\"ph\":\"%c\",\"pid\":%u,\"tid\":%u,\"ts\":", e->ph, e->pid, e->tid);
	put_us(to, e->ts);
	if (e->ph == 'X') {
		fputs(",\"dur\":", to);
		put_us(to, (e->end / VS_PS_PER_NS - e->ts / VS_PS_PER_NS) * VS_PS_PER_NS);
	}
	fputs(",\"name\":", to);
	put_text(to, e->name);
	if (e->ph == 'i')
		fputs(",\"s\":\"t\"", to);
	if (e->ph == 'X' || e->ph == 'i')
		put_arg(to, h, e);
	else
		fprintf(to, ",\"cat\":\"interrupt\",\"id\":%" PRIu64 "%s", e->arg,
			e->ph == 'f' ? ",\"bp\":\"e\"" : "");
	fputc('}', to);
}

static bool put_all(const struct vs_host *h, const struct vs_trace_slices *slices, FILE *to)
{
	struct sink s = {.to = to};
	bool ok;

	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", to);
	ok = put_names(&s, h, slices);
	for (size_t i = 0; ok && i < slices->n; i++)
		put_slice(&s, h, &slices->v[i]);
	fputs("\n]}\n", to);
	return ok && !ferror(to);
}

/* -- compressed ----------------------------------------------------------------------------------
 */

static ssize_t gz_put(void *gz, const char *text, size_t n)
{
	return gzwrite(gz, text, (unsigned)n);
}

static int gz_end(void *gz)
{
	return gzclose(gz) == Z_OK ? 0 : EOF;
}

static bool put_compressed(const struct vs_host *h, const struct vs_trace_slices *slices, FILE *to)
{
	static const cookie_io_functions_t how = {.write = gz_put, .close = gz_end};
	int fd = dup(fileno(to));
	gzFile gz = fd < 0 ? NULL : gzdopen(fd, "wb");
	FILE *f = gz ? fopencookie(gz, "w", how) : NULL;
	bool ok;

	if (!f) {
		if (gz)
			gzclose(gz);
		else if (fd >= 0)
			close(fd);
		return false;
	}
	ok = put_all(h, slices, f);
	return fclose(f) == 0 && ok;
}

bool vs_trace_write(struct vs_trace *tr, const struct vs_host *h, vs_ps end, bool gzip, FILE *to)
{
	struct vs_trace_slices slices = {0};
	bool ok;

	vs_trace_cut(tr, h, end, &slices);
	ok = !slices.failed && (gzip ? put_compressed(h, &slices, to) : put_all(h, &slices, to));
	free(slices.v);
	return ok;
}
