"""Millijoule's server, with and without drafts, beside llama.cpp's, under the
same closed-loop load.

Rounds are interleaved: in each, for each number of requests at once, every
server is started, warmed up, loaded and stopped in turn. bench/peers/serve.sh
installs what this needs and passes options on.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from cases import MeasureError
from child import complaint, run_child
from table import figure, median

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS = 120


def say(text):
    print(text, file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="bench/peers/serve.sh",
        description="Millijoule's server beside llama.cpp's.")
    add = parser.add_argument
    add("--llama-bin", type=pathlib.Path, required=True, metavar="DIR",
        help="folder with llama-server (serve.sh builds one without it)")
    add("--bin", type=pathlib.Path, metavar="DIR", default=ROOT / "build/bin",
        help="folder with ours (build/bin)")
    add("--model", type=pathlib.Path, required=True, metavar="FILE",
        help="GGUF file (serve.sh gives the default model)")
    add("--concurrency", type=int, nargs="+", default=[1, 4, 16, 64],
        metavar="N", help="requests at once (1 4 16 64)")
    add("--requests", type=int, default=4, metavar="N",
        help="of a run, for each one at once; at least 16 in all (4)")
    add("--prompt-tokens", type=int, default=128, metavar="N",
        help="of each prompt (128)")
    add("--output-tokens", type=int, default=64, metavar="N",
        help="of each reply (64)")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)),
        metavar="N", help="of each server (all cores)")
    add("--rounds", type=int, default=3, metavar="N", help="rounds (3)")
    add("--timeout", type=float, default=900, metavar="SECONDS",
        help="of one run (900)")
    add("--json", type=pathlib.Path, metavar="FILE",
        help="every single measurement")
    args = parser.parse_args()
    for path in (args.bin / "millijoule", args.bin / "millijoule-bench",
                 args.llama_bin / "llama-server", args.model):
        if not path.exists():
            parser.error(f"{path} does not exist; bench/peers/serve.sh "
                         "installs and builds what is missing")
    return args


def commands(args, port, streams):
    """How each server is started, for `streams` requests at once."""
    context = args.prompt_tokens + args.output_tokens + 64
    ours = [str(args.bin / "millijoule"), "serve", "--model", str(args.model),
            "--http", f"127.0.0.1:{port}", "--grpc", "127.0.0.1:0",
            "--threads", str(args.threads)]
    return {
        "Millijoule": ours,
        # Greedy replies to made-up words repeat themselves, which drafts like.
        "Millijoule, no drafts": ours + ["--speculation", "off"],
        "llama-server": [
            str(args.llama_bin / "llama-server"), "-m", str(args.model),
            "--host", "127.0.0.1", "--port", str(port), "-t",
            str(args.threads), "-np", str(streams), "-c",
            str(streams * context)],
    }


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health",
                                    timeout=5) as reply:
            return reply.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_until_ready(process, port, log):
    end = time.monotonic() + READY_SECONDS
    while not is_ready(port):
        if process.poll() is not None or time.monotonic() > end:
            log.seek(0)
            raise MeasureError("it did not get ready: " + complaint(log.read()))
        time.sleep(0.05)


@contextlib.contextmanager
def running(command, port):
    with tempfile.TemporaryFile("w+", errors="replace") as log, \
            tempfile.TemporaryDirectory() as state:
        # Our ledger of energy is not to learn of this.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "XDG_STATE_HOME": state})
        try:
            wait_until_ready(process, port, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def cpu_seconds(stat):
    """User and system time, from the text of /proc/PID/stat."""
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def process_cpu_seconds(process):
    return cpu_seconds(pathlib.Path(f"/proc/{process.pid}/stat").read_text())


def load(args, port, streams, requests, seed):
    """The row of one `millijoule-bench load`; none of it is a warm-up."""
    child = run_child([
        str(args.bin / "millijoule-bench"), "load", "--url",
        f"http://127.0.0.1:{port}", "--concurrency", str(streams),
        "--requests", str(requests), "--warm-up", "0", "--seed", str(seed),
        "--prompt-tokens", str(args.prompt_tokens), "--output-tokens",
        str(args.output_tokens), "--json", "-"], args.timeout)
    (row,) = json.loads(child.stdout)["rows"]
    if row["errors"]:
        raise MeasureError(f"requests failed: {row['errors']}")
    return row


def measure(args, name, streams, number):
    port = free_port()
    with running(commands(args, port, streams)[name], port) as process:
        load(args, port, streams, streams, seed=1000)
        before = process_cpu_seconds(process)
        row = load(args, port, streams, max(16, args.requests * streams),
                   seed=number)
        cpu = process_cpu_seconds(process) - before
    return {"tokens_per_second": row["output_tokens_per_second"],
            "ttft_p50_ms": row["ttft_ms"]["p50"]["value"],
            "ttft_p99_ms": row["ttft_ms"]["p99"]["value"],
            "tpot_p50_ms": row["tpot_ms"]["p50"]["value"],
            "cpu_seconds_per_token": cpu / row["output_tokens"],
            "row": row}


def all_records(args):
    records = []
    for number in range(args.rounds):
        for streams in args.concurrency:
            for name in commands(args, 0, streams):
                say(f"round {number + 1} of {args.rounds}, {streams} at once: "
                    f"{name}")
                record = {"engine": name, "streams": streams, "round": number}
                try:
                    record |= measure(args, name, streams, number)
                    say(f"    {record['tokens_per_second']:.1f} tokens/s")
                except MeasureError as error:
                    record["error"] = str(error)
                    say(f"    error: {error}")
                records.append(record)
    return records


COLUMNS = (("tokens/s", "tokens_per_second", 1),
           ("TTFT p50 ms", "ttft_p50_ms", 1),
           ("TTFT p99 ms", "ttft_p99_ms", 1),
           ("TPOT p50 ms", "tpot_p50_ms", 1),
           ("CPU ms/token", "cpu_seconds_per_token", 1e3))


def table(records):
    """Markdown: medians over the rounds; a dash where all of them failed."""
    lines = ["| at once | server | " +
             " | ".join(title for title, _, _ in COLUMNS) + " |",
             "|---:|---|" + "---:|" * len(COLUMNS)]
    for streams, engine in dict.fromkeys(
            (r["streams"], r["engine"]) for r in records):
        rows = [r for r in records if "error" not in r and
                (r["streams"], r["engine"]) == (streams, engine)]
        cells = [figure(median(r[key] for r in rows), scale)
                 for _, key, scale in COLUMNS]
        lines.append(f"| {streams} | {engine} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def unmeasured(records):
    """The servers and streams of which every round failed."""
    rows = {}
    for r in records:
        rows.setdefault(f"{r['engine']} at {r['streams']}", []).append(
            "error" not in r)
    return [name for name, good in rows.items() if not any(good)]


def main():
    args = parse_arguments()
    facts = {"date": datetime.datetime.now().astimezone().isoformat(
                 timespec="minutes"),
             "model": args.model.name, "threads": args.threads,
             "prompt_tokens": args.prompt_tokens,
             "output_tokens": args.output_tokens, "rounds": args.rounds,
             "load average before": os.getloadavg()}
    try:
        records = all_records(args)
    except KeyboardInterrupt:
        sys.exit("stopped")
    for name, value in facts.items():
        print(f"{name}: {value}")
    print(table(records))
    if args.json:
        args.json.write_text(
            json.dumps(facts | {"rows": records}, indent=1) + "\n")
    lost = unmeasured(records)
    if lost:
        sys.exit("error: never measured: " + ", ".join(lost))


if __name__ == "__main__":
    main()
