"""The commands beside `serve`, as a user types them."""

import base64
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from server import BENCH, BINARY, GEMMA3, MODELS, ROOT, SMOLLM2


def run(*command, stdin=b""):
    return subprocess.run([str(c) for c in command], input=stdin,
                          capture_output=True, timeout=300)


class CommandsTest(unittest.TestCase):

    def test_generate(self):
        done = run(BINARY, "generate", "--model", SMOLLM2, "--prompt",
                   "The capital of France is", "--max-tokens", "4",
                   "--temperature", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"Paris", done.stdout)
        self.assertRegex(done.stdout + done.stderr, rb"[\d.]+ m?J")

    def test_generate_json_names_where_it_comes_from(self):
        done = run(BINARY, "generate", "--model", SMOLLM2, "--prompt", "Hi",
                   "--max-tokens", "4", "--json")
        reply = json.loads(done.stdout)
        self.assertEqual(reply["usage"]["completion_tokens"] <= 4, True)
        for key in ("text", "commit", "cpu", "isa", "numerics", "calibration"):
            self.assertIn(key, reply)

    def test_tokenize_equals_the_reference(self):
        for path in sorted((ROOT / "tests/data/tokenizers").glob("*.json")):
            fixture = json.loads(path.read_text())
            model = MODELS / fixture["model"]
            for case in fixture["cases"]:
                text = (base64.b64decode(case["text_base64"])
                        if "text_base64" in case else case["text"].encode())
                done = run(BINARY, "tokenize", "--model", model, "--ids",
                           "--no-special", stdin=text)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout), case["ids"], text)

    def perplexity(self, *flags):
        done = run(BENCH, "perplexity", "--model", SMOLLM2, "--text",
                   ROOT / "tests/data/prose.txt", "--json", *flags)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_perplexity_of_cheaper_weights_and_activations(self):
        whole = self.perplexity("--numerics", "int8")
        self.assertEqual(whole["weight_sparsity"], "dense")
        self.assertIsNone(whole["weight_bits"])
        self.assertIsNone(whole["activation_bits"])
        same = self.perplexity("--numerics", "int8", "--weight-sparsity",
                               "dense", "--weight-bits", "8",
                               "--activation-bits", "8")
        self.assertEqual(same["mean_nll"], whole["mean_nll"])
        self.assertEqual(same["weight_bits"], 8)
        for flags in (("--weight-sparsity", "2:4"),
                      ("--weight-sparsity", "block:3/4"),
                      ("--weight-bits", "2"), ("--activation-bits", "4")):
            worse = self.perplexity("--numerics", "int8", *flags)
            self.assertGreater(worse["mean_nll"], whole["mean_nll"], flags)
            self.assertIn(str(worse[flags[0][2:].replace("-", "_")]), flags)

    def test_perplexity_refuses_what_no_weight_can_be(self):
        cases = {
            "--weight-sparsity 0:4": "'0:4' is not a sparsity",
            "--weight-sparsity 5:4": "'5:4' is not a sparsity",
            "--weight-sparsity block:0/4": "'block:0/4' is not a sparsity",
            "--weight-bits 3": "'3' is none of 2, 4, 8",
            "--activation-bits 9": "'9' is none of 2, 4, 8",
            "--weight-sparsity 2:5": "needs a multiple of 5 to be pruned 2:5",
            "--numerics bf16 --activation-bits 4": "need numerics int8, not",
        }
        for flags, message in cases.items():
            done = run(BENCH, "perplexity", "--model", SMOLLM2, "--text",
                       ROOT / "tests/data/prose.txt", *flags.split())
            self.assertNotEqual(done.returncode, 0, flags)
            self.assertIn(message, done.stderr.decode())

    def test_price_answers_one_product(self):
        done = run(BENCH, "price", "--device", "colonnade-65nm", "--gemm",
                   "64,8,128", "--input-bits", "8", "--weight-bits", "8",
                   "--set", "registers=4", "--set", "voltage=0.8", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        price = json.loads(done.stdout)
        self.assertEqual(price["cycles"], 64 * 8)
        self.assertAlmostEqual(price["ops_per_second"] / 13.32e9, 1, delta=0.05)
        self.assertEqual(set(price["joules_by_component"]),
                         {"macro", "buffers", "noc", "dram", "static"})
        self.assertAlmostEqual(
            sum(price["joules_by_component"].values()) / price["joules"], 1)
        self.assertEqual(set(price["bytes_by_class"]),
                         {"weights", "activations", "kv", "scores"})
        for key in ("seconds", "utilisation", "assumed", "load_seconds",
                    "load_joules", "weights_live", "commit", "calibration"):
            self.assertIn(key, price)

    def test_price_refuses_by_name(self):
        for arguments, message in (
                (("--device", "nope", "--gemm", "1,1,1"), b"colonnade-65nm"),
                (("--device", "colonnade-65nm", "--gemm", "1,1,1", "--set",
                  "voltage=0.9"), b"within the points' 0.6 to 0.8 V"),
                (("--device", "hermes-14nm", "--gemm", "1,1"), b"M,N,K"),
                (("--device", "qk-macro-65nm", "--model-shape",
                  "smollm2-135m"), b"RoPE"),
                (("--device", "hermes-14nm"), b"--gemm")):
            done = run(BENCH, "price", *arguments)
            self.assertEqual(done.returncode, 1)
            self.assertIn(message, done.stderr)

    def test_price_with_and_without_fusion(self):
        def buffers(device, switch):
            done = run(BENCH, "price", "--device", device, "--model-shape",
                       "smollm2-135m", "--tokens", "1024", "--set", switch,
                       "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            price = json.loads(done.stdout)
            return (price["bytes_by_class"],
                    price["joules_by_component"]["buffers"])
        for device, switch, saved in (
                ("hastily-65nm", "fused_softmax", "scores"),
                ("artix7-fused", "fused_mlp", "activations")):
            fused, less = buffers(device, switch + "=yes")
            apart, more = buffers(device, switch + "=no")
            self.assertLess(fused[saved], apart[saved])
            self.assertEqual(fused["weights"], apart["weights"])
            self.assertLess(less, more)

    def test_fusion_counts_bytes_both_ways(self):
        for name in (("--model", SMOLLM2), ("--model-shape", "smollm2-135m")):
            done = run(BENCH, "fusion", *name, "--rows", "1024", "--context",
                       "1024", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            mlp, attention, softmax = json.loads(done.stdout)["rows"]
            self.assertEqual(mlp["m_where_activations_match_weights"], 243)
            self.assertAlmostEqual(mlp["intermediates_saved"], 0.895, 3)
            self.assertEqual(mlp["fused"]["weights"],
                             mlp["layer_by_layer"]["weights"])
            self.assertEqual(attention["fused"]["scores"], 0)
            self.assertEqual(softmax["score_buffer_bytes"],
                             {"layer_by_layer": 1024 ** 2, "fused": 1024})
        done = run(BENCH, "fusion")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"--model-shape", done.stderr)

    def test_reproduce_lists_published_results(self):
        done = run(BENCH, "reproduce", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = json.loads(done.stdout)["rows"]
        for row in rows:
            self.assertTrue(row["pass"], row)
            for key in ("name", "published", "ours", "unit", "error",
                        "tolerance", "class", "identity"):
                self.assertIn(key, row)
        moved = run(BENCH, "reproduce", "hermes-14nm", "--set",
                    "core.power=200", "--json")
        self.assertFalse(all(row["pass"]
                             for row in json.loads(moved.stdout)["rows"]))

    def test_render(self):
        with tempfile.TemporaryDirectory() as folder:
            template = pathlib.Path(folder, "t.jinja")
            messages = pathlib.Path(folder, "m.json")
            messages.write_text('[{"role": "user", "content": "hi"}]')
            template.write_text(
                "{% for m in messages %}{{ m.role }}:{{ m.content }};"
                "{% endfor %}{% if add_generation_prompt %}go{% endif %}")
            command = (BINARY, "render", "--template", template, "--messages",
                       messages)
            self.assertEqual(run(*command).stdout, b"user:hi;")
            self.assertEqual(run(*command, "--add-generation-prompt").stdout,
                             b"user:hi;go")
            template.write_text("{{ raise_exception('no tools here') }}")
            done = run(*command)
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"no tools here", done.stderr)

    def test_inspect_and_devices(self):
        done = run(BINARY, "inspect", "--model", GEMMA3)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"gemma3", done.stdout)
        self.assertEqual(run(BINARY, "devices").returncode, 0)

    def test_offline(self):
        done = run(BENCH, "offline", "--model", SMOLLM2, "--prompt-tokens",
                   "32", "--output-tokens", "8", "--batch", "2", "--threads",
                   "2", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        row = json.loads(done.stdout)
        row = (row.get("rows") or [row])[0]
        self.assertGreater(row["prefill_tokens_per_second"], 0)
        self.assertGreater(row["decode_tokens_per_second_total"],
                           row["decode_tokens_per_second"])
        self.assertGreater(row["joules"], 0)
        self.assertEqual(row["method"], "modelled")

    def test_train_exit_head(self):
        model = ROOT / "tests/data/tiny/llama3.gguf"
        prose = ROOT / "tests/data/prose.txt"
        with tempfile.TemporaryDirectory() as folder:
            head = pathlib.Path(folder, "tiny.exit-head")
            command = (BINARY, "train-exit-head", "--model", model, "--text",
                       prose, "--output", head, "--draft-vocabulary", "64",
                       "--json")
            done = run(*command)
            self.assertEqual(done.returncode, 0, done.stderr)
            told = json.loads(done.stdout)
            self.assertEqual(told["sha256"],
                             hashlib.sha256(head.read_bytes()).hexdigest())
            self.assertEqual(told["draft_vocabulary"], 64)
            self.assertEqual([row["layer"] for row in told["rows"]], [1, 2])
            before = head.read_bytes()
            self.assertEqual(run(*command).returncode, 0)
            self.assertEqual(head.read_bytes(), before)

            done = run(BENCH, "exit-head", "--model", model, "--exit-head",
                       head, "--old", prose, "--new", prose, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            learned = json.loads(done.stdout)
            self.assertEqual(learned["exit_head_sha256"], told["sha256"])
            self.assertGreater(learned["rows_learned"], 100)
            self.assertEqual([row["text"] for row in learned["rows"]],
                             ["old", "new"])

            torn = pathlib.Path(folder, "torn.elastic-map")
            torn.write_bytes(b"MJELASTC")
            done = run(BENCH, "offline", "--model", model, "--exit-head", head,
                       "--exit-head-learning", folder, "--speculation", "auto")
            self.assertEqual(done.returncode, 1)
            self.assertIn(str(torn), done.stderr.decode())

            empty = pathlib.Path(folder, "empty.txt")
            empty.write_text("")
            for wrong, named in (
                    (("--text", empty), "the text has 0 tokens"),
                    (("--text", "/no/text"), "/no/text"),
                    (("--text", prose, "--layer", "9"), "layer is 9"),
                    (("--text", prose, "--output", "/no/head"), "/no/head")):
                done = run(BINARY, "train-exit-head", "--model", model, *wrong)
                self.assertEqual(done.returncode, 1, wrong)
                self.assertIn(named, done.stderr.decode())

    def test_flags_that_cannot_be_followed_are_told(self):
        cores = len(os.sched_getaffinity(0))
        cases = {
            "--isa foo": b"--isa: 'foo' is none of scalar, avx2",
            "--threads 0": b"--threads: 0 is not from 1 to ",
            f"--threads {cores + 1}": b" by affinity, ",
            "--numerics fp8": b"--numerics: 'fp8' is none of f32, bf16",
            "--kv-dtype q4": b"--kv-dtype: 'q4' is none of f32, bf16",
        }
        if "amx_tile" not in pathlib.Path("/proc/cpuinfo").read_text():
            cases["--isa amx"] = b"amx_tile amx_int8 amx_bf16, which this CPU"
        with tempfile.NamedTemporaryFile(suffix=".txt") as text:
            text.write(b"some text")
            text.flush()
            commands = ((BINARY, "serve", "--http", "127.0.0.1:0", "--grpc",
                         "127.0.0.1:0"),
                        (BINARY, "generate", "--prompt", "Hi"),
                        (BENCH, "offline"),
                        (BENCH, "perplexity", "--text", text.name))
            for command in commands:
                for flags, message in cases.items():
                    done = run(*command, "--model", SMOLLM2, *flags.split())
                    self.assertNotEqual(done.returncode, 0, command)
                    self.assertIn(message, done.stderr, command)

    def test_a_file_that_is_no_model(self):
        for content in (b"", b"GGUF", b"not a model at all" * 100):
            with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
                file.write(content)
                file.flush()
                done = run(BINARY, "inspect", "--model", file.name)
                self.assertEqual(done.returncode, 1)
                self.assertIn(file.name.encode(), done.stderr)


if __name__ == "__main__":
    unittest.main()
