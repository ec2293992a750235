"""What a scrape of /metrics and a load report take, idle and among 256 streams."""

import concurrent.futures
import http.client
import json
import statistics
import threading
import time
import unittest

from server import Server

STREAMS = 256
SCRAPES = 20
# Far over what a scrape takes, and of the quickest quarter: a host that others
# keep busy must not fail it. One that waits for steps of 256 sequences does.
AT_MOST_SECONDS = 0.05
AT_MOST_CPU_SECONDS = 0.005


class ScrapeTest(unittest.TestCase):

    def scrape_seconds(self, server):
        connection = http.client.HTTPConnection("127.0.0.1", server.http_port)
        times = []
        for _ in range(SCRAPES):
            started = time.monotonic()
            connection.request("GET", "/metrics")
            reply = connection.getresponse()
            text = reply.read()
            times.append(time.monotonic() - started)
            self.assertEqual(reply.status, 200)
            time.sleep(0.02)
        self.assertIn(b"millijoule_energy_joules_total", text)
        quickest = statistics.quantiles(times)[0]
        return statistics.median(times), quickest

    def test_a_scrape_never_waits_for_the_engine(self):
        with Server("--kv-memory", "1G") as server:
            before = server.cpu_seconds()
            idle, quick_idle = self.scrape_seconds(server)
            cpu = (server.cpu_seconds() - before) / SCRAPES
            stop = threading.Event()

            def stream(i):
                connection = http.client.HTTPConnection("127.0.0.1",
                                                        server.http_port)
                connection.request("POST", "/v1/completions", json.dumps(
                    dict(prompt=f"Item {i}", max_tokens=1000, stream=True,
                         ignore_eos=True)))
                reply = connection.getresponse()
                while not stop.is_set() and reply.read1():
                    pass
                connection.close()

            with concurrent.futures.ThreadPoolExecutor(STREAMS) as pool:
                streams = [pool.submit(stream, i) for i in range(STREAMS)]
                deadline = time.monotonic() + 60
                while (server.metric("vllm:num_requests_running") < STREAMS
                       and time.monotonic() < deadline):
                    time.sleep(0.1)
                self.assertEqual(server.metric("vllm:num_requests_running"),
                                 STREAMS)
                busy, quick_busy = self.scrape_seconds(server)
                stop.set()
                for one in streams:
                    one.result()
            print(f"a scrape, median: {1e3 * idle:.2f} ms idle, "
                  f"{1e3 * busy:.2f} ms among {STREAMS} streams; "
                  f"{1e3 * cpu:.1f} ms of a processor")
            self.assertLess(quick_idle, AT_MOST_SECONDS)
            self.assertLess(quick_busy, AT_MOST_SECONDS)
            self.assertLess(cpu, AT_MOST_CPU_SECONDS)

    def test_a_load_report_comes_with_the_reply(self):
        with Server() as server:
            connection = http.client.HTTPConnection("127.0.0.1",
                                                    server.http_port)

            def ask(form, **body):
                connection.request("POST", "/v1/completions", json.dumps(
                    dict(prompt="The steam engine", max_tokens=40,
                         ignore_eos=True, **body)),
                    {"endpoint-load-metrics-format": form})
                reply = connection.getresponse()
                reply.read()
                return reply.getheader("endpoint-load-metrics")

            self.assertIsNone(ask("BIN"))
            deadline = time.monotonic() + 30
            report = ask("TEXT")
            while "joules_per_token" not in report:
                self.assertLess(time.monotonic(), deadline, report)
                report = ask("TEXT", stream=True)
            kind, rest = report.split(" ", 1)
            self.assertEqual(kind, "TEXT")
            values = {name: float(value) for name, value in
                      (pair.split("=") for pair in rest.split(", "))}
            self.assertGreater(values["named_metrics.watts"], 0)
            self.assertGreater(values["named_metrics.joules_per_token"], 0)
            self.assertEqual(values["named_metrics.num_requests_waiting"], 0)
            kind, rest = ask("JSON").split(" ", 1)
            self.assertEqual(kind, "JSON")
            self.assertIn("kv_cache_usage_perc",
                          json.loads(rest)["named_metrics"])


if __name__ == "__main__":
    unittest.main()
