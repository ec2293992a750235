"""The programs that are compared. Each has `engine` (the row of the table),
`threads`, and measure(case, timeout) -> Measurement or MeasureError.

CPU time is told per timed token: where a program computes other tokens too,
the CPU time of a run without the timed ones is taken off.
"""

import json
import pathlib
import sys

from cases import Measurement, MeasureError
from child import run_child


def per_token(seconds, tokens):
    return seconds / tokens if seconds > 0 and tokens > 0 else None


def parse_offline(text):
    """`millijoule-bench offline --json`: one object."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise MeasureError(
            f"millijoule-bench offline printed no JSON: {error}") from error


def parse_read(text):
    """`millijoule-bench kernels --op read --json`: the most bytes a second."""
    try:
        return 1e9 * max(row["gb_per_second"]
                         for row in json.loads(text)["rows"])
    except (ValueError, KeyError, TypeError) as error:
        raise MeasureError(
            f"millijoule-bench kernels printed other JSON than expected: "
            f"{error}") from error


def parse_llama_bench(text):
    """`llama-bench -o json` of one test: (tokens per second, facts)."""
    try:
        (row,) = json.loads(text)
        return row["avg_ts"], {"keys and values": row["type_k"]}
    except (ValueError, KeyError) as error:
        raise MeasureError(
            f"llama-bench printed other JSON than expected: {error}"
        ) from error


def parse_batched_bench(text):
    """`llama-batched-bench --output-format jsonl` of one test: its object."""
    rows = [json.loads(line) for line in text.splitlines()
            if line.startswith("{")]
    if len(rows) != 1 or "speed_tg" not in rows[0]:
        raise MeasureError(
            f"llama-batched-bench printed {len(rows)} results instead of one "
            "(does the context hold all streams?)")
    return rows[0]


class Millijoule:

    def __init__(self, binary, model, numerics, threads, isa):
        self.engine = f"Millijoule {numerics}"
        self.threads = threads
        self._read = [str(binary), "kernels", "--op", "read", "--json"]
        self._command = [str(binary), "offline", "--json", "--model",
                         str(model), "--threads", str(threads)]
        if numerics != "default":
            self._command += ["--numerics", numerics]
        if isa:
            self._command += ["--isa", isa]

    def read_bandwidth(self, timeout):
        """What memory gives at this moment: bytes a second."""
        return parse_read(run_child(self._read, timeout).stdout)

    def _run(self, case, output, timeout):
        command = self._command + [
            "--prompt-tokens", str(case.prompt), "--output-tokens",
            str(output), "--batch", str(case.batch)]
        child = run_child(command, timeout)
        return command, child, parse_offline(child.stdout)

    def measure(self, case, timeout):
        command, child, full = self._run(case, case.output, timeout)
        rate, cpu = full["prefill_tokens_per_second"], full["cpu_seconds"]
        if not case.prefill:
            # Prompts of many streams overlap with the first decode steps, so
            # decode alone is what the run of one token each leaves over.
            _, _, first = self._run(case, 1, timeout)
            cpu -= first["cpu_seconds"]
            wall = full["wall_seconds"] - first["wall_seconds"]
            rate = (full["decode_tokens_per_second"] if case.batch == 1 else
                    case.timed_tokens / wall if wall > 0 else None)
        if not rate:
            raise MeasureError("too short to time: " + " ".join(command))
        facts = {key: full[key] for key in (
            "commit", "build", "isa", "numerics", "backend", "cpu",
            "calibration", "model_fingerprint")}
        return Measurement(rate, per_token(cpu, case.timed_tokens),
                           child.peak_rss_bytes, facts, command,
                           full.get("weight_bytes_per_token"))


class LlamaCpp:

    def __init__(self, folder, model, threads, name="llama.cpp"):
        self.engine = name
        self.threads = threads
        self._folder = pathlib.Path(folder)
        self._model = ["-m", str(model), "-t", str(threads)]
        self._base_cpu = {}  # (case name: CPU seconds without timed tokens)

    def _bench(self, prompt):
        # Its warm-up computes the whole prompt once more.
        return [str(self._folder / "llama-bench"), *self._model, "-p",
                str(prompt), "-n", "0", "-r", "1", "-o", "json"]

    def _batched(self, case, output):
        context = case.batch * (case.prompt + case.output)
        return [str(self._folder / "llama-batched-bench"), *self._model, "-c",
                str(-(-context // 256) * 256), "-npp", str(case.prompt),
                "-ntg", str(output), "-npl", str(case.batch),
                "--output-format", "jsonl"]

    def _cpu_before(self, case, command, timeout):
        """Loading, warming up and, for decode, the prompts; run once."""
        if case.name not in self._base_cpu:
            self._base_cpu[case.name] = run_child(command, timeout).cpu_seconds
        return self._base_cpu[case.name]

    def measure(self, case, timeout):
        if case.prefill:
            command, base = self._bench(case.prompt), self._bench(1)
            child = run_child(command, timeout)
            rate, facts = parse_llama_bench(child.stdout)
            tokens = 2 * (case.prompt - 1)
        else:
            command, base = (self._batched(case, n) for n in (case.output, 1))
            child = run_child(command, timeout)
            rate, facts = parse_batched_bench(child.stdout)["speed_tg"], {}
            tokens = case.batch * (case.output - 1)
        cpu = child.cpu_seconds - self._cpu_before(case, base, timeout)
        return Measurement(rate, per_token(cpu, tokens), child.peak_rss_bytes,
                           facts, command)


class OpenVino:
    engine = "OpenVINO GenAI"

    def __init__(self, model, threads):
        self.threads = threads
        self._command = [
            sys.executable, str(pathlib.Path(__file__).with_name(
                "openvino_child.py")), "--model", str(model), "--threads",
            str(threads)]

    def measure(self, case, timeout):
        command = self._command + [
            "--prompt", str(case.prompt), "--output", str(case.output),
            "--batch", str(case.batch)]
        child = run_child(command, timeout)
        took = json.loads(child.stdout.splitlines()[-1])
        wall, cpu = took["first_wall_seconds"], took["first_cpu_seconds"]
        if not case.prefill:
            wall = took["wall_seconds"] - wall
            cpu = took["cpu_seconds"] - cpu
        if wall <= 0:
            raise MeasureError("too short to time: " + " ".join(command))
        return Measurement(case.timed_tokens / wall,
                           per_token(cpu, case.timed_tokens),
                           child.peak_rss_bytes, {"version": took["version"]},
                           command)
