"""Reading vcpusim-result/1."""

import json
import pathlib
import sys

import jsonschema
import pandas

from . import histogram

SCHEMA = "vcpusim-result/1"
SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "scenarios/schema"
LATENCIES = ("latency", "to_online", "to_last", "delivery")
FIGURES = ("min", "mean", "p50", "p90", "p99", "p999", "max")
TEXTS = ("file", "scenario", "machine", "table", "status")
OBJECTS = ("operation", *LATENCIES, "breakdown_mean", "breakdown_p99_up")
COLUMNS = (*TEXTS[:3], "seed", "vcpus", "table", "replication", "status", "simulated_ns",
           "memory_peak_bytes", "memory_end_bytes", "violations", "operation", "count", "errors",
           "span_ns", "throughput_per_s", "deliveries_per_s", *LATENCIES,
           *(f"{kind}_{figure}_ns" for kind in LATENCIES for figure in FIGURES),
           "breakdown_mean", "breakdown_p99_up", "p99_up_count")
LATER = ("exits", "vcpu_time_ns", "vcpu_steal_ns")  # of a run; version 1 was written without them at first
SHOWN = 60  # characters of a value in a message


class ResultError(Exception):
    """A file that cannot be used: which, where in it, what was found and expected."""


def _short(value):
    text = value if isinstance(value, str) and " " in value else json.dumps(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _wrong(path, pointer, found, expected):
    return ResultError(f"{path}: {pointer or '/'}: found {_short(found)}, expected {expected}")


def _finite(text):
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text} is out of range")
    return value


def _no_constant(text):
    raise ValueError(f"{text} is no JSON")


def _parse(path, data):
    if not data.strip():
        raise ResultError(f"{path}: found an empty file, expected a {SCHEMA}")
    if data.startswith(b"\x1f\x8b"):
        raise ResultError(f"{path}: found gzip's format, expected a {SCHEMA}; unpack it first (gzip -d)")
    try:
        return json.loads(data.decode(), parse_float=_finite, parse_constant=_no_constant)
    except json.JSONDecodeError as e:
        raise ResultError(f"{path}:{e.lineno}:{e.colno}: no JSON: {e.msg}; "
                          f"expected a whole {SCHEMA}") from None
    except UnicodeDecodeError as e:
        raise ResultError(f"{path}: byte {e.start} is no UTF-8; expected a {SCHEMA}") from None
    except (ValueError, RecursionError) as e:
        raise ResultError(f"{path}: {e}; expected a {SCHEMA}") from None


def _validator(kind):
    with open(SCHEMAS / f"{kind}.schema.json", encoding="utf-8") as f:
        schema = json.load(f)
    if kind == "result":
        # Half a millisecond for each of thousands of buckets; histogram.py checks more of them.
        schema["$defs"]["buckets"] = {"type": "array"}
        required = schema["$defs"]["run"]["required"]
        schema["$defs"]["run"]["required"] = [k for k in required if k not in LATER]
    return jsonschema.Draft202012Validator(schema)


def _expected(error):
    rule, value = error.validator, error.validator_value
    if rule == "type":
        return " or ".join([value] if isinstance(value, str) else value)
    if rule == "const":
        return json.dumps(value)
    if rule == "enum":
        return "one of " + ", ".join(map(json.dumps, value))
    return error.message


def _check_form(path, document):
    if not isinstance(document, dict):
        raise _wrong(path, "", document, f"an object, a {SCHEMA}")
    if document.get("schema") != SCHEMA:
        found = document.get("schema", "no member \"schema\"")
        raise _wrong(path, "/schema", found, f"\"{SCHEMA}\", the only version that is understood")
    for kind, at in ("result", ()), ("scenario", ("scenario",)):
        part = document["scenario"] if at else document
        errors = list(_validator(kind).iter_errors(part))
        if not errors:
            continue
        e = jsonschema.exceptions.best_match(errors)
        pointer = "".join(f"/{step}" for step in (*at, *e.absolute_path))
        raise _wrong(path, pointer, e.instance, _expected(e))


def _check_runs(path, document):
    seen = set()
    known = [t["table"] if isinstance(t, dict) else t for t in document["scenario"].get("tables", ["none"])]
    for n, run in enumerate(document["runs"]):
        key = run["table"], run["replication"]
        if key in seen:
            raise _wrong(path, f"/runs/{n}", f"{key[0]}, replication {key[1]} again", "each once")
        if run["table"].partition("(")[0] not in known:
            raise _wrong(path, f"/runs/{n}/table", run["table"], "a table of the scenario")
        seen.add(key)


def _typed(runs):
    """Unknown numbers are NaN, other unknown things None."""
    for column in runs:
        if column in OBJECTS:
            runs[column] = runs[column].astype(object).where(runs[column].notna(), None)
        elif column not in TEXTS:
            runs[column] = pandas.to_numeric(runs[column])
    return runs


class Result:
    """One file: `path` as it was named, `document` as it was written, `runs` as a DataFrame."""

    def __init__(self, path, document):
        _check_form(path, document)
        _check_runs(path, document)
        self.path, self.document = path, document
        self.scenario, self.provenance = document["scenario"], document["provenance"]
        # as the runs name them, parameters included
        self.tables = list(dict.fromkeys(run["table"] for run in document["runs"]))
        self.runs = _typed(pandas.DataFrame(list(self._rows()), columns=COLUMNS))

    @property
    def name(self):
        return self.scenario["name"]

    @property
    def backend(self):
        """"simulated", or "native": measured on a real machine"""
        return self.document.get("backend", "simulated")

    def parameter(self, pointer):
        """A value of the scenario by its JSON pointer, as --set names it"""
        value = self.scenario
        try:
            for step in pointer.split("/")[1:]:
                step = step.replace("~1", "/").replace("~0", "~")
                value = value[int(step) if isinstance(value, list) else step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise ResultError(f"{self.path}: the scenario has no {pointer}") from None
        return value

    @property
    def vcpus(self):
        """vCPUs there are in the end: those at boot and those plugged in"""
        plugged = sum(s.get("count", 0) for s in self.scenario["streams"] if s["op"] == "hotplug")
        return self.scenario.get("vm", {"boot_vcpus": 0})["boot_vcpus"] + plugged

    def _rows(self):
        for n, run in enumerate(self.document["runs"]):
            row = {"file": self.path, "scenario": self.name, "machine": self.scenario["machine"],
                   "seed": self.scenario["seed"], "vcpus": self.vcpus,
                   **{k: run[k] for k in ("table", "replication", "status", "simulated_ns")},
                   "memory_peak_bytes": run["memory_bytes"]["peak"],
                   "memory_end_bytes": run["memory_bytes"]["end"],
                   "violations": len(run["violations"])}
            if not run["ops"]:
                yield {**row, "operation": None}
            for name, operation in run["ops"].items():
                yield {**row, "operation": name, **self._figures(f"/runs/{n}/ops/{name}", operation)}

    def _figures(self, pointer, operation):
        row = {k: operation.get(k) for k in ("count", "errors", "span_ns", "throughput_per_s",
                                             "deliveries_per_s")}
        for kind in LATENCIES:
            try:
                row[kind] = histogram.from_result(operation, f"{kind}_ns")
            except histogram.NotOurs as e:
                below, found, expected = e.args
                raise _wrong(self.path, pointer + below, found, expected) from None
            for figure in FIGURES:
                row[f"{kind}_{figure}_ns"] = operation.get(f"{kind}_ns", {}).get(figure)
        parts = operation["breakdown_ns"]
        return {**row, "breakdown_mean": parts["mean"], "breakdown_p99_up": parts["p99_up"],
                "p99_up_count": parts["p99_up_count"]}


def read(path):
    """The Result in a file; "-": standard input"""
    path = str(path)
    if path == "-":
        return Result("standard input", _parse("standard input", sys.stdin.buffer.read()))
    try:
        data = pathlib.Path(path).read_bytes()
    except OSError as e:
        raise ResultError(f"{path}: {e.strerror}") from None
    return Result(path, _parse(path, data))


def read_alike(paths):
    """Results whose times may stand beside each other: all simulated, or all native"""
    results = [read(path) for path in paths]
    for other in results[1:]:
        if other.backend != results[0].backend:
            raise ResultError(
                f"{results[0].path} is {results[0].backend}, {other.path} is {other.backend}: times of "
                "different machines; compare the tables within each and see whether they agree")
    return results


def load(*paths):
    """One DataFrame of all runs in all files, a row per run and operation.

    Columns: file, scenario, machine, seed, vcpus, table, replication, status, simulated_ns,
    memory_*_bytes, violations, operation (None: the run has none), count, errors, span_ns,
    throughput_per_s, deliveries_per_s; for latency, to_online, to_last and delivery a Histogram of
    that name and its *_min_ns ... *_max_ns; breakdown_mean and breakdown_p99_up (ns by cause).
    What is not known is None or NaN.
    """
    return pandas.concat([result.runs for result in read_alike(paths)], ignore_index=True)


def complete(runs):
    """The rows whose run came to its end: only these can be compared."""
    return runs[runs.status.isin(["ok", "check_failed"]) & runs.operation.notna()]
