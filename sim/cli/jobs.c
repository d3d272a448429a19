#define _GNU_SOURCE
#include "sim/cli/jobs.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/cli/progress.h"
#include "sim/io/result.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

static bool write_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t w = write(fd, text, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		text += w;
		n -= (size_t)w;
	}
	return true;
}

/* In the child. SimGrid is not taken down: the process ends here. */
static void child(const struct vs_scenario *s, const struct vs_modules *m,
		  const struct vs_jobs_options *o, struct vs_job *j, int fd)
{
	struct vs_run run;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	vs_run_execute(s, vs_modules_table(m, j->table, NULL), m, j->replication, &o->execution,
		       j->progress, &run);
	char *text = vs_run_to_text(&run);

	_exit(text && write_all(fd, text, strlen(text)) ? 0 : 1);
}

static bool start(const struct vs_scenario *s, const struct vs_modules *m,
		  const struct vs_jobs_options *o, struct vs_job *j)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return false;
	fflush(NULL);
	j->pid = fork();
	if (j->pid < 0) {
		close(fd[0]);
		close(fd[1]);
		return false;
	}
	if (!j->pid) {
		close(fd[0]);
		child(s, m, o, j, fd[1]);
	}
	close(fd[1]);
	j->fd = fd[0];
	j->state = VS_JOB_RUNNING;
	clock_gettime(CLOCK_MONOTONIC, &j->started);
	return true;
}

static void failed_run(struct vs_job *j, enum vs_run_status status, const char *message)
{
	vs_run_release(&j->run);
	snprintf(j->run.table, sizeof(j->run.table), "%s", j->table);
	j->run.replication = j->replication;
	j->run.status = status;
	j->run.message = strdup(message);
}

static void finish(const struct vs_scenario *s, struct vs_job *j)
{
	int status;
	char text[160];

	close(j->fd);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	j->state = VS_JOB_DONE;
	if (j->out_of_time) {
		snprintf(text, sizeof(text),
			 "took longer than limits.wall_s = %u s on this machine", s->limit_wall_s);
		failed_run(j, VS_RUN_LIMIT, text);
	} else if (WIFSIGNALED(status)) {
		if (interrupted)
			j->state = VS_JOB_LOST;
		snprintf(text, sizeof(text), "its process was ended by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
		failed_run(j, VS_RUN_CRASHED, text);
	} else if (!vs_run_from_text(j->text, j->n_text, &j->run)) {
		snprintf(text, sizeof(text), "its process ended with status %d and no result",
			 WEXITSTATUS(status));
		failed_run(j, VS_RUN_CRASHED, text);
	}
	free(j->text);
	j->text = NULL;
}

static bool receive(const struct vs_scenario *s, struct vs_job *j)
{
	if (j->cap_text - j->n_text < 65536) {
		char *more = realloc(j->text, 2 * j->cap_text + 65536);

		if (!more)
			return false;
		j->text = more;
		j->cap_text = 2 * j->cap_text + 65536;
	}
	ssize_t n = read(j->fd, j->text + j->n_text, j->cap_text - j->n_text);

	if (n > 0)
		j->n_text += (size_t)n;
	else if (n == 0)
		finish(s, j);
	return n >= 0 || errno == EINTR || errno == EAGAIN;
}

static void watch_time(const struct vs_scenario *s, struct vs_job *j)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (s->limit_wall_s && now.tv_sec - j->started.tv_sec > (time_t)s->limit_wall_s) {
		j->out_of_time = true;
		kill(j->pid, SIGKILL);
	}
}

static bool wait_some(const struct vs_scenario *s, struct vs_job *jobs, size_t n)
{
	struct pollfd *p = calloc(n, sizeof(*p));
	size_t *which = calloc(n, sizeof(*which)), k = 0;
	bool ok = p && which;

	for (size_t i = 0; ok && i < n; i++)
		if (jobs[i].state == VS_JOB_RUNNING) {
			p[k] = (struct pollfd){.fd = jobs[i].fd, .events = POLLIN};
			which[k++] = i;
		}
	if (ok && poll(p, k, 250) > 0)
		for (size_t i = 0; i < k && ok; i++)
			if (p[i].revents)
				ok = receive(s, &jobs[which[i]]);
	for (size_t i = 0; ok && i < k; i++)
		if (jobs[which[i]].state == VS_JOB_RUNNING)
			watch_time(s, &jobs[which[i]]);
	free(p);
	free(which);
	return ok;
}

static void end_all(const struct vs_scenario *s, struct vs_job *jobs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (jobs[i].state == VS_JOB_RUNNING) {
			kill(jobs[i].pid, SIGKILL);
			finish(s, &jobs[i]);
		}
}

static bool run_all(const struct vs_scenario *s, const struct vs_modules *m,
		    const struct vs_jobs_options *o, struct vs_job *jobs, size_t n)
{
	size_t next = 0, running = 0;

	for (;;) {
		running = 0;
		for (size_t i = 0; i < n; i++)
			running += jobs[i].state == VS_JOB_RUNNING;
		while (running < o->jobs && next < n) {
			if (!start(s, m, o, &jobs[next++]))
				return false;
			running++;
		}
		if (!running || interrupted)
			break;
		if (!wait_some(s, jobs, n))
			return false;
		if (o->show_progress)
			vs_progress_show(jobs, n);
	}
	return true;
}

static bool collect(struct vs_job *jobs, size_t n, struct vs_result *out)
{
	out->runs = calloc(n ? n : 1, sizeof(*out->runs));
	if (!out->runs)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (jobs[i].state == VS_JOB_DONE)
			out->runs[out->n_runs++] = jobs[i].run;
		else
			out->partial = true;
	}
	return true;
}

bool vs_jobs_run(const struct vs_scenario *s, const struct vs_modules *m,
		 const struct vs_jobs_options *o, struct vs_result *out)
{
	size_t n = s->n_tables * s->replications, size = n * sizeof(struct vs_progress);
	struct vs_job *jobs = calloc(n, sizeof(*jobs));
	struct vs_progress *shared = mmap(NULL, size ? size : 1, PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sigaction act = {.sa_handler = on_signal};
	bool ok = jobs && shared != MAP_FAILED;

	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	for (size_t i = 0; ok && i < n; i++) {
		jobs[i].table = s->tables[i / s->replications].name;
		jobs[i].replication = i % s->replications;
		jobs[i].progress = &shared[i];
	}
	ok = ok && run_all(s, m, o, jobs, n);
	if (jobs)
		end_all(s, jobs, n);
	if (o->show_progress)
		vs_progress_clear();
	ok = ok && collect(jobs, n, out);
	if (shared != MAP_FAILED)
		munmap(shared, size ? size : 1);
	free(jobs);
	return ok;
}
