"""Pieces of an HTML page that needs nothing from elsewhere."""

import html
import re

from . import plots

STYLE = """
:root { color-scheme: light dark; --ink: #1b1b1c; --paper: #ffffff; --faint: #66666a; --line: #d5d5da;
  --soft: #f3f3f6; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ea; --paper: #16171a; --faint: #a5a5ad;
  --line: #3b3c42; --soft: #212227; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.2rem;
  border-top: 1px solid var(--line); padding-top: 1rem; } h3 { font-size: 1.05rem; }
.question { font-size: 1.15rem; } .note, caption { color: var(--faint); font-size: 0.9rem; }
.bad { color: var(--bad); font-weight: 600; }
figure { margin: 1rem 0; } figure svg { display: block; width: 100%; height: auto; max-width: 36rem; }
figure svg text { font-family: system-ui, "DejaVu Sans", sans-serif !important; }
.wide { overflow-x: auto; margin: 0.8rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.3rem; }
caption span { position: sticky; left: 0; display: inline-block; max-width: calc(100vw - 2rem); }
p, li { max-width: 48rem; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child, .text td, .text th { text-align: left; }
.text td { vertical-align: top; }
.text td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
th button { all: unset; cursor: pointer; font-weight: 600; } th button:focus-visible { outline: 2px solid; }
th[aria-sort=ascending] button::after { content: " \\25b2"; }
th[aria-sort=descending] button::after { content: " \\25bc"; }
pre { background: var(--soft); padding: 0.7rem; overflow-x: auto; font-size: 0.85rem; }
summary { cursor: pointer; padding: 0.3rem 0; }
@media print { body { max-width: none; font-size: 10pt; } h2, h3, figure, tr { break-inside: avoid; }
  .wide { overflow: visible; } pre { white-space: pre-wrap; } }
"""

SORT = """
for (const table of document.querySelectorAll("table.sort"))
  table.querySelectorAll("thead th").forEach((th, n) => th.firstChild.addEventListener("click", () => {
    const down = th.getAttribute("aria-sort") === "ascending", body = table.tBodies[0];
    const key = row => row.cells[n].dataset.v ?? row.cells[n].textContent;
    const rows = [...body.rows].sort((a, b) => {
      const [x, y] = [key(a), key(b)];
      if ((x === "") !== (y === "")) return x === "" ? 1 : -1;
      const d = isNaN(x) || isNaN(y) ? x.localeCompare(y) : x - y;
      return down ? -d : d;
    });
    table.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...rows);
  }));
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => d.open = true));
"""


def escape(value):
    return html.escape(str(value))


def cell(value):
    """value: text, or (text, what to sort by; None: unknown, last in either order)"""
    if not isinstance(value, tuple):
        return f"<td>{escape(value)}</td>"
    shown, key = value
    key = "" if key is None or key != key else f"{key:.15g}"
    return f'<td data-v="{key}">{escape(shown)}</td>'


def table(caption, header, rows, text=False):
    """Sortable, unless it is text"""
    heads = "".join(f'<th scope="col">{escape(h)}</th>' if text else
                    f'<th scope="col"><button type="button">{escape(h)}</button></th>' for h in header)
    body = "\n".join("<tr>" + "".join(map(cell, row)) + "</tr>" for row in rows)
    return (f'<div class="wide"><table class="{"text" if text else "sort"}">'
            f"<caption><span>{escape(caption)}</span></caption>"
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>")


def details(summary, inside):
    return f"<details><summary>{escape(summary)}</summary>\n{inside}\n</details>"


def picture(number, figure, title, description):
    """A plot in the page: its own ids, the page's text colour, and what it shows in words"""
    svg = plots.to_bytes(figure, "svg", transparent=True).decode()
    plots.pyplot.close(figure)
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>p{number}-", svg)
    svg = svg.replace(plots.INK, "currentColor")
    head, rest = svg.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*pt"', "", head)
    return (f'<figure>{head} role="img" aria-labelledby="t{number} d{number}">'
            f'<title id="t{number}">{escape(title)}</title>'
            f'<desc id="d{number}">{escape(description)}</desc>{rest}</figure>')


def page(title, body):
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
{body}
<script>{SORT}</script>
</body>
</html>
"""
