"""millijoule-bench load, on the real server and model."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import unittest

from server import BENCH, Server, free_port

TTFT = "millijoule_time_to_first_token_seconds"


def load(*flags, **environment):
    """Returns (exit status, JSON or None, standard error)."""
    done = subprocess.run([str(BENCH), "load", "--json", "-", *flags],
                          capture_output=True, text=True, timeout=300,
                          env={**os.environ, **environment})
    return (done.returncode, json.loads(done.stdout) if done.stdout else None,
            done.stderr)


@contextlib.contextmanager
def tls_in_front_of(http_port):
    """HAProxy that ends TLS. Gives (port, file of its certificate)."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = pathlib.Path(name), free_port()
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
             "-days", "1", "-subj", "/CN=localhost", "-addext",
             "subjectAltName=DNS:localhost", "-keyout", folder / "both.pem",
             "-out", folder / "certificate.pem"],
            check=True, capture_output=True)
        certificate = folder / "certificate.pem"
        with open(folder / "both.pem", "a") as both:
            both.write(certificate.read_text())
        (folder / "haproxy.cfg").write_text(f"""
defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen tls
  bind 127.0.0.1:{port} ssl crt {folder}/both.pem
  server ours 127.0.0.1:{http_port}
""")
        proxy = subprocess.Popen(
            ["/usr/sbin/haproxy", "-f", folder / "haproxy.cfg"],
            stderr=subprocess.DEVNULL)
        try:
            wait_for_port(port)
            yield port, certificate
        finally:
            proxy.terminate()
            proxy.wait(10)


def wait_for_port(port):
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


class LoadTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--threads", "1")
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def ttft(self):
        """The server's own: (sum of seconds, count)."""
        text = self.server.request("GET", "/metrics")[1]
        return [float(re.search(rf"^{TTFT}_{key}{{.*}} (\S+)", text,
                                re.M).group(1)) for key in ("sum", "count")]

    def test_both_apis_count_the_tokens_and_joules_of_the_server(self):
        for flags in (["--url", self.server.http],
                      ["--url", self.server.http + "/v1/chat/completions",
                       "--check-tokens"],
                      ["--url", self.server.grpc, "--api", "grpc"]):
            with self.subTest(flags):
                status, result, errors = load(
                    *flags, "--concurrency", "3", "--requests", "12",
                    "--warm-up", "0", "--prompt-tokens", "20",
                    "--output-tokens", "8")
                self.assertEqual(status, 0, errors)
                (row,) = result["rows"]
                self.assertEqual(row["errors"], {})
                self.assertEqual(row["succeeded"], 12)
                self.assertEqual(row["output_tokens"], 12 * 8)
                self.assertGreaterEqual(row["prompt_tokens"], 12 * 20)
                self.assertGreater(row["joules_per_output_token"], 0)
                self.assertIn(row["energy_method"], ("modelled", "measured"))

    def test_its_ttft_is_the_servers(self):
        before = self.ttft()
        _, result, errors = load(
            "--url", self.server.http, "--rate", "5", "--requests", "20",
            "--warm-up", "0", "--prompt-tokens", "uniform:20:100",
            "--output-tokens", "8")
        after = self.ttft()
        self.assertEqual(after[1] - before[1], 20, errors)
        server = 1e3 * (after[0] - before[0]) / 20
        client = result["rows"][0]["ttft_from_send_ms"]["mean"]
        # 2 % and 1 ms on a quiet machine; this one may be busy.
        self.assertGreater(client, server)
        self.assertLess(client, 1.1 * server + 25)

    def test_provenance_is_the_servers(self):
        _, result, errors = load("--url", self.server.http, "--concurrency",
                                 "1", "--requests", "1", "--output-tokens",
                                 "2")
        for key in ("commit", "cpu", "isa", "numerics", "model_fingerprint",
                    "calibration"):
            self.assertTrue(result[key], f"{key}: {errors}")

    def test_a_page_and_a_sweep(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "load.html"
            status, result, errors = load(
                "--url", self.server.http, "--sweep", "2:4",
                "--slo-ttft-ms", "60000", "--requests", "6",
                "--prompt-tokens", "10", "--output-tokens", "4", "--html",
                str(page))
            self.assertEqual(status, 0, errors)
            self.assertEqual([row["rate"] for row in result["rows"]], [2, 4])
            self.assertEqual(result["highest_rate_within_slo"], 4)
            self.assertIn("</html>", page.read_text())

    def test_what_fails_is_named(self):
        few = ("--concurrency", "1", "--requests", "3")
        for url, kind in ((self.server.http + "/nowhere", "http_404"),
                          ("http://127.0.0.1:1", "connect_refused")):
            with self.subTest(url):
                status, result, errors = load("--url", url, *few)
                self.assertEqual(status, 1)
                self.assertEqual(result["rows"][0]["errors"], {kind: 3})
                self.assertIn("no request succeeded", errors)

    def test_tls_is_spoken_and_certificates_are_checked(self):
        few = ("--concurrency", "2", "--requests", "6", "--prompt-tokens",
               "10", "--output-tokens", "4", "--warm-up", "0")
        with tls_in_front_of(self.server.http_port) as (port, certificate):
            url = f"https://localhost:{port}"
            status, result, errors = load("--url", url, *few,
                                          SSL_CERT_FILE=str(certificate))
            self.assertEqual(status, 0, errors)
            (row,) = result["rows"]
            self.assertEqual((row["succeeded"], row["errors"]), (6, {}))
            self.assertTrue(result["model_fingerprint"], errors)
            for url, environment in (
                    (url, {}),  # nobody vouches for it
                    (f"https://127.0.0.1:{port}",  # it is another's
                     {"SSL_CERT_FILE": str(certificate)})):
                status, result, errors = load("--url", url, *few,
                                              **environment)
                self.assertEqual(status, 1)
                self.assertEqual(result["rows"][0]["errors"],
                                 {"tls_untrusted": 6}, errors)
        status, result, _ = load(
            "--url", f"https://127.0.0.1:{self.server.http_port}", *few)
        self.assertEqual((status, result["rows"][0]["errors"]),
                         (1, {"tls_failed": 6}))


if __name__ == "__main__":
    unittest.main()
