"""Means over replications with Student's t, alone and in pairs: as sim/measure/stats.h does it."""

import math
from typing import NamedTuple, Optional

import numpy


class Estimate(NamedTuple):
    """A mean of n replications with its 95 % interval; None: one replication has no interval."""

    value: float
    low: Optional[float]
    high: Optional[float]
    n: int

    @property
    def differs(self):
        """The interval excludes zero."""
        return self.low is not None and (self.low > 0 or self.high < 0)


def _inside(t, freedom):
    """P(|T| <= t) for whole degrees of freedom: Abramowitz and Stegun 26.7.3 and 26.7.4"""
    angle = math.atan(t / math.sqrt(freedom))
    odd = freedom % 2
    term = total = math.cos(angle) if odd else 1.0
    if freedom == 1:
        total = 0.0
    for k in range(2 + odd, freedom, 2):
        term *= math.cos(angle) ** 2 * (k - 1) / k
        total += term
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total


def t95(n):
    """What a standard error of n >= 2 replications is multiplied by for a 95 % interval"""
    low, high = 0.0, 16.0  # 12.71 at one degree of freedom is the largest
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _inside(middle, n - 1) < 0.95 else (low, middle)
    return high


def mean_interval(values):
    x = numpy.asarray(values, dtype=float)
    mean, n = float(x.mean()), len(x)
    if n < 2:
        return Estimate(mean, None, None, n)
    half = t95(n) * float(x.std(ddof=1)) / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n)


def paired(a, b):
    """a[i] and b[i] are of the same replication."""
    return mean_interval(numpy.subtract(a, b))
