"""Histograms of latencies, in the buckets of sim/measure/histogram.h.

Values below 128 ps have a bucket each; above, every power of two is cut into 128. Counts are exact,
so replications merge exactly; a percentile is the middle of the bucket that holds the sample of
its rank, within [min, max], as the simulator has it.
"""

from collections import Counter

SUB_BITS = 7
SUB = 1 << SUB_BITS
BUCKETS = (64 - SUB_BITS + 1) << SUB_BITS
MIN_ABOVE = 10  # samples that must lie above a percentile for it to be known
PPM = 1_000_000


def index(value_ps):
    if value_ps < SUB:
        return value_ps
    shift = value_ps.bit_length() - 1 - SUB_BITS
    return shift * SUB + (value_ps >> shift)


def bounds(i):
    """[low, high) in ps"""
    shift = max(0, i // SUB - 1)
    low = (i - shift * SUB) << shift
    return low, (2**64 - 1 if i == BUCKETS - 1 else low + (1 << shift))


def rank(n, ppm):
    """ceil(ppm / 10^6 * n), at least 1"""
    return max(1, -(-n * ppm // PPM))


def to_ps(ns):
    """Exact below 10^12 ns: results have 15 digits."""
    return round(ns * 1000)


class Histogram:
    """buckets: samples by index of bucket; min_ps, max_ps: None while empty"""

    def __init__(self, buckets=(), sum_ps=0, min_ps=None, max_ps=None):
        self.buckets = Counter(buckets)
        self.count = sum(self.buckets.values())
        self.sum_ps, self.min_ps, self.max_ps = sum_ps, min_ps, max_ps

    @property
    def mean(self):
        """ns; None while empty"""
        return self.sum_ps / self.count / 1000 if self.count else None

    @property
    def max(self):
        return self.max_ps / 1000 if self.count else None

    def value_at_rank(self, k):
        """The k-th smallest sample, ns"""
        below = 0
        for i in sorted(self.buckets):
            below += self.buckets[i]
            if below >= k:
                break
        return self._middle(i) / 1000

    def percentile(self, ppm):
        """ns; None with fewer than ten samples above"""
        k = rank(self.count, ppm)
        return self.value_at_rank(k) if self.count - k >= MIN_ABOVE else None

    def curve(self):
        """(samples above, value in ns) of each bucket, upwards: the distribution's tail"""
        above = self.count
        for i in sorted(self.buckets):
            above -= self.buckets[i]
            yield above, self._middle(i) / 1000

    def _middle(self, i):
        low, high = bounds(i)
        return min(max(low + (high - low) // 2, self.min_ps), self.max_ps)


def merge(histograms):
    """All samples together. None among them: nothing measured."""
    all_ = [h for h in histograms if isinstance(h, Histogram) and h.count]
    buckets = Counter()
    for h in all_:
        buckets.update(h.buckets)
    return Histogram(buckets, sum(h.sum_ps for h in all_),
                     min((h.min_ps for h in all_), default=None),
                     max((h.max_ps for h in all_), default=None))


class NotOurs(ValueError):
    """args: pointer below the operation, found, expected"""


def from_result(operation, kind):
    """Of the member `kind` ("latency_ns", ...) of runs[].ops.OPERATION; None if it has none."""
    figures, buckets = operation.get(kind), operation["histogram"].get(kind)
    if figures is None or buckets is None:
        return None
    counts = {}
    for n, entry in enumerate(buckets):
        i = _bucket(entry)
        if i is None or i in counts:
            raise NotOurs(f"/histogram/{kind}/{n}", entry,
                          "[low, high, count] of one of the simulator's buckets, each once")
        counts[i] = entry[2]
    count = sum(counts.values())
    if count != figures["count"]:
        raise NotOurs(f"/histogram/{kind}", f"{count} samples", f"{figures['count']}, as counted")
    if not count:
        return Histogram()
    # the mean is written to the picosecond, so the sum is known as well as that times the count
    for name, end in ("min", min(counts)), ("max", max(counts)):
        if figures[name] is None or index(to_ps(figures[name])) != end:
            raise NotOurs(f"/{kind}/{name}", figures[name],
                          f"a value in the {name}imum's bucket [{bounds(end)[0] / 1000:g}, "
                          f"{bounds(end)[1] / 1000:g}) ns")
    return Histogram(counts, round(figures["mean"] * 1000 * count),
                     to_ps(figures["min"]), to_ps(figures["max"]))


def _bucket(entry):
    """Its index, or None: it is none of ours."""
    if not isinstance(entry, list) or len(entry) != 3:
        return None
    low, high, count = entry
    for value in low, count, 0 if high is None else high:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
            return None
    if not isinstance(count, int) or count < 1:
        return None
    if high is None:
        i = BUCKETS - 1
    else:  # by the middle, as 15 digits may round a bound into its neighbour
        i = index(int((low + high) / 2 * 1000))
    if i >= BUCKETS:
        return None
    ours = bounds(i)
    near = [abs(to_ps(v) - o) <= o * 1e-14 for v, o in zip((low, high), ours) if v is not None]
    return i if all(near) else None
