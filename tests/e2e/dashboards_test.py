"""Dashboards and alerts on a real Prometheus that scrapes a real server: every
panel's query gives data, in the unit that the panel says it has."""

import json
import math
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

from server import ROOT, Server, free_port

GRAFANA = ROOT / "deploy" / "grafana"
PROMETHEUS = ROOT / "deploy" / "prometheus"
METRICS = (ROOT / "deploy" / "metrics.md").read_text()


class Prometheus:
    """Scrapes `server` once a second, with the rules of deploy/prometheus."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.folder.name)
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(PROMETHEUS / "rules.yml")],
            "scrape_configs": [{
                "job_name": "millijoule",
                "static_configs": [{
                    "targets": [f"127.0.0.1:{self.server.http_port}"]}]}]}))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}",
             f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdout=self.log, stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()
        self.folder.cleanup()

    def get(self, path, **query):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as reply:
            return json.load(reply)["data"]

    def series(self, query):
        return self.get("query", query=query)["result"]

    def until(self, query, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.series(query):
                    return
            except OSError:  # it is still starting
                pass
            time.sleep(0.2)
        self.log.seek(0)
        raise AssertionError(f"no data for {query} within {seconds} s:\n"
                             f"{self.log.read()[-2000:].decode()}")


def dashboards():
    return [json.loads(file.read_text())
            for file in sorted((GRAFANA / "dashboards").glob("*.json"))]


def panels():
    for dashboard in dashboards():
        for panel in dashboard["panels"]:
            if panel["type"] != "row":
                yield f"{dashboard['title']}, {panel['title']}", panel


def resolved(expression):
    return (expression.replace("$__rate_interval", "30s")
            .replace("$instance", ".*").replace("$model", ".*"))


def load(server, stop):
    text = "One two three four. One two three four. One two three four. One"
    while not stop.is_set():
        server.post("/v1/completions", prompt=text, max_tokens=24,
                    temperature=0, ignore_eos=True)


class FilesTest(unittest.TestCase):

    def test_dashboards_are_what_the_code_writes(self):
        subprocess.run([sys.executable, "-B", GRAFANA / "dashboards.py",
                        "--check"], check=True)

    def test_kubernetes_has_the_same_rules(self):
        subprocess.run([sys.executable, "-B",
                        PROMETHEUS / "kubernetes_rules.py", "--check"],
                       check=True)

    def test_every_metric_is_on_a_panel(self):
        shown = " ".join(target["expr"] for _, panel in panels()
                         for target in panel["targets"])
        for name in re.findall(r"^\| `(\w+)`", METRICS, re.M):
            with self.subTest(name):
                self.assertTrue(name in shown, "on no panel")

    def test_panels_do_not_lie_over_one_another(self):
        for dashboard in dashboards():
            taken = set()
            for panel in dashboard["panels"]:
                at = panel["gridPos"]
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                         for y in range(at["y"], at["y"] + at["h"])}
                self.assertFalse(taken & cells, panel["title"])
                self.assertLessEqual(at["x"] + at["w"], 24)
                taken |= cells

    def test_rules_and_their_tests(self):
        for command in (["check", "rules"], ["test", "rules"]):
            file = "rules.yml" if command[0] == "check" else "rules_test.yml"
            done = subprocess.run(["promtool", *command, file], cwd=PROMETHEUS,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_has_a_test_and_a_paragraph(self):
        rules = (PROMETHEUS / "rules.yml").read_text()
        tests = (PROMETHEUS / "rules_test.yml").read_text()
        runbook = (PROMETHEUS / "runbook.md").read_text()
        alerts = re.findall(r"- alert: (\w+)", rules)
        self.assertGreaterEqual(len(alerts), 8)
        for alert in alerts:
            with self.subTest(alert):
                self.assertIn(f"## {alert}\n", runbook)
                self.assertIn(f"runbook.md#{alert.lower()}\"", rules)
                self.assertRegex(tests, rf"{alert}\b[^\n]*\n\s+exp_alerts:\n")


class PrometheusTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.limits = tempfile.NamedTemporaryFile("w", suffix=".toml")
        cls.limits.write("[tenants.default]\njoules_per_second = 1000\n"
                         "burst_joules = 1000000\n")
        cls.limits.flush()
        cls.server = Server(
            "--governor", "energy", "--slo-ttft-ms", "800", "--slo-tpot-ms",
            "100", "--power-cap-watts", "500", "--shadow",
            "hermes-14nm,kv260-llama2", "--tenant-limits",
            cls.limits.name, "--actuator-helper",
            "/no/such/helper").__enter__()
        cls.prometheus = Prometheus(cls.server).__enter__()
        stop = threading.Event()
        clients = [threading.Thread(target=load, args=(cls.server, stop))
                   for _ in range(2)]
        for client in clients:
            client.start()
        try:
            cls.prometheus.until(
                "count_over_time(millijoule_steps_total[30s]) >= 12")
        finally:
            stop.set()
            for client in clients:
                client.join()
        cls.time = time.time()

    @classmethod
    def tearDownClass(cls):
        cls.prometheus.__exit__()
        cls.server.__exit__()
        cls.limits.close()

    def series(self, expression):
        return self.prometheus.get("query", query=resolved(expression),
                                   time=self.time)["result"]

    def test_every_query_gives_data(self):
        checked = 0
        for title, panel in panels():
            for target in panel["targets"]:
                with self.subTest(f"{title}: {target['expr']}"):
                    series = self.series(target["expr"])
                    checked += 1
                    if target.get("needs"):
                        continue  # that this host may lack
                    self.assertTrue(series, "no data")

    def test_ratios_lie_between_none_and_all(self):
        whole = ("Targets kept", "KV blocks", "Prompt tokens found",
                 "Accepted of drafted", "TTFT kept", "TPOT kept", "Wasted")
        for title, panel in panels():
            if panel["title"] not in whole:
                continue
            self.assertEqual(panel["fieldConfig"]["defaults"]["unit"],
                             "percentunit", title)
            for target in panel["targets"]:
                for one in self.series(target["expr"]):
                    value = float(one["value"][1])
                    if not math.isnan(value):  # nothing to be a part of
                        self.assertTrue(0 <= value <= 1, (title, value))

    def test_watts_are_joules_over_seconds(self):
        """What the panel calls watts is what the counter says it is."""
        watts = next(panel for title, panel in panels()
                     if title.endswith("energy, Power"))
        self.assertEqual(watts["fieldConfig"]["defaults"]["unit"], "watt")
        told = float(self.prometheus.get(
            "query", query=resolved(watts["targets"][0]["expr"])
            .replace("[30s]", "[10s]"), time=self.time)["result"][0]["value"][1])
        counted = [one["values"] for one in self.prometheus.get(
            "query", query="millijoule_energy_joules_total[10s]",
            time=self.time)["result"]]
        joules = sum(float(one[-1][1]) - float(one[0][1]) for one in counted)
        seconds = counted[0][-1][0] - counted[0][0][0]
        self.assertAlmostEqual(told, joules / seconds, delta=0.01 * told)

    def test_variables_resolve(self):
        for dashboard in dashboards():
            for variable in dashboard["templating"]["list"]:
                if variable["type"] != "query":
                    continue
                metric, label = re.fullmatch(
                    r"label_values\((.*), (\w+)\)",
                    variable["query"]["query"]).groups()
                series = self.prometheus.get("series", **{
                    "match[]": resolved(metric)})
                self.assertTrue({one[label] for one in series})

    def test_annotations_resolve(self):
        for dashboard in dashboards():
            for annotation in dashboard["annotations"]["list"]:
                self.series(annotation["expr"])  # an error raises

    def test_rules_are_evaluated_and_none_fires(self):
        groups = self.prometheus.get("rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        self.assertGreaterEqual(len(rules), 12)
        for rule in rules:
            self.assertEqual(rule["health"], "ok", rule)
            self.assertNotEqual(rule.get("state"), "firing", rule)

    def test_own_metrics_pass_promtool(self):
        text = self.server.request("GET", "/metrics")[1]
        own = "".join(line + "\n" for line in text.splitlines()
                      if "vllm:" not in line)
        done = subprocess.run(["promtool", "check", "metrics"], input=own,
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
