"""Figures and tables as text."""

NS = ((1e9, "s"), (1e6, "ms"), (1e3, "us"), (1, "ns"))
COUNT = ((1e9, "G"), (1e6, "M"), (1e3, "k"), (1, ""))
BYTES = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))
UNKNOWN = "-"


def scaled(value, units):
    """Three digits and the unit that suits"""
    if value is None or value != value:
        return UNKNOWN
    factor, unit = next((u for u in units if abs(value) >= 0.9995 * u[0]), units[-1])
    digits = f"{value / factor:#.3g}".rstrip(".")
    if "e" in digits:
        digits = f"{value / factor:.3g}"
    return f"{digits} {unit}".rstrip() if value else f"0 {unit}".rstrip()


def ns(value):
    return scaled(value, NS)


def size(value):
    return scaled(value, BYTES)


def rate(value):
    return scaled(value, COUNT)


def interval(estimate, form):
    """"value (low to high)" """
    if estimate is None:
        return UNKNOWN
    if estimate.low is None:
        return form(estimate.value)
    return f"{form(estimate.value)} ({form(estimate.low)} to {form(estimate.high)})"


def columns(header, rows, left=1):
    """Lines of a table: the first `left` columns flush left, the others right."""
    cells = [list(map(str, header))] + [list(map(str, row)) for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return ["  " + "  ".join(c.ljust(w) if i < left else c.rjust(w)
                             for i, (c, w) in enumerate(zip(row, widths))).rstrip()
            for row in cells]
