"""Millijoule beside llama.cpp and OpenVINO GenAI on the same GGUF files.

Rounds are interleaved (A, B, C, A, B, C, ...): a noisy minute of the machine
meets all of them, and a ratio is the median of the rounds' ratios.
bench/peers/run.sh installs what this needs and passes options on.
"""

import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import sys

import table
from cases import CASES, MeasureError
from child import busy_cores, run_child
from runners import LlamaCpp, Millijoule, OpenVino

ROOT = pathlib.Path(__file__).resolve().parents[2]
LLAMA_PROGRAMS = ("llama-bench", "llama-batched-bench", "llama-quantize")


def say(text):
    print(text, file=sys.stderr, flush=True)


def parse_arguments():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(
        prog="bench/peers/run.sh",
        description="Millijoule beside llama.cpp and OpenVINO GenAI.")
    add = parser.add_argument
    add("--llama-bin", type=pathlib.Path, required=True, metavar="DIR",
        help="folder of a built llama.cpp (run.sh builds one without it)")
    add("--bench", type=pathlib.Path, metavar="FILE",
        default=ROOT / "build/bin/millijoule-bench",
        help="our program (build/bin/millijoule-bench)")
    add("--model", type=pathlib.Path, action="append", metavar="FILE",
        required=True, help="GGUF file, may be repeated (run.sh gives both of "
        "its own; --only chooses)")
    add("--only", metavar="TEXT",
        help="only the model files whose name contains TEXT")
    add("--work-dir", type=pathlib.Path, default=pathlib.Path("."),
        metavar="DIR", help="where requantised files are kept")
    add("--cases", nargs="+", choices=CASES, default=list(CASES),
        metavar="CASE", help="some of: " + " ".join(CASES))
    add("--numerics", nargs="+", default=["default"],
        choices=("default", "f32", "bf16", "int8"), help="ours, each a row")
    add("--threads", nargs="+", type=int, metavar="N",
        default=sorted({1, cores}), help="thread counts that ours and "
        "llama.cpp are tried with; the best counts (1 and all cores)")
    add("--rounds", type=int, default=5, metavar="N", help="rounds (5)")
    add("--timeout", type=float, default=900, metavar="SECONDS",
        help="of one program's run (900)")
    add("--isa", choices=("native", "avx2"), default="native",
        help="limit ours, and with run.sh llama.cpp's build (native)")
    add("--requantized", action="store_true",
        help="also llama.cpp on its best file, requantised to Q4_0")
    add("--no-openvino", action="store_true", help="leave it out")
    add("--json", type=pathlib.Path, metavar="FILE",
        help="every single measurement")
    return checked(parser, parser.parse_args(), cores)


def checked(parser, args, cores):
    """The arguments, or an end with what is wrong with them."""
    if args.rounds < 1:
        parser.error(f"--rounds must be 1 or more; got {args.rounds}")
    for n in args.threads:
        if not 1 <= n <= cores:
            parser.error(f"--threads must be 1 to {cores} (the cores this "
                         f"process may use); got {n}")
    if args.only:
        args.model = [m for m in args.model if args.only in m.name]
        if not args.model:
            parser.error(f"--only {args.only}: no model file has that name")
    programs = [args.llama_bin / name for name in LLAMA_PROGRAMS]
    for path in [args.bench, *args.model, *programs]:
        if not path.exists():
            parser.error(f"{path} does not exist; bench/peers/run.sh installs "
                         "and builds what is missing")
    return args


def machine_facts(args):
    """The conditions, noted before the first run."""
    with open("/proc/cpuinfo") as file:
        name = next((line.split(":", 1)[1].strip() for line in file
                     if line.startswith("model name")), platform.machine())
    version = run_child([str(args.llama_bin / "llama-bench"), "--version"],
                        60)
    governor = pathlib.Path(
        "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return {
        "machine": f"{name}, {len(os.sched_getaffinity(0))} cores, "
                   f"{platform.system()} {platform.release()}",
        "date": datetime.datetime.now().astimezone().isoformat(
            timespec="minutes"),
        "frequency governor": governor.read_text().strip()
                              if governor.exists() else "none visible",
        "load average before": " ".join(f"{x:.2f}" for x in os.getloadavg()),
        "rounds": args.rounds,
        "instruction sets": args.isa,
        "llama.cpp": f"{version.stdout}{version.stderr}".split("\n")[0]
                     .removeprefix("version: "),
    }


def requantized(args, model):
    """llama.cpp's Q4_0 file of the same weights, made once."""
    target = args.work_dir / f"{model.stem}.requantized-Q4_0.gguf"
    if not target.exists():
        say(f"requantising {model.name} to {target}")
        part = target.with_suffix(".part")
        run_child([str(args.llama_bin / "llama-quantize"),
                   "--allow-requantize", str(model), str(part), "Q4_0"],
                  args.timeout)
        part.rename(target)
    return target


def contestants(args, model):
    """All programs for one model file, in the order of a round."""
    isa = "" if args.isa == "native" else args.isa
    runners = [Millijoule(args.bench, model, numerics, threads, isa)
               for numerics in args.numerics for threads in args.threads]
    files = {"llama.cpp": model}
    if args.requantized:
        files["llama.cpp Q4_0"] = requantized(args, model)
    runners += [LlamaCpp(args.llama_bin, file, threads, name)
                for name, file in files.items() for threads in args.threads]
    if not args.no_openvino:
        runners.append(OpenVino(model, max(args.threads)))
    return runners


def measure(runner, case, timeout):
    """The part of a record that the run decides."""
    try:
        with busy_cores(case.busy):
            read = (runner.read_bandwidth(timeout)
                    if case.one_stream and isinstance(runner, Millijoule)
                    else None)
            result = dataclasses.asdict(runner.measure(case, timeout))
            result["read_bytes_per_second"] = read
        say(f"    {result['tokens_per_second']:.1f} tokens/s")
        return result
    except MeasureError as error:
        say(f"    error: {error}")
        return {"error": str(error)}


def all_records(args):
    records = []
    for model in args.model:
        runners = contestants(args, model)
        failed = set()
        for case in (CASES[name] for name in args.cases):
            for number in range(args.rounds):
                for runner in runners:
                    if (runner, case) in failed:
                        continue
                    say(f"{model.name}, {case.name}, round {number + 1} of "
                        f"{args.rounds}: {runner.engine}, {runner.threads} "
                        "threads")
                    result = measure(runner, case, args.timeout)
                    if "error" in result:
                        failed.add((runner, case))
                    records.append({
                        "model": model.name, "case": case.name,
                        "engine": runner.engine, "threads": runner.threads,
                        "round": number, **result})
    return records


def main():
    args = parse_arguments()
    try:
        machine = machine_facts(args)
        records = all_records(args)
    except MeasureError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("stopped")
    print(table.markdown(machine, records))
    if args.json:
        args.json.write_text(json.dumps(
            {"machine": machine, "rows": records}, indent=1) + "\n")
    if not any("error" not in record for record in records):
        sys.exit("error: nothing could be measured")


if __name__ == "__main__":
    main()
