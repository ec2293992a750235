#!/usr/bin/env python3
"""Policies x loads of one trace in virtual time: a table and a picture.

  bench/energy_front.py --trace azure-llm-2023-conv.csv --out front.svg

Runs `millijoule-bench simulate --oracle` at each load, and static clocks for the
front that they span; prints Markdown. Energies are modelled.
"""
import argparse
import json
import subprocess
import sys

POLICIES = ["fmax", "best-static", "gated-static", "lowest-feasible", "throttle",
            "energy"]
COLOURS = {"fmax": "#444", "best-static": "#999", "gated-static": "#0a7",
           "lowest-feasible": "#07c", "throttle": "#c70", "energy": "#c03",
           "oracle": "#000"}


def simulate(args, extra):
    command = [args.bench, "simulate", "--platform", args.platform,
               "--model-shape", args.model_shape, "--trace", args.trace,
               "--slo-ttft-ms", str(args.slo_ttft_ms),
               "--slo-tpot-ms", str(args.slo_tpot_ms), "--json"] + extra
    if args.requests:
        command += ["--requests", str(args.requests)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
    return json.loads(done.stdout)


def attainment(row):
    return min(row["ttft_attainment"], row["tpot_attainment"])


def measure(args):
    loads = []
    for scale in args.scales:
        scaled = ["--scale", str(scale)]
        result = simulate(args, scaled + ["--governor", "energy", "--oracle"])
        static = []
        for clock in args.clocks:
            row = simulate(args, scaled + ["--governor", "fixed",
                                           "--frequency-mhz", str(clock)])
            static.append(row)
        loads.append({"scale": scale, "result": result, "static": static})
    return loads


def table(loads):
    lines = ["| load | policy | energy, kJ | of fmax | idle, kJ | J/token "
             "| TTFT met | TPOT met | TTFT p99, ms | TPOT p99, ms | oracle share |",
             "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
    for load in loads:
        result = load["result"]
        fmax = result["fmax_energy_joules"]
        rows = {row["governor"]: row for row in result["rows"]}
        for name in POLICIES:
            row = rows[name]
            share = row["oracle_share"]
            label = name
            if name == "best-static":
                label += f" ({row['frequency_mhz']:.0f} MHz)"
            lines.append(
                f"| {load['scale']} | {label} | {row['energy_joules'] / 1e3:.1f} "
                f"| {row['energy_joules'] / fmax:.3f} "
                f"| {row['idle_joules'] / 1e3:.1f} "
                f"| {row['joules_per_output_token']:.4f} "
                f"| {100 * row['ttft_attainment']:.2f} % "
                f"| {100 * row['tpot_attainment']:.2f} % "
                f"| {row['ttft_p99_ms']:.0f} | {row['tpot_p99_ms']:.1f} "
                f"| {'-' if share is None else f'{share:.3f}'} |")
        oracle = result["oracle_energy_joules"]
        bound = result["oracle_lower_bound_joules"]
        for name, energy in (("oracle", oracle), ("no-switch-cost bound", bound)):
            lines.append(f"| {load['scale']} | {name} | {energy / 1e3:.1f} "
                         f"| {energy / fmax:.3f} | | | | | | | |")
    return "\n".join(lines)


class Panel:
    """One load: attainment to the right, energy upwards."""

    WIDTH, HEIGHT, LEFT, TOP = 250, 210, 46, 26

    def __init__(self, index, load):
        self.x0 = self.LEFT + index * (self.WIDTH + 56)
        self.load = load
        self.fmax = load["result"]["fmax_energy_joules"]
        good = [attainment(row) for row in load["result"]["rows"]]
        self.least = max(0, min(0.9, min(good) - 0.02))
        self.parts = []

    def x(self, share):
        part = (max(self.least, share) - self.least) / (1 - self.least)
        return self.x0 + part * self.WIDTH

    def y(self, energy):
        return self.TOP + (1 - min(1.1, energy / self.fmax) / 1.1) * self.HEIGHT

    def text(self, x, y, text, anchor="start", colour="#333"):
        self.parts.append(f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" '
                          f'text-anchor="{anchor}">{text}</text>')

    def axes(self):
        bottom = self.TOP + self.HEIGHT
        self.parts.append(
            f'<rect x="{self.x0}" y="{self.TOP}" width="{self.WIDTH}" '
            f'height="{self.HEIGHT}" fill="none" stroke="#bbb"/>')
        self.text(self.x0 + self.WIDTH / 2, 16, f"load x {self.load['scale']}",
                  "middle")
        for percent in (0, 25, 50, 75, 100):
            y = self.y(self.fmax * percent / 100)
            self.text(self.x0 - 4, y + 4, f"{percent} %", "end")
        for share in (self.least, (1 + self.least) / 2, 1):
            self.text(self.x(share), bottom + 14, f"{100 * share:.0f} %",
                      "middle")
        self.text(self.x0 + self.WIDTH / 2, bottom + 30,
                  "requests that meet the tighter SLO", "middle")

    def draw(self):
        self.axes()
        static = [row for row in self.load["static"]
                  if attainment(row) >= self.least]
        points = " ".join(f"{self.x(attainment(row)):.1f},"
                          f"{self.y(row['energy_joules']):.1f}" for row in static)
        self.parts.append(f'<polyline points="{points}" fill="none" '
                          'stroke="#ccc" stroke-dasharray="3 2"/>')
        for row in self.load["result"]["rows"]:
            colour = COLOURS.get(row["governor"], "#333")
            self.parts.append(
                f'<circle cx="{self.x(attainment(row)):.1f}" '
                f'cy="{self.y(row["energy_joules"]):.1f}" r="4" fill="{colour}"/>')
        y = self.y(self.load["result"]["oracle_energy_joules"])
        self.parts.append(f'<path d="M{self.x0} {y:.1f}h{self.WIDTH}" '
                          'stroke="#000" stroke-dasharray="6 3"/>')
        return self.parts


def picture(loads):
    parts = []
    for index, load in enumerate(loads):
        parts += Panel(index, load).draw()
    width = Panel.LEFT + len(loads) * (Panel.WIDTH + 56)
    y = Panel.TOP + Panel.HEIGHT + 54
    x = Panel.LEFT
    for name in POLICIES + ["oracle"]:
        mark = (f'<path d="M{x - 6} {y - 4}h12" stroke="#000" '
                'stroke-dasharray="6 3"/>' if name == "oracle" else
                f'<circle cx="{x}" cy="{y - 4}" r="4" fill="{COLOURS[name]}"/>')
        parts += [mark, f'<text x="{x + 9}" y="{y}" fill="#333">{name}</text>']
        x += 26 + 7 * len(name)
    parts.append(f'<text x="{x + 9}" y="{y}" fill="#999">- - static clocks; '
                 'energy as % of fmax, modelled</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
            f'height="{y + 10}" font-family="sans-serif" font-size="11">'
            '<rect width="100%" height="100%" fill="#fff"/>'
            + "".join(parts) + "</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", default="build/bin/millijoule-bench")
    parser.add_argument("--trace", required=True)
    parser.add_argument("--platform", default="a100-80g")
    parser.add_argument("--model-shape", default="llama-3.1-8b")
    parser.add_argument("--slo-ttft-ms", type=float, default=800)
    parser.add_argument("--slo-tpot-ms", type=float, default=50)
    parser.add_argument("--scales", type=float, nargs="+",
                        default=[0.25, 0.5, 0.75])
    parser.add_argument("--clocks", type=float, nargs="*",
                        default=[570, 690, 810, 930, 1050, 1170, 1290, 1410],
                        help="static clocks of the front, MHz")
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--out", help="where the SVG goes")
    parser.add_argument("--data", help="where all numbers go, as JSON")
    args = parser.parse_args()
    loads = measure(args)
    print(table(loads))
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            file.write(picture(loads))
    if args.data:
        with open(args.data, "w", encoding="utf-8") as file:
            json.dump(loads, file)


if __name__ == "__main__":
    main()
