/* What a result says beside its runs: where it comes from and what the runs say together. */
#include "sim/io/result_json.h"

#include "sim/io/build.h"
#include "sim/io/scenario.h"

static const char *const provenance_names[] = {
	[VS_SOURCED] = "source",
	[VS_DERIVED] = "derived",
	[VS_ASSUMED] = "assumed",
};

static json_t *parameters_to_json(const struct vs_machine_params *params)
{
	json_t *out = json_array();

	for (size_t i = 0; i < params->n; i++) {
		const struct vs_machine_param *p = &params->v[i];
		json_t *one = vs_with(json_object(), "pointer", vs_json_text(p->pointer));

		one = vs_with(one, "value", vs_json_number(p->value));
		one = vs_with(one, provenance_names[p->provenance], vs_json_text(p->note));
		out = vs_append(out, one);
	}
	return out;
}

static json_t *machine_to_json(const struct vs_scenario *s)
{
	json_t *out = vs_with(json_object(), "name", vs_json_text(s->machine.name));

	out = vs_with(out, "description", vs_json_text(s->machine.description));
	out = vs_with(out, "window_ns", vs_json_ns(s->machine.window_ps));
	return vs_with(out, "parameters", parameters_to_json(&s->machine_params));
}

static json_t *modules_to_json(const struct vs_result *r)
{
	json_t *out = json_array();

	for (size_t i = 0; i < r->n_modules; i++) {
		const struct vs_module_info *m = &r->modules[i];
		json_t *one = vs_with(json_object(), "name", vs_json_text(m->name));

		one = vs_with(one, "compiler", vs_json_text(m->compiler));
		one = vs_with(one, "flags", vs_json_text(m->flags));
		out = vs_append(out, vs_with(one, "hash", vs_json_text(m->hash)));
	}
	return out;
}

static json_t *native_to_json(const struct vs_native_host *native)
{
	json_t *out = vs_with(json_object(), "cpu", vs_json_text(native->cpu));

	out = vs_with(out, "cpus", vs_json_u64(native->cpus));
	return vs_with(out, "clock_ns", vs_json_ns(native->clock_ps));
}

json_t *vs_provenance_to_json(const struct vs_result *r)
{
	json_t *out = vs_with(json_object(), "version", vs_json_text(r->version));

	out = vs_with(out, "seed", vs_json_u64(r->scenario->seed));
	out = vs_with(out, "simgrid_version", vs_json_text(r->simgrid_version));
	out = vs_with(out, "modules", modules_to_json(r));
	if (r->native)
		out = vs_with(out, "native", native_to_json(r->native));
	return vs_with(out, "machine", machine_to_json(r->scenario));
}

static json_t *op_or_null(const struct vs_scenario *s, enum vs_op op)
{
	return op < VS_OPS ? json_string(vs_scenario_op_name(s, op)) : json_null();
}

static json_t *with_figure(json_t *out, const struct vs_figure *f)
{
	bool interval = f->known && f->has_interval;

	out = vs_with(out, "value", f->known ? vs_json_number(f->value) : json_null());
	out = vs_with(out, "low", interval ? vs_json_number(f->low) : json_null());
	return vs_with(out, "high", interval ? vs_json_number(f->high) : json_null());
}

json_t *vs_summary_to_json(const struct vs_scenario *s, const struct vs_summary *y)
{
	json_t *out = vs_with(json_object(), "table", vs_json_text(y->table));

	out = vs_with(out, "operation", op_or_null(s, y->op));
	out = vs_with(out, "metric", vs_json_text(y->metric));
	out = vs_with(out, "replications", vs_json_u64(y->replications));
	return with_figure(out, &y->estimate);
}

json_t *vs_comparison_to_json(const struct vs_scenario *s, const struct vs_comparison *c)
{
	json_t *out = vs_with(json_object(), "a", vs_json_text(c->a));

	out = vs_with(out, "b", vs_json_text(c->b));
	out = vs_with(out, "operation", op_or_null(s, c->op));
	out = vs_with(out, "metric", vs_json_text(c->metric));
	out = vs_with(out, "replications", vs_json_u64(c->replications));
	out = vs_with(out, "a_minus_b", with_figure(json_object(), &c->difference));
	if (c->better)
		return vs_with(out, "better", vs_json_text(c->better < 0 ? c->a : c->b));
	return vs_with(out, "better", json_null());
}
