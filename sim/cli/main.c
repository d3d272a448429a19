#define _GNU_SOURCE /* asprintf */
/* vcpusim: what the command line asks for, in order. */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/cli/jobs.h"
#include "sim/cli/options.h"
#include "sim/cli/paths.h"
#include "sim/cli/report.h"
#include "sim/cli/summarize.h"
#include "sim/engine/engine.h"
#include "sim/io/apart.h"
#include "sim/io/machine.h"
#include "sim/io/result.h"

enum { EXIT_OK = 0, EXIT_CHECK = 1, EXIT_USAGE = 2, EXIT_RUN = 3, EXIT_INTERRUPTED = 130 };

static int list_machines(const struct vs_paths *p)
{
	int status = EXIT_OK;
	char **names;
	size_t n = vs_machine_names(p->machines, &names);

	for (size_t i = 0; i < n; i++) {
		struct vs_errors errs;
		struct vs_machine machine;

		vs_errors_init(&errs);
		if (vs_machine_load(names[i], ".", p->machines, &machine, &errs)) {
			printf("%-19s %s; W = %llu ps\n", names[i], machine.description,
			       (unsigned long long)machine.window_ps);
		} else {
			vs_errors_print(&errs, stderr);
			status = EXIT_USAGE;
		}
		vs_errors_release(&errs);
	}
	vs_machine_names_free(names, n);
	return status;
}

static void list_table(const struct vs_table *t)
{
	printf("%-19s %s%s\n", t->name, t->summary, t->no_unplug ? "" : "; unplug");
	for (uint32_t k = 0; k < t->n_params; k++) {
		const struct vs_table_param *p = &t->params[k];

		printf("%-19s   %s = %u (%u to %u%s): %s\n", "", p->name, p->value, p->min, p->max,
		       p->power_of_two ? ", a power of two" : "", p->summary);
	}
}

static int list(const struct vs_options *o, const struct vs_paths *p, const struct vs_modules *m)
{
	if (o->list == VS_LIST_MACHINES)
		return list_machines(p);
	if (o->list == VS_LIST_TABLES)
		for (size_t i = 0; i < m->n_tables; i++)
			list_table(m->tables[i]);
	if (o->list == VS_LIST_OPERATIONS)
		for (int op = 0; op < VS_OP_GUEST_LOCK; op++)
			printf("%-22s %s\n", vs_op_name(op), vs_op_summary(op));
	if (o->list == VS_LIST_OPERATIONS)
		for (size_t i = 0; i < m->n_operations; i++)
			printf("%-22s %s\n", m->operations[i].name,
			       m->operations[i].operation->summary);
	return EXIT_OK;
}

static bool is_used(const struct vs_modules *m, const struct vs_loaded *l,
		    const struct vs_scenario *s)
{
	const struct vs_loaded *owner = NULL;

	for (size_t t = 0; t < s->n_tables; t++)
		if (vs_modules_table(m, s->tables[t].table, &owner) && owner == l)
			return true;
	for (uint32_t k = 0; k < s->n_plain; k++)
		if (s->plain[k].module == l->module)
			return true;
	return false;
}

/* Which program each module is. */
static bool describe_modules(const struct vs_modules *m, struct vs_result *r)
{
	r->modules = calloc(m->n ? m->n : 1, sizeof(*r->modules));
	if (!r->modules)
		return false;
	for (size_t i = 0; i < m->n; i++) {
		struct vs_module_info *to = &r->modules[r->n_modules];
		const struct vs_loaded *l = &m->v[i];

		if (!is_used(m, l, r->scenario))
			continue;
		r->n_modules++;
		snprintf(to->name, sizeof(to->name), "%s", l->module->name);
		snprintf(to->hash, sizeof(to->hash), "%s", l->id.hash);
		if (!vs_modules_build(l, &to->compiler, &to->flags))
			return false;
	}
	return true;
}

static int exit_status(const struct vs_result *r)
{
	int status = EXIT_OK;

	if (r->partial)
		return EXIT_INTERRUPTED;
	for (size_t i = 0; i < r->n_runs; i++) {
		if (r->runs[i].status == VS_RUN_CHECK_FAILED && status == EXIT_OK)
			status = EXIT_CHECK;
		if (r->runs[i].status > VS_RUN_CHECK_FAILED)
			status = EXIT_RUN;
	}
	return status;
}

static bool cannot_write(const char *path)
{
	fprintf(stderr, "vcpusim: %s: cannot write: %s\n", path, strerror(errno));
	return false;
}

static bool write_profile(const struct vs_options *o, const struct vs_result *r)
{
	FILE *f;

	if (!o->profile)
		return true;
	f = strcmp(o->profile, "-") == 0 ? stderr : fopen(o->profile, "w");
	if (!f)
		return cannot_write(o->profile);
	vs_report_profile(r, f);
	return f == stderr || fclose(f) == 0 || cannot_write(o->profile);
}

/* Where the JSON goes, the caller frees it; makes results/ when it is the default. NULL: said why.
 */
static char *output_path(const struct vs_options *o, const struct vs_scenario *s)
{
	char *path = NULL;

	if (o->output)
		return strdup(o->output);
	if (mkdir("results", 0777) < 0 && errno != EEXIST) {
		fprintf(stderr, "vcpusim: results: cannot make the folder: %s (use -o)\n",
			strerror(errno));
		return NULL;
	}
	return asprintf(&path, "results/%s.json", s->name) < 0 ? NULL : path;
}

/* Said before anything runs rather than hours later. What is found out only by writing stays for
 * then. */
static bool may_write(const char *path)
{
	char *copy = strdup(path);
	struct stat st;
	bool ok = copy != NULL;

	if (ok && strcmp(path, "-") != 0) {
		if (stat(path, &st) < 0)
			ok = errno == ENOENT && access(dirname(copy), W_OK | X_OK) == 0;
		else if (S_ISDIR(st.st_mode))
			errno = EISDIR, ok = false;
		else
			ok = access(path, W_OK) == 0;
	}
	free(copy);
	return ok || cannot_write(path);
}

/* No output may replace what the run is made from, nor another output. */
static bool are_apart(const struct vs_options *o, const struct vs_scenario *s,
		      const struct vs_modules *m, const char *result)
{
	const struct vs_run_file fixed[] = {{result, "the result (-o)", true},
					    {o->execution.trace, "the trace (--trace)", true},
					    {o->profile, "the profile (--profile)", true},
					    {o->scenario, "the scenario", false},
					    {s->machine_file, "its machine", false}};
	size_t n = sizeof(fixed) / sizeof(fixed[0]);
	struct vs_run_file *files = calloc(n + m->n, sizeof(*files));
	struct vs_errors errs;
	bool ok;

	if (!files) {
		fputs("vcpusim: out of memory\n", stderr);
		return false;
	}
	memcpy(files, fixed, sizeof(fixed));
	for (size_t i = 0; i < m->n; i++)
		files[n + i] = (struct vs_run_file){m->v[i].path, "a module", false};
	vs_errors_init(&errs);
	ok = vs_files_apart(files, n + m->n, &errs);
	vs_errors_print(&errs, stderr);
	vs_errors_release(&errs);
	free(files);
	return ok;
}

static bool run_all(const struct vs_options *o, const struct vs_modules *m, struct vs_result *r,
		    enum vs_traced *traced)
{
	struct vs_jobs_options jobs = {.jobs = o->jobs,
				       .show_progress = !o->quiet && isatty(STDERR_FILENO),
				       .execution = o->execution};

	snprintf(r->version, sizeof(r->version), "%s", VS_VERSION);
	snprintf(r->simgrid_version, sizeof(r->simgrid_version), "%s", VS_SIMGRID_VERSION);
	if (describe_modules(m, r) && vs_jobs_run(r->scenario, m, &jobs, r, traced) &&
	    vs_summarize(r))
		return true;
	fputs("vcpusim: out of memory or of processes\n", stderr);
	return false;
}

static bool write_out(const struct vs_options *o, const struct vs_result *r, const char *path)
{
	FILE *to = strcmp(path, "-") == 0 ? stderr : stdout;
	struct vs_errors errs;
	bool ok;

	vs_errors_init(&errs);
	ok = vs_result_write(r, path, &errs);
	vs_errors_print(&errs, stderr);
	vs_errors_release(&errs);
	if (!o->quiet)
		vs_report(r, to);
	if (!o->quiet && ok && to == stdout)
		printf("\n%s\n", path);
	return write_profile(o, r) && ok;
}

static bool is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void tell_trace(const struct vs_options *o, const struct vs_result *r, enum vs_traced traced)
{
	const char *file = o->execution.trace, *table = r->scenario->tables[0].name;
	const struct vs_run *first = r->n_runs ? &r->runs[0] : NULL;
	bool crashed = first && first->status == VS_RUN_CRASHED && first->replication == 0 &&
		       strcmp(first->table, table) == 0;

	if (file && traced == VS_TRACED && !o->quiet)
		fprintf(stderr, "vcpusim: %s: %s, replication 1\n", file, table);
	if (file && traced == VS_UNTRACED)
		fprintf(stderr, "vcpusim: %s: no trace: the run %s%s\n", file,
			crashed ? "crashed" : "was cut short",
			is_regular(file) ? "; the file is an older one" : "");
}

static void tell_window(const struct vs_options *o, const struct vs_machine *m)
{
	if (o->execution.window_set && o->execution.window_ps > m->window_ps)
		fprintf(stderr,
			"vcpusim: --window-ps: found %llu, but only windows of at most %llu ps are "
			"exact "
			"on %s: results may be wrong, runs may break off\n",
			(unsigned long long)o->execution.window_ps,
			(unsigned long long)m->window_ps, m->name);
}

static int simulate(const struct vs_options *o, const struct vs_scenario *s,
		    const struct vs_modules *m)
{
	struct vs_result r = {.scenario = s};
	char *path = output_path(o, s);
	int status = EXIT_USAGE;
	enum vs_traced traced = VS_UNTRACED;

	if (path && are_apart(o, s, m, path) && may_write(path) &&
	    (!o->execution.trace || may_write(o->execution.trace))) {
		tell_window(o, &s->machine);
		if (!run_all(o, m, &r, &traced))
			status = EXIT_RUN;
		else if (write_out(o, &r, path))
			status = exit_status(&r);
		if (traced == VS_TRACE_FAILED && status == EXIT_OK)
			status = EXIT_USAGE;
		tell_trace(o, &r, traced);
	}
	vs_result_release(&r);
	free(path);
	return status;
}

static int run(const struct vs_options *o, const struct vs_paths *p, struct vs_modules *m)
{
	struct vs_catalog catalog;
	struct vs_scenario *s;
	struct vs_errors errs;
	int status;

	if (o->list)
		return list(o, p, m);
	vs_errors_init(&errs);
	vs_modules_catalog(m, &catalog);
	s = vs_scenario_load(o->scenario, o->sets, o->n_sets, &catalog, p->machines, &errs);
	if (!s) {
		vs_errors_print(&errs, stderr);
		vs_errors_release(&errs);
		return EXIT_USAGE;
	}
	if (o->validate) {
		if (!o->quiet)
			printf("%s: ok\n", o->scenario);
		status = EXIT_OK;
	} else {
		status = simulate(o, s, m);
	}
	vs_scenario_free(s);
	vs_errors_release(&errs);
	return status;
}

static bool load_modules(const struct vs_options *o, const struct vs_paths *p, struct vs_modules *m)
{
	struct vs_errors errs;
	bool ok;

	vs_errors_init(&errs);
	ok = vs_modules_load_dir(m, p->modules, &errs);
	for (size_t i = 0; i < o->n_modules; i++)
		ok = vs_modules_load(m, o->modules[i], &errs) && ok;
	vs_errors_print(&errs, stderr);
	vs_errors_release(&errs);
	return ok;
}

static int with_modules(const struct vs_options *o)
{
	struct vs_modules m = {0};
	struct vs_paths p;
	char why[256];
	int status = EXIT_USAGE;

	if (!vs_paths_find(&p, why, sizeof(why))) {
		fprintf(stderr, "vcpusim: %s\n", why);
		return EXIT_USAGE;
	}
	if (load_modules(o, &p, &m))
		status = run(o, &p, &m);
	vs_modules_release(&m);
	return status;
}

int main(int argc, char **argv)
{
	struct vs_options o;
	int status = EXIT_OK;

	if (!vs_options_parse(&o, argc, argv))
		return EXIT_USAGE;
	if (o.help)
		vs_options_help(stdout);
	else if (o.version)
		printf("vcpusim %s (SimGrid %s)\n", VS_VERSION, VS_SIMGRID_VERSION);
	else
		status = with_modules(&o);
	vs_options_release(&o);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		cannot_write("standard output");
		status = EXIT_USAGE;
	}
	return status;
}
