"""Charts as SVG. bars: how many times as fast (or small) as the peer, on a scale where each step doubles. Readable on a light and on a dark page."""
from math import ceil, floor, log2, log10
from xml.sax.saxutils import escape

LEFT, RIGHT, WIDTH, ROW, TOP = 400, 190, 1000, 22, 64
MOST = 7   # doublings; a bar beyond them ends there, and its text says how much it is
# Where the page's colours are not known, greys that can be read on both.
STYLE = '''text { font: 12px system-ui, sans-serif; fill: #6a737d }
.quiet { fill: #7d8590 } .title { font-size: 15px; font-weight: 600 } .grid { stroke: #8b949e; stroke-opacity: .35 } .even { stroke: #8b949e; stroke-width: 1.5 }
.ahead { fill: #2a9d7c } .behind { fill: #d9652b }
@media (prefers-color-scheme: light) { text { fill: #24292f } .quiet { fill: #57606a } }
@media (prefers-color-scheme: dark) { text { fill: #d1d7e0 } .quiet { fill: #9198a1 } .ahead { fill: #3fb996 } .behind { fill: #f0883e } }'''


def bars(title, subtitle, rows, even):
    """rows: (label, ratio, text). `even` is what stands at the line of 1."""
    logs = [max(-MOST, min(MOST, log2(ratio))) for _, ratio, _ in rows]
    low, high = min(-1, floor(min(logs))), max(1, ceil(max(logs)))
    x = lambda value: LEFT + (value - low) * (WIDTH - LEFT - RIGHT) / (high - low)
    height = TOP + ROW * len(rows) + 34
    step = 1 if high - low <= 8 else 2   # every other doubling, where there are many
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img">',
           f'<title>{escape(title)}</title><style>{STYLE}</style>',
           f'<text class="title" x="12" y="22">{escape(title)}</text><text class="quiet" x="12" y="41">{escape(subtitle)}</text>']
    for doubling in range(low, high + 1):
        if doubling % step: continue
        ratio = f'{2 ** doubling}x' if doubling >= 0 else f'1/{2 ** -doubling}'
        out.append(f'<line class="{"even" if doubling == 0 else "grid"}" x1="{x(doubling):.1f}" x2="{x(doubling):.1f}" y1="{TOP - 6}" y2="{height - 30}"/>'
                   f'<text class="quiet" x="{x(doubling):.1f}" y="{height - 14}" text-anchor="middle">{escape(even) if doubling == 0 else ratio}</text>')
    for n, ((label, ratio, text), value) in enumerate(zip(rows, logs)):
        y, start, end = TOP + n * ROW, x(min(0, value)), x(max(0, value))
        out.append(f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(label)}</text>'
                   f'<rect class="{"ahead" if value >= 0 else "behind"}" x="{start:.1f}" y="{y + 2}" width="{max(end - start, 1.5):.1f}" height="{ROW - 7}" rx="2"/>'
                   f'<text class="quiet" x="{x(max(0, value)) + 6:.1f}" y="{y + 13}">{escape(text)}</text>')
    return '\n'.join(out) + '\n</svg>\n'


COLOURS = ['#2a9d7c', '#d9652b', '#3b7dd8', '#b5489c', '#9a7b1c', '#d0433f', '#5f6bc9', '#7d8590']


def lines(title, subtitle, size, series):
    """One line for each of {label: [(x, y)]}, both scales logarithmic."""
    width, height, left, right, top, bottom = 1000, 420, 70, 250, 64, 50
    xs = [x for points in series.values() for x, _ in points]
    ys = [max(y, 0.001) for points in series.values() for _, y in points]
    low, high = floor(log10(min(ys))), max(ceil(log10(max(ys))), floor(log10(min(ys))) + 1)
    begin, end = log10(min(xs)), log10(max(max(xs), min(xs) * 10))
    at = lambda x, y: (left + (log10(x) - begin) * (width - left - right) / (end - begin), height - bottom - (log10(max(y, 0.001)) - low) * (height - top - bottom) / (high - low))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
           f'<title>{escape(title)}</title><style>{STYLE}</style>',
           f'<text class="title" x="12" y="22">{escape(title)}</text><text class="quiet" x="12" y="41">{escape(subtitle)}</text>']
    for power in range(low, high + 1):
        _, y = at(min(xs), 10 ** power)
        out.append(f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y:.1f}" y2="{y:.1f}"/><text class="quiet" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10 ** power:g}</text>')
    for x in sorted(set(xs)): out.append(f'<text class="quiet" x="{at(x, 1)[0]:.1f}" y="{height - bottom + 20}" text-anchor="middle">{x:,}</text>')
    out.append(f'<text class="quiet" x="{(left + width - right) / 2}" y="{height - 10}" text-anchor="middle">{escape(size)}</text>')
    # Labels at the ends of their lines, moved apart.
    labels = sorted((at(*points[-1])[1], label) for label, points in series.items())
    places, last = {}, 0.0
    for y, label in labels: places[label] = last = max(y, last + 15)
    for colour, (label, points) in zip(COLOURS * len(series), series.items()):
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in (at(*point) for point in points))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
                   f'<text x="{width - right + 10}" y="{places[label] + 4:.1f}" style="fill:{colour}">{escape(label)}: {points[-1][1]:.3g}</text>')
    return '\n'.join(out) + '\n</svg>\n'
