"""Medians, ratios and the Markdown table.

A record is one measurement: a dict with model, case, engine, threads, round
and either error or tokens_per_second, cpu_seconds_per_token, peak_rss_bytes;
ours with one stream also weight_bytes_per_token and read_bytes_per_second.
"""

import statistics

from cases import CASES

# Of the facts that the programs name, those the table's head repeats.
HEAD_FACTS = ("version", "commit", "build", "isa", "numerics", "backend",
              "keys and values")


# Bytes a second: what one stream is held against where memory is faster.
MOST_BANDWIDTH = 40e9


def median(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def best_threads(records):
    """The records of the thread count with the highest median rate."""
    by_threads = {}
    for record in records:
        if "error" not in record:
            by_threads.setdefault(record["threads"], []).append(record)
    return max(by_threads.values(), default=[],
               key=lambda rows: median(r["tokens_per_second"] for r in rows))


def ratio(ours, peer, key):
    """Median over the rounds of ours / peer; None where none has both."""
    of_round = {r["round"]: r[key] for r in peer if r[key]}
    return median(r[key] / of_round[r["round"]] for r in ours
                  if r[key] and r["round"] in of_round)


def figure(value, scale=1):
    """Three digits or all before the point; a dash for what is not known."""
    if value is None:
        return "–"
    value *= scale
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def engines_of(records):
    """In the order of first appearance: (ours, peers)."""
    names = list(dict.fromkeys(r["engine"] for r in records
                               if "error" not in r))
    ours = [name for name in names if name.startswith("Millijoule")]
    return ours, [name for name in names if name not in ours]


def row(case, engine, own, peers):
    """One line; `peers` maps a peer's name to its records, {} for a peer."""
    rates = [r["tokens_per_second"] for r in own]
    cells = [case.label, engine, str(own[0]["threads"]),
             f"{figure(median(rates))} ({figure(min(rates))}"
             f"–{figure(max(rates))})",
             figure(median(r["cpu_seconds_per_token"] for r in own), 1e3),
             figure(median(r["peak_rss_bytes"] for r in own), 1e-6)]
    for peer in peers.values():
        speed = ratio(own, peer, "tokens_per_second")
        cpu = ratio(own, peer, "cpu_seconds_per_token")
        cells.append("" if own is peer or not peer else
                     f"{figure(speed)} / {figure(cpu)}")
    return "| " + " | ".join(cells) + " |"


def model_table(model, records):
    ours, peers = engines_of(records)
    head = ["case", "engine", "threads", "tokens/s (lowest–highest)",
            "CPU ms/token", "peak MB"]
    head += [f"speed / CPU time of {peer}" for peer in peers]
    lines = [f"### {model}", "", "| " + " | ".join(head) + " |",
             "|---|---|" + "---:|" * (len(head) - 2)]
    for case in CASES.values():
        best = {engine: best_threads([
            r for r in records
            if r["case"] == case.name and r["engine"] == engine])
            for engine in ours + peers}
        for engine, own in best.items():
            if own:
                compared = {peer: best[peer] if engine in ours else []
                            for peer in peers}
                lines.append(row(case, engine, own, compared))
    return lines + one_stream_table(records) + failures(records)


def weight_rate(record):
    """Bytes of weights a second; None where the program does not tell."""
    size = record.get("weight_bytes_per_token")
    return size and size * record["tokens_per_second"]


def share_of_bandwidth(rows, read_of_round):
    """Median over the rounds of weights read / what memory gave then."""
    return median(weight_rate(r) / min(read_of_round[r["round"]],
                                       MOST_BANDWIDTH)
                  for r in rows
                  if weight_rate(r) and r["round"] in read_of_round)


def one_stream_table(records):
    """Every thread count of every engine: what memory gave, and core time."""
    records = [r for r in records
               if CASES[r["case"]].one_stream and "error" not in r]
    if not records:
        return []
    read_of_round = {}
    for r in records:
        if read := r.get("read_bytes_per_second"):
            read_of_round[r["round"]] = max(
                read, read_of_round.get(r["round"], 0))
    groups = {}
    for r in records:
        groups.setdefault((r["engine"], r["threads"]), []).append(r)
    lines = ["", "| decode, 1 stream | threads | tokens/s | GB/s of weights "
             "| % of min(read bandwidth, 40 GB/s) | tokens per core-second |",
             "|---|" + "---:|" * 5]
    for (engine, threads), rows in groups.items():
        cpu = median(r["cpu_seconds_per_token"] for r in rows)
        cells = [engine, str(threads),
                 figure(median(r["tokens_per_second"] for r in rows)),
                 figure(median(weight_rate(r) for r in rows), 1e-9),
                 figure(share_of_bandwidth(rows, read_of_round), 100),
                 figure(cpu and 1 / cpu)]
        lines.append("| " + " | ".join(cells) + " |")
    if read_of_round:
        rates = read_of_round.values()
        least, middle, most = (figure(f(rates), 1e-9)
                               for f in (min, median, max))
        lines += ["", f"Read bandwidth of the rounds: {middle} "
                  f"({least}–{most}) GB/s."]
    return lines


def failures(records):
    """Why something is not in the table, each reason once."""
    cases_of = {}
    for r in records:
        if "error" in r:
            cases = cases_of.setdefault((r["engine"], r["error"]), {})
            cases[r["case"]] = True
    return [""] * bool(cases_of) + [
        f"- Not measured, {engine} ({', '.join(cases)}): {error}"
        for (engine, error), cases in cases_of.items()]


def versions(records):
    """What each engine says of itself; all values where runs differ."""
    lines = []
    for engine in dict.fromkeys(r["engine"] for r in records):
        facts = {}
        for r in records:
            for key, value in r.get("facts", {}).items():
                if r["engine"] == engine and key in HEAD_FACTS:
                    facts.setdefault(key, {})[str(value)] = True
        if facts:
            lines.append(f"- {engine}: " + ", ".join(
                f"{key} {'/'.join(values)}" for key, values in facts.items()))
    return lines


def markdown(machine, records):
    lines = [f"- {key}: {value}" for key, value in machine.items()]
    lines += versions(records)
    for model in dict.fromkeys(r["model"] for r in records):
        lines += ["", *model_table(model, [r for r in records
                                           if r["model"] == model])]
    return "\n".join(lines)
