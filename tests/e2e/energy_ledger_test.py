"""The energy ledger of a real server, and what `energy report` makes of it."""

import csv
import io
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from server import BINARY, Server


def report(*flags):
    done = subprocess.run([str(BINARY), "energy", "report", *flags],
                          capture_output=True, timeout=60, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


class EnergyLedgerTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ledger = str(pathlib.Path(folder.name, "state", "energy.db"))

    def ask(self, server, n=3):
        for i in range(n):
            status, _ = server.post("/v1/completions", prompt=f"Count to {i}:",
                                    max_tokens=16, temperature=0)
            self.assertEqual(status, 200)

    def totals(self, *flags):
        return json.loads(report("--ledger", self.ledger, "--json", *flags))

    def test_after_a_clean_end_it_holds_all_that_the_metrics_showed(self):
        with Server("--energy-ledger", self.ledger) as server:
            self.ask(server)
            time.sleep(0.2)
            shown = server.metric("millijoule_energy_joules_total")
        by_tenant = self.totals("--by", "tenant")
        joules = sum(row["joules"] for row in by_tenant["rows"])
        self.assertGreaterEqual(joules, shown * 0.999999)
        self.assertAlmostEqual(joules / by_tenant["totals"][0]["joules"], 1, 6)
        self.assertEqual(by_tenant["rows"][0]["tenant"], "default")
        self.assertEqual(by_tenant["rows"][0]["requests"], 3)
        self.assertEqual(by_tenant["rows"][0]["output_tokens"], 48)
        self.assertEqual([row["line"] for row in by_tenant["rows"]],
                         ["requests", "idle", "overhead"])
        for key in ("commit", "cpu", "isa", "numerics", "model_fingerprint",
                    "calibration"):
            self.assertTrue(by_tenant[key], key)
        by_model = self.totals("--by", "model")["rows"]
        self.assertEqual(len(by_model), 1)
        self.assertAlmostEqual(by_model[0]["joules"] / joules, 1, 6)
        by_hour = self.totals("--by", "hour")["rows"]
        self.assertAlmostEqual(sum(r["joules"] for r in by_hour) / joules, 1, 6)
        self.assertIn("total", report("--ledger", self.ledger))

    def test_replies_are_what_the_ledger_books(self):
        # Alone on a busy host, steps of this prompt may outlast a window.
        prefill = decode = 0
        with Server("--energy-ledger", self.ledger) as server:
            for prompt in ("word " * 1500, "a short one"):
                status, reply = server.post("/v1/completions", prompt=prompt,
                                            max_tokens=8, ignore_eos=True)
                self.assertEqual(status, 200)
                energy = reply["usage"]["energy"]
                prefill += energy["prefill_joules"]
                decode += energy["decode_joules"]
        by_tenant = self.totals("--by", "tenant")
        if energy["method"] == "modelled":
            self.assertAlmostEqual(
                by_tenant["rows"][0]["joules"] / (prefill + decode), 1, 2)
            self.assertEqual(by_tenant["unknown_reasons"], {})

    def test_a_ledger_that_cannot_be_opened_is_never_called_well(self):
        folder = os.path.dirname(os.path.dirname(self.ledger))
        with Server("--energy-ledger", folder) as server:
            self.ask(server, 1)
            lines = [line for line in server.output().splitlines()
                     if "energy ledger" in line]
        self.assertTrue(lines)
        for line in lines:
            self.assertNotRegex(line, r"(?i)\binfo\b")
            self.assertIn(folder, line)

    def test_kill_nine_takes_the_last_window_at_most(self):
        with Server("--energy-ledger", self.ledger) as server:
            self.ask(server)
            time.sleep(2.5)  # windows close once a second
            shown = server.metric("millijoule_energy_joules_total")
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
        # The scrape itself closed a window, which may not have been written.
        total = self.totals()["totals"][0]
        windows = self.totals()["windows"]
        self.assertLessEqual(total["joules"], shown * 1.000001)
        self.assertGreater(windows, 2)
        self.assertGreater(total["joules"], 0.3 * shown)
        self.assertEqual(self.totals()["missing_windows"], 0)
        # The next life goes on in the same file.
        with Server("--energy-ledger", self.ledger) as server:
            self.ask(server, 1)
        again = self.totals()
        self.assertEqual(len(again["runs"]), 2)
        self.assertGreater(again["totals"][0]["joules"], total["joules"])

    def test_one_server_at_a_time_keeps_a_ledger(self):
        with Server("--energy-ledger", self.ledger) as first:
            self.ask(first, 1)
            with Server("--energy-ledger", self.ledger) as second:
                self.ask(second, 2)
                self.assertEqual(second.metric("millijoule_ledger_up"), 0)
                self.assertIn(f"kept by process {first.process.pid}",
                              second.output())
                time.sleep(2.5)  # windows close once a second
                self.assertEqual(len(self.totals()["runs"]), 1)
                first.process.send_signal(signal.SIGKILL)
                first.process.wait()
                deadline = time.monotonic() + 30
                while (second.metric("millijoule_ledger_up") == 0 and
                       time.monotonic() < deadline):
                    time.sleep(0.1)
                self.assertIn("it can be written again", second.output())
                self.ask(second, 1)
        by_tenant = self.totals("--by", "tenant")
        self.assertEqual(len(by_tenant["runs"]), 2)
        self.assertEqual(by_tenant["rows"][0]["requests"], 1 + 1)
        self.assertEqual(by_tenant["missing_windows"], 0)

    def test_csv_has_the_columns_of_codecarbon(self):
        with Server("--energy-ledger", self.ledger) as server:
            self.ask(server)
        text = report("--ledger", self.ledger, "--csv", "--grid", "DEU",
                      "--pue", "1.5")
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual(len(rows), 1)
        total = self.totals("--grid", "DEU", "--pue", "1.5")["totals"][0]
        self.assertAlmostEqual(float(rows[0]["energy_consumed"]), total["kwh"])
        self.assertAlmostEqual(float(rows[0]["emissions"]),
                               total["gco2e"] / 1000)
        self.assertEqual(rows[0]["country_iso_code"], "DEU")
        self.assertEqual(float(rows[0]["pue"]), 1.5)
        self.assertEqual(rows[0]["gpu_energy"], "")

    def test_the_default_is_in_the_state_folder(self):
        with Server() as server:
            path = pathlib.Path(server.state.name, "millijoule", "energy.db")
            self.assertTrue(path.exists(), server.output())

    def test_what_is_no_ledger_is_refused(self):
        for flags, word in ((["--ledger", "/no/such.db"], "/no/such.db"),
                            (["--ledger", os.fspath(BINARY)], "not a database"),
                            (["--by", "colour"], "colour"),
                            (["--since", "yesterday"], "yesterday"),
                            (["--csv", "--json"], "not both")):
            done = subprocess.run([str(BINARY), "energy", "report", *flags],
                                  capture_output=True, timeout=60, text=True)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(word, done.stderr)

    def test_a_retention_below_a_day_is_refused(self):
        done = subprocess.run(
            [str(BINARY), "serve", "--model", "x", "--energy-ledger",
             self.ledger, "--ledger-retention", "0.5"],
            capture_output=True, timeout=60, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("--ledger-retention is 0.5 days; at least 1 is needed",
                      done.stderr)


if __name__ == "__main__":
    unittest.main()
