/* The lines that cost most, as they stand in a result. */
#include "sim/io/build.h"
#include "sim/io/result_json.h"

static json_t *users_to_json(const struct vs_line_user *v, size_t n)
{
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *user = vs_with(json_object(), "site", vs_json_text(v[i].site));

		user = vs_with(user, "field", vs_json_text(v[i].field));
		user = vs_with(user, "count", vs_json_u64(v[i].count));
		out = vs_append(out, vs_with(user, "lost_ns", vs_json_sum_ns(v[i].lost_ps)));
	}
	return out;
}

static json_t *with_sums(json_t *out, const struct vs_hot_line *l)
{
	static const char *const names[VS_DISTANCES] = {[VS_SAME_L3] = "same_l3",
							[VS_SAME_SOCKET] = "same_socket",
							[VS_CROSS_SOCKET] = "cross_socket",
							[VS_FAR_SOCKET] = "far_socket"};
	json_t *transfers = json_object();

	for (int d = 0; d < VS_DISTANCES; d++)
		transfers = vs_with(transfers, names[d], vs_json_u64(l->transfers[d]));
	out = vs_with(out, "object_bytes", vs_json_u64(l->object_bytes));
	out = vs_with(out, "lines", vs_json_u64(l->lines));
	out = vs_with(out, "loads", vs_json_u64(l->loads));
	out = vs_with(out, "stores", vs_json_u64(l->stores));
	out = vs_with(out, "transfers", transfers);
	return vs_with(out, "lost_ns", vs_json_sum_ns(l->lost_ps));
}

json_t *vs_hot_lines_to_json(const struct vs_hot_line *v, size_t n)
{
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *line = vs_with(json_object(), "object", vs_json_text(v[i].object));

		line = vs_with(line, "offset", vs_json_u64(v[i].offset));
		line = with_sums(vs_with(line, "field", vs_json_text(v[i].field)), &v[i]);
		line = vs_with(line, "readers", users_to_json(v[i].readers, v[i].n_readers));
		line = vs_with(line, "writers", users_to_json(v[i].writers, v[i].n_writers));
		out = vs_append(out, line);
	}
	return out;
}

json_t *vs_hot_objects_to_json(const struct vs_hot_line *v, size_t n)
{
	json_t *out = json_array();

	for (size_t i = 0; i < n; i++)
		out = vs_append(
			out, with_sums(vs_with(json_object(), "object", vs_json_text(v[i].object)),
				       &v[i]));
	return out;
}
