#define _GNU_SOURCE
#include "sim/cli/jobs.h"

#include <errno.h>
#include <fcntl.h>
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

#define PIPE_BYTES 65536
#define POLL_MS 250

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

/* Ends the process: with the run as text on its pipe. */
__attribute__((noreturn)) static void hand_over(const struct vs_run *run, int fd)
{
	char *text = vs_run_to_text(run);

	_exit(text && write_all(fd, text, strlen(text)) ? 0 : 1);
}

static void set_run(struct vs_run *run, const struct vs_job *j, enum vs_run_status status,
		    const char *message)
{
	memset(run, 0, sizeof(*run));
	snprintf(run->table, sizeof(run->table), "%s", j->table->name);
	run->replication = j->replication;
	run->status = status;
	run->message = strdup(message);
}

/* In the child, from a signal handler. */
static void on_fatal(void *ctx, const struct vs_run *run)
{
	const struct vs_job *j = ctx;

	hand_over(run, j->fd);
}

/* In the child. SimGrid is not taken down: the process ends here. */
__attribute__((noreturn)) static void child(const struct vs_scenario *s, const struct vs_modules *m,
					    const struct vs_jobs_options *o, struct vs_job *j,
					    pid_t parent, int fd)
{
	struct vs_execution x = o->execution;
	struct vs_run run;

	/* A terminal's Ctrl-C reaches this process too; what to do about it is the parent's. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* died before that was set */
		_exit(1);
	j->fd = fd;
	x.fatal = on_fatal;
	x.fatal_ctx = j;
	if (j->table != &s->tables[0] || j->replication)
		x.trace = NULL; /* the first is traced */
	vs_run_execute(s, j->table, m, j->replication, &x, j->progress, &run);
	hand_over(&run, fd);
}

static bool start(const struct vs_scenario *s, const struct vs_modules *m,
		  const struct vs_jobs_options *o, struct vs_job *j)
{
	pid_t parent = getpid();
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
		child(s, m, o, j, parent, fd[1]);
	}
	close(fd[1]);
	j->fd = fd[0];
	j->state = VS_JOB_RUNNING;
	clock_gettime(CLOCK_MONOTONIC, &j->started);
	return true;
}

/* What became of a process that gave no whole run. */
static void judge_end(const struct vs_scenario *s, struct vs_job *j, int status)
{
	char text[160];

	if (j->out_of_time)
		snprintf(text, sizeof(text),
			 "took longer than limits.wall_s = %u s on this machine", s->limit_wall_s);
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "its process was ended by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, sizeof(text), "its process ended with status %d and no result",
			 WEXITSTATUS(status));
	set_run(&j->run, j, j->out_of_time ? VS_RUN_LIMIT : VS_RUN_CRASHED, text);
}

/* The pipe is at its end, or nobody will read it any more. */
static void finish(const struct vs_scenario *s, struct vs_job *j)
{
	int status = 0;

	close(j->fd);
	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	j->state = VS_JOB_DONE;
	if (!vs_run_from_text(j->text, j->n_text, &j->run)) {
		if (interrupted)
			j->state = VS_JOB_LOST;
		else
			judge_end(s, j, status);
	}
	free(j->text);
	j->text = NULL;
}

/* False: no memory, or the pipe can't be read. */
static bool receive(const struct vs_scenario *s, struct vs_job *j)
{
	if (j->cap_text - j->n_text < PIPE_BYTES) {
		char *more = realloc(j->text, 2 * j->cap_text + PIPE_BYTES);

		if (!more)
			return false;
		j->text = more;
		j->cap_text = 2 * j->cap_text + PIPE_BYTES;
	}
	ssize_t n = read(j->fd, j->text + j->n_text, j->cap_text - j->n_text);

	if (n > 0)
		j->n_text += (size_t)n;
	else if (n == 0)
		finish(s, j);
	return n >= 0 || errno == EINTR || errno == EAGAIN;
}

static uint64_t ms_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)((now.tv_sec - then->tv_sec) * 1000 +
			  (now.tv_nsec - then->tv_nsec) / 1000000);
}

static void watch_time(const struct vs_scenario *s, struct vs_job *j)
{
	if (!s->limit_wall_s || ms_since(&j->started) <= UINT64_C(1000) * s->limit_wall_s)
		return;
	j->out_of_time = true;
	kill(j->pid, SIGKILL);
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
	if (ok && poll(p, k, POLL_MS) > 0)
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

static uint32_t running_now(const struct vs_job *jobs, size_t n)
{
	uint32_t running = 0;

	for (size_t i = 0; i < n; i++)
		running += jobs[i].state == VS_JOB_RUNNING;
	return running;
}

static bool run_all(const struct vs_scenario *s, const struct vs_modules *m,
		    const struct vs_jobs_options *o, struct vs_job *jobs, size_t n)
{
	struct vs_shown shown = {0};
	size_t next = 0;
	bool ok = true;

	for (;;) {
		uint32_t running = running_now(jobs, n);

		/* no more processes to be had: go on with those there are */
		while (!interrupted && running < o->jobs && next < n &&
		       start(s, m, o, &jobs[next])) {
			running++;
			next++;
		}
		if (interrupted || (!running && next == n))
			break;
		ok = running && wait_some(s, jobs, n);
		if (!ok)
			break;
		if (o->show_progress)
			vs_progress_show(&shown, s, jobs, n);
	}
	if (o->show_progress)
		vs_progress_clear(&shown);
	return ok;
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

/* Unless the shell said that this one is not to be interrupted (nohup, background). */
static void catch_signal(int sig)
{
	struct sigaction old, act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&act.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(sig, &act, NULL);
}

bool vs_jobs_run(const struct vs_scenario *s, const struct vs_modules *m,
		 const struct vs_jobs_options *o, struct vs_result *out, enum vs_traced *traced)
{
	size_t n = s->n_tables * s->replications, size = n * sizeof(struct vs_progress);
	struct vs_job *jobs = calloc(n, sizeof(*jobs));
	struct vs_progress *shared =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool ok = jobs && shared != MAP_FAILED;

	catch_signal(SIGINT);
	catch_signal(SIGTERM);
	for (size_t i = 0; ok && i < n; i++) {
		jobs[i].table = &s->tables[i / s->replications];
		jobs[i].replication = i % s->replications;
		jobs[i].progress = &shared[i];
	}
	ok = ok && run_all(s, m, o, jobs, n);
	if (jobs)
		end_all(s, jobs, n);
	ok = ok && collect(jobs, n, out);
	for (size_t i = 0; jobs && !ok && i < n; i++)
		vs_run_release(&jobs[i].run);
	*traced = n && shared != MAP_FAILED ? shared[0].traced : VS_UNTRACED;
	if (shared != MAP_FAILED)
		munmap(shared, size);
	free(jobs);
	return ok;
}
