"""Simulated devices, as a user runs them: the CPU's words, the device's joules."""

import json
import subprocess
import unittest

from server import BENCH, BINARY, SMOLLM2

PROMPT = "The capital of France is"
TOKENS = 6


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True,
                          timeout=300)


def generate(*flags):
    done = run(BINARY, "generate", "--model", SMOLLM2, "--prompt", PROMPT,
               "--max-tokens", TOKENS, "--ignore-eos", "--temperature", 0,
               "--speculation", "off", "--json", *flags)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def price(m, n, k):
    """One product on the device, by the command that prices products."""
    done = run(BENCH, "price", "--device", "colonnade-65nm", "--gemm",
               f"{m},{n},{k}", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class SimulatedDeviceTest(unittest.TestCase):

    def test_the_words_are_int8s_and_the_joules_the_devices(self):
        device = generate("--backend", "cim:colonnade-65nm")
        self.assertEqual(device["text"], generate("--numerics", "int8")["text"])
        energy = device["usage"]["energy"]
        self.assertEqual(energy["method"], "modelled")
        self.assertEqual(energy["domain"], "cim:colonnade-65nm")
        self.assertIn("cim:colonnade-65nm descriptor colonnade-65nm-",
                      energy["calibration"])
        bits = device["bit_activity"]
        self.assertTrue(0 < bits["product_toggles"] < bits["input_toggles"] < 1)

        # Our own sum over the steps: one of the prompt, one a further token.
        # SmolLM2-135M has 30 layers of hidden 576, 3 key-value heads of 9 and
        # a feed-forward of 1536; the last layer's outputs and the head are for
        # the one row that wants logits.
        rows = [device["usage"]["prompt_tokens"]] + [1] * (TOKENS - 1)
        layer = [(960, 576), (576, 576), (3072, 576), (576, 1536)]
        joules = seconds = 0
        prices = {}
        for m in set(rows) | {1}:
            for n, k in layer + [(49152, 576)]:
                prices[m, n, k] = price(m, n, k)
        for m in rows:
            passes = [(m, 30, layer[0])]
            passes += [(m, 29, shape) for shape in layer[1:]]
            passes += [(1, 1, shape) for shape in layer[1:]]
            passes += [(1, 1, (49152, 576))]
            for count, times, (n, k) in passes:
                one = prices[count, n, k]
                joules += times * (sum(one["joules_by_component"].values())
                                   + one["load_joules"])
                seconds += times * (one["seconds"] + one["load_seconds"])
        # Attention and element-wise ops are the rest: a few per cent.
        self.assertGreater(energy["joules"], 0.995 * joules)
        self.assertLess(energy["joules"], 1.08 * joules)
        self.assertGreater(energy["device_seconds"], 0.995 * seconds)
        self.assertLess(energy["device_seconds"], 1.08 * seconds)

    def test_errors_name_the_device(self):
        for flags, message in [
                (["--backend", "cim:nope"], "there are cim:cimple-28nm"),
                (["--backend", "cim:qk-macro-65nm"], "RoPE"),
                (["--backend", "cim:eyeriss-v1"], "no `numerics`"),
                (["--backend", "cpu", "--lut-nonlinearities"],
                 "--lut-nonlinearities")]:
            done = run(BINARY, "generate", "--model", SMOLLM2, "--prompt", "x",
                       *flags)
            self.assertEqual(done.returncode, 1, flags)
            self.assertIn(message, done.stderr.decode())

    def test_devices_lists_them(self):
        rows = json.loads(run(BINARY, "devices", "--json").stdout)["simulated"]
        by_name = {row["backend"]: row for row in rows}
        self.assertTrue(by_name["cim:colonnade-65nm"]["runs"])
        self.assertFalse(by_name["cim:qk-macro-65nm"]["runs"])
        self.assertIn("RoPE", by_name["cim:qk-macro-65nm"]["detail"])


if __name__ == "__main__":
    unittest.main()
