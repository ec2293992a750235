"""A token's logprobs depend on the tokens before it and on nothing else.

Each test answers the same requests in two ways and compares token ids and log
probabilities as the JSON numbers print them, bit for bit."""

import concurrent.futures
import unittest

from server import SMOLLM2, Server

PROMPTS = [
    "The capital of France is",
    "Once upon a time, in a village by the sea, there lived",
    "def fibonacci(n):\n    \"\"\"Returns the n-th number.\"\"\"\n",
    "Water boils at 100 degrees Celsius because " * 12,
]
LONG = "All work and no play makes Jack a dull boy. " * 300


def ask(server, prompt, seed=None, **more):
    body = dict(prompt=prompt, max_tokens=24, temperature=0, logprobs=5,
                return_tokens_as_token_ids=True, ignore_eos=True)
    if seed is not None:
        body.update(temperature=0.9, top_p=0.95, seed=seed)
    body.update(more)
    status, reply = server.post("/v1/completions", **body)
    assert status == 200, reply
    choice = reply["choices"][0]
    return choice["text"], choice["logprobs"]


def answers(server, concurrent_neighbour=False, copies=1):
    """Each prompt greedy and sampled, in order."""
    asked = [(p, s) for p in PROMPTS for s in (None, 7)]
    if not concurrent_neighbour:
        return [ask(server, *a) for a in asked]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        neighbour = pool.submit(ask, server, LONG[:13000], None)
        futures = [pool.submit(ask, server, *a) for a in asked * copies]
        results = [f.result() for f in futures]
        neighbour.result()
    first = results[:len(asked)]
    for i, result in enumerate(results):
        assert result == first[i % len(asked)], "copies in one batch differ"
    return first


class RuleOfBits:
    """The tests, for servers of one numerics profile."""
    maxDiff = None
    PROFILE = ()
    TEN_BLOCKS = None  # bytes of KV cache

    @classmethod
    def serve(cls, *flags):
        return Server(*cls.PROFILE, *flags)

    @classmethod
    def setUpClass(cls):
        with cls.serve("--threads", "2") as server:
            cls.alone = answers(server)

    def test_in_a_batch_of_32_with_a_long_neighbour(self):
        with self.serve("--threads", "2") as server:
            long_tokens = server.post("/tokenize", prompt=LONG[:13000])[1]
            self.assertGreater(long_tokens["count"], 2900)
            self.assertEqual(answers(server, True, copies=4), self.alone)

    def test_prefill_chunks_of_16_rows(self):
        with self.serve("--threads", "2", "--max-batched-tokens", "16") as server:
            self.assertEqual(answers(server), self.alone)

    def test_one_thread(self):
        with self.serve("--threads", "1") as server:
            self.assertEqual(answers(server), self.alone)

    def test_preempted(self):
        # Eight sequences that grow to four blocks and more want over 32
        # blocks; there are 10.
        asked = [(p, s) for p in PROMPTS for s in (None, 7)]
        with self.serve("--threads", "2", "--kv-memory", self.TEN_BLOCKS,
                    "--max-model-len", "300") as server:
            alone = [ask(server, *a, max_tokens=110) for a in asked]
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                futures = [pool.submit(ask, server, *a, max_tokens=110)
                           for a in asked]
                self.assertEqual([f.result() for f in futures], alone)
            self.assertGreater(server.metric("vllm:num_preemptions_total"), 0)

    def test_scored_again_with_echo(self):
        with self.serve("--threads", "2") as server:
            for prompt, (text, logprobs) in zip(PROMPTS, self.alone[::2]):
                ids = server.post("/tokenize", prompt=prompt)[1]["tokens"]
                generated = [int(t.split(":")[1]) for t in logprobs["tokens"]]
                _, scored = ask(server, ids + generated, echo=True,
                                max_tokens=0)
                n = len(ids)
                self.assertEqual(scored["tokens"][n:], logprobs["tokens"])
                self.assertEqual(scored["token_logprobs"][n:],
                                 logprobs["token_logprobs"])
                self.assertEqual(scored["top_logprobs"][n:],
                                 logprobs["top_logprobs"])


class Float32(RuleOfBits, unittest.TestCase):
    PROFILE = ("--numerics", "f32")
    TEN_BLOCKS = "15M"


class Int8(RuleOfBits, unittest.TestCase):
    PROFILE = ("--numerics", "int8", "--kv-dtype", "int8")
    TEN_BLOCKS = "4M"


if __name__ == "__main__":
    unittest.main()
