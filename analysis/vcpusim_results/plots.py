"""How plots look, and how they become bytes: the same ones each time, without a display.

Colours are Okabe and Ito's, which the colour-blind tell apart; tables differ by marker and dashes
as well. Ink is for what is neither: a page may replace it by its own text colour.
"""

import io
import pathlib

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot, ticker  # noqa: E402

from . import program, text  # noqa: E402

INK = "#1b1b1c"
FAINT = "#8a8a8b"
SALT = "vcpusim"
WIDTH = 7.0  # inches
LOOKS = [("#0072b2", "o", "-"), ("#d55e00", "s", "--"), ("#009e73", "^", "-."),
         ("#cc79a7", "D", (0, (6, 1, 1, 1))), ("#e69f00", "v", (0, (4, 1, 1, 1, 1, 1))),
         ("#56b4e9", "P", (0, (3, 1)))]
CAUSES = {  # name in results: (label, colour, hatch)
    "compute": ("compute", "#0072b2", ""),
    "cache": ("own caches", "#56b4e9", ""),
    "transfer_same_l3": ("line from the same L3", "#f0e442", ""),
    "transfer_same_socket": ("line from the same socket", "#e69f00", ""),
    "transfer_cross_socket": ("line from another socket", "#d55e00", ""),
    "transfer_far_socket": ("line from a far socket", "#a04000", ""),
    "memory": ("memory", "#cc79a7", ""),
    "lock": ("lock", "#8a8a8b", "//"),
    "grace_period": ("grace period", "#009e73", ""),
    "scheduler": ("scheduler", "#56b4e9", "xx"),
    "interrupt": ("interrupts", "#cc79a7", "xx"),
    "guest_transition": ("guest exit and entry", "#e69f00", "xx"),
    "allocation": ("allocation", "#f0e442", "//"),
    "idle": ("idle", "#d0d0d0", "\\\\"),
    "other": ("other", "#b4b4b4", ""),
}

matplotlib.rcParams.update({
    "font.size": 11, "axes.titlesize": 12, "axes.titlelocation": "left", "legend.frameon": False,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": INK,
    "axes.labelcolor": INK, "text.color": INK, "xtick.color": INK, "ytick.color": INK,
    "axes.grid": True, "grid.color": FAINT, "grid.alpha": 0.35, "grid.linewidth": 0.6,
    "axes.axisbelow": True, "lines.linewidth": 1.8, "lines.markersize": 5.5,
    "svg.fonttype": "none", "svg.hashsalt": SALT, "font.family": "DejaVu Sans",
    "hatch.linewidth": 0.6, "path.simplify_threshold": 0.5, "legend.fontsize": 10,
})


def looks(tables):
    """Keyword arguments of a line for each table, in order; where colours come again, the markers
    and dashes have moved on by one, so that 36 differ"""
    out = {}
    for i, table in enumerate(tables):
        again, n = divmod(i, len(LOOKS))
        _, marker, dashes = LOOKS[(n + again) % len(LOOKS)]
        out[table] = {"color": LOOKS[n][0], "marker": marker, "linestyle": dashes}
    return out


def panels(n, width=WIDTH, height=3.2, heights=None):
    """n axes, one below the other; heights: of each, in units of `height` inches"""
    heights = heights or [1] * n
    figure, axes = pyplot.subplots(n, 1, figsize=(width, height * sum(heights) + 0.5),
                                   squeeze=False, layout="constrained",
                                   gridspec_kw={"height_ratios": heights})
    return figure, list(axes.flat)


def legend(axis, handles, across):
    """Fills an axis of its own, in rows."""
    axis.set_axis_off()
    axis.legend(handles=handles, loc="upper left", ncols=across, borderaxespad=0,
                columnspacing=1.2).set_in_layout(False)


def log_axis(axis, form):
    """Of ns, bytes, ...: labelled with units, at 1, 2, 5 where few decades are shown"""
    low, high = axis.get_view_interval()
    if form is text.size:
        axis.set_major_locator(ticker.LogLocator(base=2, numticks=8))
        axis.set_minor_locator(ticker.NullLocator())
        axis.set_major_formatter(ticker.FuncFormatter(lambda v, _: short(v, form)))
        return
    axis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5) if high < low * 150 else (1,)))
    axis.set_minor_locator(ticker.LogLocator(subs=range(2, 10)))
    axis.set_minor_formatter(ticker.NullFormatter())
    axis.set_major_formatter(ticker.FuncFormatter(lambda v, _: short(v, form)))


def short(value, form=text.ns):
    """"200 us" rather than "200. us" or "1.00 ms\""""
    digits, _, unit = form(value).partition(" ")
    digits = f"{float(digits):g}" if digits != text.UNKNOWN else digits
    return f"{digits} {unit}".rstrip()


def spread(places, least):
    """Moves places in 0 ... 1 apart until they are `least` from each other, downwards first."""
    order = sorted(range(len(places)), key=lambda i: -places[i])
    out = list(places)
    for a, b in zip(order, order[1:]):
        out[b] = min(out[b], out[a] - least)
    for b, a in zip(order[::-1], order[-2::-1]):
        out[b] = max(out[b], 0)
        out[a] = max(out[a], out[b] + least)
    return out


def to_bytes(figure, kind, transparent=False):
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    data = io.BytesIO()
    figure.savefig(data, format=kind, dpi=150, metadata=metadata,
                   transparent=transparent)
    return data.getvalue()


def save(figure, path):
    program.write(path, to_bytes(figure, pathlib.Path(path).suffix[1:]))
    pyplot.close(figure)


def label_ends(ax, ends, style):
    """The tables' names right of their lines' ends (x, y, table), moved apart where they meet"""
    to_axes = ax.transScale + ax.transLimits
    places = [to_axes.transform((x, y))[1] for x, y, _ in ends]
    least = 17 / 72 / (ax.get_position().height * ax.figure.get_size_inches()[1])
    many = len(ends) > len(LOOKS)  # colours come again: a thin line leads to the marker and the name
    for (*end, table), y in zip(ends, spread(places, least)):
        colour = style[table]["color"]
        if many:
            ax.annotate("", end, (1.08, y), textcoords="axes fraction", annotation_clip=False,
                        arrowprops={"arrowstyle": "-", "lw": 0.6, "color": colour, "shrinkA": 0, "shrinkB": 0})
            ax.plot([1.1], [y], marker=style[table]["marker"], color=colour, linestyle="none",
                    transform=ax.transAxes, clip_on=False)
        ax.annotate(table, (1.13 if many else 1.01, y), xycoords="axes fraction", va="center",
                    color=colour, fontweight="bold", annotation_clip=False)
