"""vcpusim's results for pandas.

    from vcpusim_results import load, merge
    runs = load("results/smoke.json")              one row per run and operation
    plugs = runs[(runs.table == "chunked") & (runs.operation == "hotplug")]
    merge(plugs.latency).percentile(990_000)       p99 of all replications together, ns, or None

Results are checked against scenarios/schema before anything is made of them; what does not fit is
a ResultError that says where, what was found and what was expected.
"""

from .histogram import Histogram, merge
from .results import Result, ResultError, complete, load, read
from .stats import Estimate, mean_interval, paired

__all__ = ["Estimate", "Histogram", "Result", "ResultError", "complete", "load", "mean_interval",
           "merge", "paired", "read"]
