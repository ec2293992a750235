"""Starts build/bin/millijoule on free loopback ports for the end-to-end tests."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "build" / "bin" / "millijoule"
BENCH = ROOT / "build" / "bin" / "millijoule-bench"
MODELS = pathlib.Path(
    os.environ.get("MILLIJOULE_MODEL_DIR",
                   pathlib.Path.home() / ".cache/millijoule/models"))
SMOLLM2 = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf"
GEMMA3 = MODELS / "gemma-3-270m-q4_k_m.gguf"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """`with Server("--max-num-seqs", "8") as server:` runs one."""

    def __init__(self, *flags, model=SMOLLM2):
        self.http_port, self.grpc_port = free_port(), free_port()
        self.http = f"http://127.0.0.1:{self.http_port}"
        self.grpc = f"127.0.0.1:{self.grpc_port}"
        self.command = [
            str(BINARY), "serve", "--model", str(model), "--http",
            f"127.0.0.1:{self.http_port}", "--grpc", self.grpc, *flags
        ]

    def __enter__(self):
        self.log = tempfile.TemporaryFile()
        self.state = tempfile.TemporaryDirectory()  # of the energy ledger
        environment = {**os.environ, "XDG_STATE_HOME": self.state.name}
        self.process = subprocess.Popen(self.command, stdout=self.log,
                                        stderr=subprocess.STDOUT,
                                        env=environment)
        started = time.monotonic()
        while time.monotonic() - started < 30:
            if self.process.poll() is not None:
                break
            try:
                if self.request("GET", "/ready")[0] == 200:
                    self.seconds_to_ready = time.monotonic() - started
                    return self
            except OSError:
                pass
            time.sleep(0.01)
        raise AssertionError(f"{self.command} is not ready:\n{self.output()}")

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.exit_code = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("the server did not end after SIGTERM")
        finally:
            self.state.cleanup()

    def output(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def request(self, method, path, body=None, headers=None, timeout=300):
        """Returns (status, parsed JSON or text)."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        request = urllib.request.Request(
            self.http + path, body,
            {"Content-Type": "application/json", **(headers or {})},
            method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as reply:
                status, text = reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def post(self, path, **body):
        return self.request("POST", path, body)

    def metric(self, name):
        """The sum of a metric's samples."""
        total, found = 0.0, False
        for line in self.request("GET", "/metrics")[1].splitlines():
            if line.startswith(name) and line[len(name)] in " {":
                total, found = total + float(line.rsplit(" ", 1)[1]), True
        if not found:
            raise AssertionError(f"no metric {name}")
        return total

    def status_field(self, name):
        """A line of /proc/PID/status in bytes or as a number."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(name + ":"):
                fields = line.split()
                scale = 1024 if fields[-1] == "kB" else 1
                return int(fields[1]) * scale
        raise AssertionError(f"no {name} in the process's status")

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read()
        fields = fields.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_idle(self, seconds=20):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if (self.metric("vllm:num_requests_running") == 0 and
                    self.metric("vllm:num_requests_waiting") == 0):
                return
            time.sleep(0.02)
        raise AssertionError(f"the server is still busy after {seconds} s")
