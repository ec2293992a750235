"""The governor over the wire. Its helper is absent here, so that the test
changes no host: governing a made tree is tests/engine/engine_govern_test.cc."""

import http.client
import json
import re
import subprocess
import time
import unittest

import grpc

from grpc_reflection_client import ReflectedStub
from server import BINARY, SMOLLM2, Server

TARGETS = ("--slo-ttft-ms", "800", "--slo-tpot-ms", "50")
NO_HELPER = ("--actuator-helper", "/no/such/helper")


def ask(server, max_tokens=20):
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port,
                                            timeout=120)
    body = {"prompt": "The steam engine", "max_tokens": max_tokens,
            "temperature": 0, "ignore_eos": True}
    connection.request("POST", "/v1/completions", json.dumps(body))
    reply = json.loads(connection.getresponse().read())
    connection.close()
    return reply["choices"][0]["text"]


class AdvisoryGovernorTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        with Server() as server:
            cls.ungoverned = ask(server)
            cls.ungoverned_metrics = server.request("GET", "/metrics")[1]
        cls.server = Server("--governor", "energy", *TARGETS,
                            *NO_HELPER).__enter__()
        cls.text = ask(cls.server)
        cls.metrics = cls.server.request("GET", "/metrics")[1]

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def value(self, name, **labels):
        for line in self.metrics.splitlines():
            if line.startswith(name + "{") and all(
                    f'{key}="{value}"' in line
                    for key, value in labels.items()):
                return float(line.rsplit(" ", 1)[1])
        return None

    def test_tokens_do_not_depend_on_it(self):
        self.assertEqual(self.text, self.ungoverned)

    def test_without_the_flag_there_is_no_governor(self):
        self.assertNotIn("millijoule_governor", self.ungoverned_metrics)
        self.assertNotIn("millijoule_frequency", self.ungoverned_metrics)

    def test_it_says_once_that_it_is_advisory_and_why(self):
        lines = [line for line in self.server.output().splitlines()
                 if "advisory" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertIn("governor energy is advisory", lines[0])
        self.assertIn("/no/such/helper", lines[0])

    def test_decisions_are_exported_with_their_reasons(self):
        self.assertEqual(self.value("millijoule_governor_advisory",
                                    governor="energy"), 1)
        decisions = re.findall(
            r'millijoule_governor_decisions_total\{phase="(\w+)",'
            r'reason="([^"]+)".*\} (\d+)', self.metrics)
        counts = {}
        for phase, reason, count in decisions:
            self.assertTrue(reason)
            counts[phase] = counts.get(phase, 0) + int(count)
        self.assertEqual(counts["prefill"], 1)
        self.assertEqual(counts["decode"], 19)
        self.assertGreater(counts["idle"], 0)
        self.assertGreater(self.value("millijoule_frequency_hertz",
                                      kind="requested"), 1e8)
        self.assertIsNone(self.value("millijoule_frequency_hertz",
                                     kind="achieved"))
        for kind in ("predicted", "achieved"):
            self.assertGreater(
                self.value("millijoule_governor_step_seconds_total",
                           phase="decode", kind=kind), 0)

    def test_watch_tells_the_clocks(self):
        with grpc.insecure_channel(self.server.grpc) as channel:
            stub = ReflectedStub(channel, "millijoule.v1.Energy")
            message = next(iter(stub.Watch({"interval_seconds": 0.1})))
        self.assertEqual(message.governor, "energy")
        self.assertTrue(message.governor_advisory)
        self.assertGreater(message.frequency_requested_hertz, 1e8)
        self.assertFalse(message.HasField("frequency_achieved_hertz"))

    def test_a_power_cap_tells_that_the_packages_are_left_alone(self):
        with grpc.insecure_channel(self.server.grpc) as channel:
            stub = ReflectedStub(channel, "millijoule.v1.Energy")
            limits = stub.SetLimits({"power_cap_watts": 1e4})
            self.assertIn("packages not limited: ", limits.reason)
            self.assertEqual(
                self.server.metric("millijoule_package_limit_works"), 0)
            told = "power cap: packages not limited: "
            deadline = time.monotonic() + 30
            while (told not in self.server.output() and
                   time.monotonic() < deadline):
                time.sleep(0.1)
            self.assertEqual(self.server.output().count(told), 1)
            limits = stub.SetLimits({"power_cap_watts": 0})
            self.assertNotIn("packages", limits.reason)


class RefusalTest(unittest.TestCase):

    def test_what_a_policy_lacks_is_named(self):
        for flags, error in (
                (("--governor", "energy"), "needs --slo-ttft-ms"),
                (("--governor", "fixed"), "needs --frequency-mhz"),
                (("--governor", "none"), "known: fmax, fixed"),
                (("--frequency-mhz", "2000"), "needs --governor fixed"),
                (("--governor", "fixed", "--frequency-mhz", "99000",
                  *NO_HELPER), "the frequency is 99000 MHz")):
            with self.subTest(flags=flags):
                run = subprocess.run(
                    [BINARY, "serve", "--model", SMOLLM2, "--http",
                     "127.0.0.1:0", "--grpc", "127.0.0.1:0",
                     "--energy-ledger", "off", *flags],
                    capture_output=True, text=True, timeout=60)
                self.assertNotEqual(run.returncode, 0)
                self.assertIn(error, run.stderr + run.stdout)


if __name__ == "__main__":
    unittest.main()
