"""/v1/embeddings through the `openai` package, on both models."""

import base64
import math
import struct
import unittest

import openai

from server import GEMMA3, SMOLLM2, Server

NEAR = ["The cat sat on the warm mat by the fire.",
        "A kitten lay on a cosy rug near the fireplace."]
FAR = "Quarterly revenue rose by four percent after the merger."


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


class EmbeddingsTest(unittest.TestCase):

    def check(self, model, width):
        with Server(model=model) as server:
            client = openai.OpenAI(base_url=server.http + "/v1",
                                   api_key="none")
            name = client.models.list().data[0].id
            reply = client.embeddings.create(model=name, input=NEAR + [FAR])
            vectors = [one.embedding for one in reply.data]
            self.assertEqual([one.index for one in reply.data], [0, 1, 2])
            for vector in vectors:
                self.assertEqual(len(vector), width)
                self.assertAlmostEqual(math.hypot(*vector), 1, places=5)
            self.assertGreater(cosine(vectors[0], vectors[1]),
                               cosine(vectors[0], vectors[2]))
            self.assertEqual(reply.usage.completion_tokens, 0)
            self.assertGreater(reply.usage.energy["joules"], 0)
            self.assertEqual(reply.usage.energy["method"], "modelled")

            # Alone, as ids, and beside replies: the same bits.
            for text, vector in zip(NEAR + [FAR], vectors):
                ids = server.post("/tokenize", prompt=text)[1]["tokens"]
                as_floats = server.post("/v1/embeddings", input=ids)[1]
                self.assertEqual(as_floats["data"][0]["embedding"], vector)
            encoded = server.post("/v1/embeddings", input=FAR, dimensions=width,
                                  encoding_format="base64")[1]
            raw = base64.b64decode(encoded["data"][0]["embedding"])
            self.assertEqual(list(struct.unpack(f"<{width}f", raw)),
                             vectors[2])

            status, error = server.post("/v1/embeddings", input=FAR,
                                        dimensions=8)
            self.assertEqual((status, error["error"]["param"]),
                             (400, "dimensions"))
            status, error = server.post("/v1/embeddings",
                                        input="word " * 60000)
            self.assertEqual(status, 400)
            self.assertEqual(error["error"]["code"],
                             "context_length_exceeded")
            status, error = server.post("/v1/embeddings", input=["a"] * 257)
            self.assertEqual((status, error["error"]["param"]),
                             (400, "input"))

    def test_smollm2(self):
        self.check(SMOLLM2, 576)

    def test_gemma3(self):
        self.check(GEMMA3, 640)


if __name__ == "__main__":
    unittest.main()
