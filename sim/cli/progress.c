#include "sim/cli/progress.h"

#include <stdio.h>
#include <string.h>

#include "sim/cli/term.h"

#define PROGRESS_MS 250
#define RUNS_SHOWN 8
#define SOON 0.01 /* of the whole: before that an estimate is a guess */

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (double)(b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / 1e9;
}

/* When the last stream that ends at a time does; 0: there is none. */
static vs_ps end_of(const struct vs_scenario *s)
{
	vs_ps end = 0;

	for (size_t i = 0; i < s->n_streams; i++)
		if (s->streams[i].end == VS_END_FOR &&
		    s->streams[i].start_ps + s->streams[i].for_ps > end)
			end = s->streams[i].start_ps + s->streams[i].for_ps;
	return end;
}

/* How much of a run is done: by operations, or by time if none are counted. */
static double part_done(const struct vs_scenario *s, const struct vs_job *j)
{
	const struct vs_progress *p = j->progress;
	vs_ps end = end_of(s);
	double part = 0;

	if (j->state == VS_JOB_WAITING)
		return 0;
	if (j->state != VS_JOB_RUNNING)
		return 1;
	if (p->total)
		part = (double)p->done / (double)p->total;
	else if (end)
		part = (double)p->simulated_ps / (double)end;
	return part < 1 ? part : 1;
}

static void put_eta(char *text, size_t size, double part, double elapsed_s)
{
	size_t used = strlen(text);

	if (part >= SOON)
		snprintf(text + used, size - used, ", %.0f s to go", elapsed_s * (1 - part) / part);
}

static void put_line(struct vs_shown *shown, const char *text, int width)
{
	fprintf(stderr, "\r\033[K%.*s\n", width - 1, text);
	shown->lines++;
}

static void put_run(struct vs_shown *shown, const struct vs_scenario *s, const struct vs_job *j,
		    int width)
{
	const struct vs_progress *p = j->progress;
	double elapsed_s = seconds_between(&j->started, &shown->last);
	char text[256];
	size_t used;

	used = (size_t)snprintf(text, sizeof(text), "  %s#%u: %.6f s simulated", j->table->name,
				j->replication + 1, (double)p->simulated_ps / 1e12);
	if (p->total)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ", %llu/%llu ops",
					 (unsigned long long)p->done, (unsigned long long)p->total);
	if (elapsed_s > 0)
		snprintf(text + used, sizeof(text) - used, ", %.1f M accesses/s",
			 (double)p->accesses / elapsed_s / 1e6);
	put_eta(text, sizeof(text), part_done(s, j), elapsed_s);
	put_line(shown, text, width);
}

static void go_back(struct vs_shown *shown)
{
	if (shown->lines)
		fprintf(stderr, "\033[%dA", shown->lines);
	shown->lines = 0;
}

void vs_progress_show(struct vs_shown *shown, const struct vs_scenario *s,
		      const struct vs_job *jobs, size_t n)
{
	int width = vs_term_of(stderr).width, room = RUNS_SHOWN;
	size_t done = 0;
	struct timespec now;
	double part = 0;
	char text[128];

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!shown->began.tv_sec)
		shown->began = now;
	if (!width || seconds_between(&shown->last, &now) * 1000 < PROGRESS_MS)
		return;
	shown->last = now;
	for (size_t i = 0; i < n; i++) {
		done += jobs[i].state == VS_JOB_DONE;
		part += part_done(s, &jobs[i]);
	}
	go_back(shown);
	snprintf(text, sizeof(text), "%zu of %zu runs done", done, n);
	put_eta(text, sizeof(text), part / (double)n, seconds_between(&shown->began, &now));
	put_line(shown, text, width);
	for (size_t i = 0; i < n && room; i++)
		if (jobs[i].state == VS_JOB_RUNNING) {
			put_run(shown, s, &jobs[i], width);
			room--;
		}
	fputs("\033[J", stderr); /* lines of runs that have ended since */
	fflush(stderr);
}

void vs_progress_clear(struct vs_shown *shown)
{
	go_back(shown);
	fputs("\r\033[J", stderr);
	fflush(stderr);
}
