"""Prefix cache and speculation over the wire, on the real models."""

import hashlib
import json
import pathlib
import subprocess
import tempfile
import threading
import unittest

from server import BINARY, GEMMA3, SMOLLM2, Server

STORY = ("The keeper of the lighthouse counted the ships every evening and "
         "wrote their names into a book. ") * 12
KEYS = {"operator": "open sesame", "ann": "key of ann", "bob": "key of bob",
        "eve": "key of eve"}


def logits_of(reply):
    """Tokens and log-probabilities, as they were written."""
    choice = reply["choices"][0]
    return json.dumps([choice["text"], choice["logprobs"]])


def ask(server, prompt, key=None, **fields):
    body = {"prompt": prompt, "max_tokens": 24, "temperature": 0,
            "ignore_eos": True, "logprobs": 5, **fields}
    headers = {"Authorization": "Bearer " + KEYS[key]} if key else {}
    status, reply = server.request("POST", "/v1/completions", body, headers)
    assert status == 200, reply
    return reply


def cached(reply):
    return reply["usage"]["prompt_tokens_details"]["cached_tokens"]


class SameBitsTest(unittest.TestCase):

    def test_cached_and_speculated_replies_are_the_plain_ones(self):
        for model in (SMOLLM2, GEMMA3):
            prompts = [STORY + tail for tail in (
                "Once", "Once upon", "The last ship", "The last ship was the")]
            with Server("--prefix-cache", "off", "--speculation", "off",
                        model=model) as server:
                plain = [logits_of(ask(server, p)) for p in prompts]
                drawn = logits_of(ask(server, prompts[0], temperature=1,
                                      seed=3))
            # The pool is small: blocks are evicted, sequences preempted.
            with Server("--kv-memory", "24M", model=model) as server:
                for _ in range(3):
                    replies = [None] * 8

                    def call(i):
                        replies[i] = ask(server, prompts[i % 4])

                    threads = [threading.Thread(target=call, args=(i,))
                               for i in range(8)]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        thread.join()
                    for i, reply in enumerate(replies):
                        self.assertEqual(logits_of(reply), plain[i % 4])
                self.assertEqual(
                    logits_of(ask(server, prompts[0], temperature=1, seed=3)),
                    drawn)
                self.assertGreater(
                    server.metric("vllm:prefix_cache_hits_total"), 0)
                self.assertGreater(
                    server.metric("vllm:spec_decode_num_draft_tokens_total"),
                    0)

    def test_the_next_turn_computes_only_what_is_new(self):
        with Server() as server:
            messages = [{"role": "user", "content": STORY + "What is it?"}]
            turns = []
            for _ in range(3):
                status, reply = server.post("/v1/chat/completions",
                                            messages=messages, max_tokens=40,
                                            temperature=0)
                self.assertEqual(status, 200, reply)
                turns.append(reply["usage"])
                messages += [reply["choices"][0]["message"],
                             {"role": "user", "content": "Go on."}]
            for before, usage in zip(turns, turns[1:]):
                known = usage["prompt_tokens_details"]["cached_tokens"]
                self.assertGreater(known, before["prompt_tokens"] - 64)
                self.assertLess(usage["energy"]["prefill_joules"],
                                0.5 * turns[0]["energy"]["prefill_joules"])

    def test_who_guesses_is_the_request_s_choice(self):
        with Server() as server:
            copy = "Say it again: " + STORY + "\nAgain: " + STORY[:200]
            off = ask(server, copy, speculation="off", max_tokens=60)
            details = off["usage"]["completion_tokens_details"]
            self.assertEqual(details["accepted_prediction_tokens"], 0)
            for _ in range(4):
                on = ask(server, copy, speculation="ngram", max_tokens=60)
                self.assertEqual(logits_of(on), logits_of(off))
            self.assertGreater(
                on["usage"]["completion_tokens_details"]
                ["accepted_prediction_tokens"], 0)
            for name in ("draft", "exit", "magic", 3):
                status, reply = server.post("/v1/completions", prompt="x",
                                            speculation=name)
                self.assertEqual(status, 400, reply)
                self.assertEqual(reply["error"]["param"], "speculation")


    def test_the_operator_s_off_is_off_for_every_request(self):
        with Server("--speculation", "off", "--draft-model",
                    str(SMOLLM2)) as server:
            self.assertIn("draft model not loaded: speculation is off "
                          "(--speculation)", server.output())
            for name in ("ngram", "draft", "exit"):
                status, reply = server.post("/v1/completions", prompt="x",
                                            speculation=name)
                self.assertEqual(status, 400, reply)
                self.assertEqual(reply["error"]["param"], "speculation")
                self.assertEqual(reply["error"]["message"], f"'{name}' is off "
                                 "on this server (--speculation)")
            for name in ("auto", "off"):
                ask(server, "x", speculation=name)


class DraftModelTest(unittest.TestCase):

    def test_a_model_that_guesses_for_itself_is_always_right(self):
        with Server("--draft-model", str(SMOLLM2), "--kv-memory",
                    "128M") as server:
            off = ask(server, "The sea", speculation="off", max_tokens=150)
            for _ in range(3):
                on = ask(server, "The sea", speculation="draft",
                         max_tokens=150)
                self.assertEqual(logits_of(on), logits_of(off))
            details = on["usage"]["completion_tokens_details"]
            self.assertEqual(details["rejected_prediction_tokens"], 0)

    def test_another_vocabulary_is_refused_with_the_difference(self):
        run = subprocess.run(
            [str(BINARY), "serve", "--model", str(SMOLLM2), "--draft-model",
             str(GEMMA3), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"],
            capture_output=True, text=True, timeout=60)
        self.assertNotEqual(run.returncode, 0)
        self.assertRegex(run.stderr, r"--draft-model: .* has another "
                         "vocabulary: 262144 tokens .* 49152")

    def test_its_cache_lies_in_the_same_memory(self):
        with Server("--draft-model", str(SMOLLM2), "--kv-memory",
                    "64M", "--kv-dtype", "bf16") as server:
            summary = server.output()
            self.assertIn("KV cache 64M of bf16: 45 blocks", summary)
            self.assertRegex(summary, "737280 bytes are its own, 737280 the "
                             "model's")
        run = subprocess.run(
            [str(BINARY), "serve", "--model", str(SMOLLM2), "--draft-model",
             str(SMOLLM2), "--kv-memory", "1M", "--kv-dtype", "bf16",
             "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"],
            capture_output=True, text=True, timeout=60)
        self.assertNotEqual(run.returncode, 0)
        self.assertRegex(run.stderr, "kv-memory is 1048576 bytes; .*737280, "
                         "and 737280 of the draft model .*: 1474560")


class TenantsTest(unittest.TestCase):

    def test_tenants_share_only_where_the_operator_lets_them(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = pathlib.Path(folder) / "keys"
            keys.write_text("".join(
                f"{name}:{hashlib.sha256(key.encode()).hexdigest()}\n"
                for name, key in KEYS.items()))
            regions = pathlib.Path(folder) / "regions.toml"
            regions.write_text('[regions]\nhandbook = ["ann", "bob"]\n')
            with Server("--api-keys", str(keys), "--prefix-regions",
                        str(regions)) as server:
                self.assertEqual(cached(ask(server, STORY, "ann")), 0)
                self.assertGreater(cached(ask(server, STORY, "ann")), 100)
                self.assertGreater(cached(ask(server, STORY, "bob")), 100)
                self.assertEqual(cached(ask(server, STORY, "eve")), 0)
                # No field of a request opens another's region.
                for field in ("cache_salt", "tenant", "region"):
                    for guess in ("ann", "handbook", "region:handbook"):
                        prompt = f"{field} {guess}. " + STORY
                        ask(server, prompt, "ann")
                        reply = ask(server, prompt, "eve", **{field: guess})
                        # Her own prompts begin alike by a few tokens.
                        self.assertLess(cached(reply), 8)


if __name__ == "__main__":
    unittest.main()
