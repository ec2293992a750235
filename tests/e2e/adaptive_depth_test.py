"""Adaptive depth over the wire, on the real model and a head trained for it."""

import hashlib
import json
import pathlib
import subprocess
import tempfile
import unittest

from server import BENCH, BINARY, ROOT, SMOLLM2, Server

ADAPTIVE = {"quality": "adaptive"}
PROMPT = "The server writes each window of its meter into a file"


def ask(server, **fields):
    return server.post("/v1/completions",
                       **{"prompt": PROMPT, "max_tokens": 120,
                          "temperature": 0, "ignore_eos": True,
                          "speculation": "off", **fields})


class AdaptiveDepthTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.head = pathlib.Path(cls.folder.name, "smollm2.exit-head")
        subprocess.run(
            [BINARY, "train-exit-head", "--model", SMOLLM2, "--text",
             ROOT / "README.md", "--layer", "20",
             "--draft-vocabulary", "8192", "--output", cls.head],
            check=True, capture_output=True, timeout=300)
        cls.checksum = hashlib.sha256(cls.head.read_bytes()).hexdigest()

    def test_confident_tokens_leave_and_the_reply_says_so(self):
        with Server("--exit-head", str(self.head), "--exit-margin",
                    "1") as server:
            status, full = ask(server)
            self.assertEqual(status, 200, full)
            self.assertNotIn("quality", full["usage"]["energy"])
            status, reply = ask(server, energy=ADAPTIVE)
            self.assertEqual(status, 200, reply)
            usage = reply["usage"]
            quality = usage["energy"]["quality"]
            self.assertEqual(quality["mode"], "adaptive")
            self.assertEqual(quality["exit_head"], self.checksum)
            self.assertGreater(quality["early_tokens"], 0)
            self.assertAlmostEqual(
                quality["early_share"],
                quality["early_tokens"] / usage["completion_tokens"])
            self.assertEqual(
                server.metric('millijoule_adaptive_tokens_total{depth="early"'
                              ',model_name="SmolLM2-135M-Instruct.Q4_1"}'),
                quality["early_tokens"])
            self.assertEqual(server.metric("millijoule_adaptive_tokens_total"),
                             usage["completion_tokens"])
            # Who does not ask gets the model's own reply, as before.
            again = ask(server)[1]
            self.assertEqual(again["choices"], full["choices"])
            # What is drawn runs whole; its reply says that, too.
            drawn = ask(server, energy=ADAPTIVE, temperature=1, seed=1)[1]
            quality = drawn["usage"]["energy"]["quality"]
            self.assertEqual(quality["early_tokens"], 0)
            self.assertEqual(quality["whole_because"], "sampling")
            self.assertEqual(drawn["choices"],
                             ask(server, temperature=1, seed=1)[1]["choices"])

    def test_its_blocks_are_not_found_again(self):
        with Server("--exit-head", str(self.head), "--exit-margin",
                    "0") as server:
            reply = ask(server, energy=ADAPTIVE)[1]
            prompt = PROMPT + reply["choices"][0]["text"] + " and"
            cached = [
                ask(server, prompt=prompt, max_tokens=1)[1]["usage"]
                ["prompt_tokens_details"]["cached_tokens"] for _ in range(2)]
            self.assertEqual(cached[0], 0)
            self.assertGreater(cached[1], 64)  # computed whole meanwhile

    def test_what_is_not_offered_is_refused_by_name(self):
        cases = (((), ADAPTIVE, "--exit-head"),
                 (("--exit-head", str(self.head), "--adaptive-depth", "off"),
                  ADAPTIVE, "--adaptive-depth"),
                 ((), {"quality": "best"}, "full, adaptive"))
        for flags, energy, says in cases:
            with Server(*flags) as server:
                status, reply = ask(server, energy=energy)
                self.assertEqual(status, 400, reply)
                self.assertEqual(reply["error"]["param"], "energy.quality")
                self.assertIn(says, reply["error"]["message"])
        done = subprocess.run(
            [BINARY, "serve", "--model", SMOLLM2, "--adaptive-depth",
             "under-cap"], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("exit-head", done.stderr)

    def test_quality_is_told_on_a_text(self):
        command = [BENCH, "perplexity", "--model", SMOLLM2, "--text",
                   ROOT / "tests/data/prose.txt", "--adaptive", "--json",
                   "--exit-head", self.head, "--exit-margin"]
        none, some = (
            json.loads(subprocess.run([*command, margin], check=True,
                                      capture_output=True,
                                      timeout=300).stdout)
            for margin in ("1000", "1"))
        self.assertEqual(none["early_share"], 0)
        self.assertAlmostEqual(none["adaptive_mean_nll"],
                               none["full_mean_nll"], places=6)
        self.assertGreater(some["early_share"], 0)
        self.assertGreater(some["adaptive_mean_nll"], some["full_mean_nll"])
        self.assertGreater(some["early_agreement"], 0.3)
        self.assertEqual(some["exit_head"], self.checksum)


if __name__ == "__main__":
    unittest.main()
