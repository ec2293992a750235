"""Budgets, quotas, caps and the Energy service, over the wire."""

import hashlib
import http.client
import json
import pathlib
import tempfile
import threading
import time
import unittest

import grpc

from grpc_reflection_client import BearerKey, ReflectedStub, status_of
from server import Server

PROMPT = "The history of the steam engine begins"
KEYS = {"operator": "open sesame", "ann": "key of ann", "bob": "key of bob"}


def post(server, body, key=None, **headers):
    """Returns (status, headers, JSON) of a completion."""
    connection = http.client.HTTPConnection("127.0.0.1", server.http_port,
                                            timeout=300)
    headers = {name.replace("_", "-"): str(value)
               for name, value in headers.items()}
    if key:
        headers["Authorization"] = "Bearer " + KEYS[key]
    body = {"prompt": PROMPT, "max_tokens": 100, "temperature": 0,
            "ignore_eos": True, **body}
    connection.request("POST", "/v1/completions", json.dumps(body), headers)
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    return reply.status, dict(reply.getheaders()), json.loads(text)


def energy_stub(channel, key=None):
    if key:
        channel = grpc.intercept_channel(channel, BearerKey(KEYS[key]))
    return ReflectedStub(channel, "millijoule.v1.Energy")


class RequestBudgetTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def test_a_reply_ends_where_its_joules_are_spent(self):
        # Without drafts every token costs the same, but for its context.
        plain = {"speculation": "off"}
        whole = post(self.server, plain)[2]
        spent = whole["usage"]["energy"]
        self.assertEqual(whole["choices"][0]["finish_reason"], "length")
        a_token = spent["decode_joules"] / 99
        budget = spent["prefill_joules"] + 40 * a_token
        for name, body, headers in (
                ("body", {"energy": {"max_joules": budget}}, {}),
                ("header", {}, {"x_millijoule_max_joules": budget}),
                ("both", {"energy": {"max_joules": 2 * budget}},
                 {"x_millijoule_max_joules": budget})):
            with self.subTest(name):
                status, _, reply = post(self.server, plain | body, **headers)
                self.assertEqual(status, 200, reply)
                choice, usage = reply["choices"][0], reply["usage"]
                self.assertEqual(choice["finish_reason"], "energy")
                self.assertTrue(30 < usage["completion_tokens"] < 50, usage)
                self.assertTrue(
                    whole["choices"][0]["text"].startswith(choice["text"]))
                joules = usage["energy"]["joules"]
                self.assertGreaterEqual(joules, 0.995 * budget)
                self.assertLessEqual(joules, 1.005 * budget + 1.2 * a_token)

    def test_drafts_are_paid_from_the_same_joules(self):
        drafts = {"speculation": "ngram"}
        whole = post(self.server, drafts)[2]
        budget = 0.5 * whole["usage"]["energy"]["joules"]
        reply = post(self.server, {"energy": {"max_joules": budget},
                                   **drafts})[2]
        choice, usage = reply["choices"][0], reply["usage"]
        self.assertEqual(choice["finish_reason"], "energy")
        self.assertTrue(whole["choices"][0]["text"].startswith(choice["text"]))
        self.assertTrue(0 < usage["completion_tokens"] < 100, usage)
        self.assertGreaterEqual(usage["energy"]["joules"], 0.995 * budget)

    def test_a_prompt_that_costs_all_gets_no_token(self):
        status, _, reply = post(self.server, {"energy": {"max_joules": 1e-9}})
        self.assertEqual(status, 200, reply)
        self.assertEqual(reply["choices"][0]["finish_reason"], "energy")
        self.assertEqual(reply["choices"][0]["text"], "")
        self.assertEqual(reply["usage"]["completion_tokens"], 0)
        energy = reply["usage"]["energy"]
        self.assertEqual(energy["wasted_joules"], energy["joules"])

    def test_bad_budgets_are_named(self):
        for value in (0, -1, "ten", [], True):
            status, _, reply = post(self.server,
                                    {"energy": {"max_joules": value}})
            self.assertEqual(status, 400, reply)
            self.assertEqual(reply["error"]["param"], "energy.max_joules")
        for name in ("x-millijoule-max-joules", "x-llm-d-slo-ttft-ms",
                     "x-llm-d-slo-tpot-ms"):
            for value in ("0", "-1", "nan", "ten"):
                status, _, reply = post(self.server, {},
                                        **{name.replace("-", "_"): value})
                self.assertEqual(status, 400, reply)
                self.assertEqual(reply["error"]["param"], name)

    def test_targets_are_counted(self):
        before = self.server.metric("millijoule_slo_requests_total")
        self.assertEqual(post(self.server, {"max_tokens": 5},
                              x_llm_d_slo_ttft_ms=60000,
                              x_llm_d_slo_tpot_ms=0.0001)[0], 200)
        text = self.server.request("GET", "/metrics")[1]
        self.assertEqual(
            self.server.metric("millijoule_slo_requests_total"), before + 2)
        self.assertRegex(
            text, r'slo_requests_total\{target="ttft",outcome="attained"'
            r'.*\} 1')
        self.assertRegex(
            text, r'slo_requests_total\{target="tpot",outcome="missed".*\} 1')


class TenantTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        folder = cls.folder = tempfile.TemporaryDirectory()
        keys = pathlib.Path(folder.name) / "keys"
        keys.write_text("".join(
            f"{name}:{hashlib.sha256(key.encode()).hexdigest()}\n"
            for name, key in KEYS.items()))
        limits = pathlib.Path(folder.name) / "limits.toml"
        limits.write_text("[tenants.ann]\njoules_per_second = 0.5\n"
                          "burst_joules = 0.1\n")
        cls.server = Server("--api-keys", str(keys), "--tenant-limits",
                            str(limits), "--slo-ttft-ms", "500").__enter__()
        cls.channel = grpc.insecure_channel(cls.server.grpc)

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()
        cls.server.__exit__()
        cls.folder.cleanup()

    def test_a_spent_tenant_waits_and_comes_back(self):
        self.assertEqual(post(self.server, {}, "ann")[0], 200)
        status, headers, reply = post(self.server, {"max_tokens": 1}, "ann")
        self.assertEqual(status, 429, reply)
        self.assertEqual(reply["error"]["type"], "rate_limit_error")
        wait = int(headers["Retry-After"])
        self.assertTrue(1 <= wait < 120, headers)
        self.assertEqual(post(self.server, {"max_tokens": 1}, "bob")[0], 200)
        generate = ReflectedStub(
            grpc.intercept_channel(self.channel, BearerKey(KEYS["ann"])),
            "millijoule.v1.Inference").Generate
        code, details = status_of(lambda: generate({"text": "x"}))
        self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED, details)
        # The operator gives more at run time.
        operator = energy_stub(self.channel, "operator")
        limits = operator.SetLimits({"tenants": [
            {"tenant": "ann", "joules_per_second": 1e6,
             "burst_joules": 1e6}]})
        self.assertEqual(limits.tenants[0].burst_joules, 1e6)
        time.sleep(0.05)
        self.assertEqual(post(self.server, {"max_tokens": 1}, "ann")[0], 200)

    def test_only_the_operator_sees_and_sets(self):
        for key, code in ((None, grpc.StatusCode.UNAUTHENTICATED),
                          ("bob", grpc.StatusCode.PERMISSION_DENIED)):
            stub = energy_stub(self.channel, key)
            for call in (lambda: [stub.Report({})],
                         lambda: [stub.GetLimits({})],
                         lambda: [stub.SetLimits({"power_cap_watts": 1e6})],
                         lambda: stub.Watch({})):
                self.assertEqual(status_of(call)[0], code)
        stub = energy_stub(self.channel, "operator")
        post(self.server, {"max_tokens": 3}, "bob")
        report = stub.Report({})
        self.assertTrue(report.known)
        parts = (report.prefill_joules + report.decode_joules +
                 report.idle_joules + report.overhead_joules)
        self.assertAlmostEqual(report.total_joules, parts, delta=1e-9 * parts)
        self.assertIn("bob", [t.tenant for t in report.tenants])
        self.assertIn(report.method, ("modelled", "measured"))


class PowerCapTest(unittest.TestCase):
    """All by the server's own joules and limits, in ratios: how fast steps are,
    and so what they draw, is the machine's affair and that of its other work."""

    def setUp(self):
        self.server = self.enterContext(Server())
        channel = self.enterContext(grpc.insecure_channel(self.server.grpc))
        self.stub = energy_stub(channel)

    def drawn(self, work):
        """Returns (mean watts, idle joules, seconds) while work() runs."""
        before = self.stub.Report({})
        work()
        after = self.stub.Report({})
        seconds = after.uptime_seconds - before.uptime_seconds
        watts = (after.total_joules - before.total_joules) / seconds
        return watts, after.idle_joules - before.idle_joules, seconds

    def ask(self, limits_seen=None):
        """Returns a reply, and adds to what steps may take meanwhile."""
        replies = []
        asked = threading.Thread(target=lambda: replies.append(
            post(self.server, {"max_tokens": 300})[2]))
        asked.start()
        while asked.is_alive():
            if limits_seen is not None:
                limits_seen.append(
                    self.server.metric("millijoule_limit_busy_ratio"))
            asked.join(0.2)
        return replies[0]["choices"][0]["text"]

    def test_a_cap_is_kept_and_can_be_lifted(self):
        free = self.ask()
        idle = self.drawn(lambda: time.sleep(2))[0]
        cap = 1.25 * idle
        limits = self.stub.SetLimits({"power_cap_watts": cap})
        self.assertLess(limits.busy_share, 0.9, limits)
        self.assertNotIn("packages", limits.reason)  # nobody asked for control

        texts, allowed = [], []
        watts, idle_joules, seconds = self.drawn(
            lambda: texts.append(self.ask(allowed)))
        self.assertEqual(texts, [free])  # the same tokens, only later
        # A window is over the cap where the model guessed, or others had
        # slowed the machine down and let it go.
        self.assertLess(watts, 1.1 * cap)
        self.assertLess(
            self.server.metric("millijoule_power_cap_violation_seconds_total"),
            1.5 + 0.3 * seconds)
        # Steps paused as the limits said.
        self.assertLess(1 - idle_joules / (idle * seconds),
                        0.05 + 1.2 * max(allowed))
        self.assertAlmostEqual(
            self.server.metric("millijoule_power_cap_watts"), cap,
            delta=1e-4 * cap)
        watch = self.stub.Watch({"interval_seconds": 0.1})
        self.assertAlmostEqual(next(watch).power_cap_watts, cap)
        watch.cancel()

        self.assertFalse(
            self.stub.SetLimits({"power_cap_watts": 0}).HasField(
                "power_cap_watts"))
        self.assertEqual(self.server.metric("millijoule_limit_busy_ratio"), 1)

    def test_a_cap_under_idle_is_refused(self):
        code, details = status_of(
            lambda: [self.stub.SetLimits({"power_cap_watts": 0.01})])
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("idle power", details)


if __name__ == "__main__":
    unittest.main()
