#!/usr/bin/env python3
"""More and more layers of a model on an analog device: a table and a picture.

  bench/analog_front.py --model F.gguf --text T.txt --age 1d --out front.svg

Runs `millijoule-bench sensitivity` and draws its splits: joules a token and
perplexity loss over the share of multiply-adds in cells. Joules are modelled.
"""
import argparse
import json
import subprocess
import sys

WIDTH, HEIGHT, LEFT, TOP = 420, 230, 56, 30
JOULES, LOSS = "#07c", "#c03"


def measure(args, rest):
    command = [args.bench, "sensitivity", "--model", args.model, "--text",
               args.text, "--backend", args.backend, "--age", args.age,
               "--json"] + rest
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {done.returncode}")
    return json.loads(done.stdout)


def table(result):
    lines = [f"{result['device']}, cells {result['cells']}, age "
             f"{result['age_seconds']:g} s; digital: "
             f"{result['digital_device']}; {result['tokens']} tokens", "",
             "| MACs in cells | chips | mJ a token | NLL loss | perplexity "
             "| layers |", "|---:|---:|---:|---:|---:|---|"]
    for row in result["rows"]:
        lines.append(
            f"| {100 * row['analog_mac_share']:.1f} % | {row['chips']} "
            f"| {1e3 * row['joules_per_token']:.3f} | {row['nll_loss']:.3f} "
            f"| {row['perplexity']:.2f} | {row['analog_layers']} |")
    lines += ["", "| layer | SNR, dB | NLL loss alone |", "|---|---:|---:|"]
    for layer in result["layers"]:
        lines.append(f"| {layer['layer']} | {layer['snr_db']:.1f} "
                     f"| {layer['nll_loss']:.4f} |")
    return "\n".join(lines)


def text(x, y, words, anchor="start", colour="#333"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}" '
            f'text-anchor="{anchor}">{words}</text>')


class Axis:
    """Values from 0 upwards on one side of the picture."""

    def __init__(self, values, x, anchor, colour, form):
        self.most = 1.05 * max(max(values), 1e-9)
        self.x, self.anchor, self.colour, self.form = x, anchor, colour, form

    def y(self, value):
        return TOP + (1 - max(value, 0) / self.most) * HEIGHT

    def labels(self):
        for part in (0, 0.25, 0.5, 0.75, 1):
            value = part * self.most
            yield text(self.x, self.y(value) + 4, self.form.format(value),
                       self.anchor, self.colour)


def line(rows, axis, key, colour):
    at = [(LEFT + row["analog_mac_share"] * WIDTH, axis.y(key(row)))
          for row in rows]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
    yield f'<polyline points="{points}" fill="none" stroke="{colour}"/>'
    for x, y in at:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'


def picture(result):
    rows = result["rows"]

    def millijoules(row):
        return 1e3 * row["joules_per_token"]

    def loss(row):
        return row["nll_loss"]

    left = Axis([millijoules(r) for r in rows], LEFT - 5, "end", JOULES,
                "{:.1f}")
    right = Axis([loss(r) for r in rows], LEFT + WIDTH + 5, "start", LOSS,
                 "{:.2f}")
    parts = [f'<rect x="{LEFT}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" '
             'fill="none" stroke="#bbb"/>', *left.labels(), *right.labels(),
             *line(rows, left, millijoules, JOULES),
             *line(rows, right, loss, LOSS),
             text(LEFT, TOP - 12, "mJ a token (modelled)", "start", JOULES),
             text(LEFT + WIDTH, TOP - 12, "loss, nats a token", "end", LOSS)]
    bottom = TOP + HEIGHT
    for percent in (0, 25, 50, 75, 100):
        parts.append(text(LEFT + WIDTH * percent / 100, bottom + 15,
                          f"{percent} %", "middle"))
    parts.append(text(LEFT + WIDTH / 2, bottom + 32,
                      f"multiply-adds in the cells of {result['device']} "
                      f"(age {result['age_seconds']:g} s)", "middle"))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" '
            f'width="{LEFT + WIDTH + 60}" height="{bottom + 44}" '
            'font-family="sans-serif" font-size="11">'
            '<rect width="100%" height="100%" fill="#fff"/>'
            + "".join(parts) + "</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bench", default="build/bin/millijoule-bench")
    parser.add_argument("--model", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--backend", default="cim:hermes-14nm")
    parser.add_argument("--age", default="1d")
    parser.add_argument("--out", help="where the SVG goes")
    parser.add_argument("--data", help="where all numbers go, as JSON")
    args, rest = parser.parse_known_args()
    result = measure(args, rest)
    print(table(result))
    if args.out:
        with open(args.out, "w", encoding="utf-8") as file:
            file.write(picture(result))
    if args.data:
        with open(args.data, "w", encoding="utf-8") as file:
            json.dump(result, file)


if __name__ == "__main__":
    main()
