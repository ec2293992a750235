"""The `openai` package against the server, as its users call it."""

import unittest

import openai

from server import Server


class OpenAiClientTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.client = openai.OpenAI(base_url=cls.server.http + "/v1",
                                   api_key="none")
        cls.model = cls.client.models.list().data[0].id

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def chat(self, **more):
        body = dict(model=self.model, max_tokens=16, temperature=0,
                    messages=[{"role": "user",
                               "content": "What is the capital of France?"}])
        body.update(more)
        return self.client.chat.completions.create(**body)

    def test_chat_answers_with_usage_and_joules(self):
        reply = self.chat()
        self.assertIn("Paris", reply.choices[0].message.content)
        self.assertEqual(reply.choices[0].message.role, "assistant")
        usage = reply.usage
        self.assertEqual(usage.total_tokens,
                         usage.prompt_tokens + usage.completion_tokens)
        self.assertIsNotNone(usage.prompt_tokens_details)
        energy = usage.energy
        self.assertGreater(energy["joules"], 0)
        self.assertAlmostEqual(
            energy["joules"],
            energy["prefill_joules"] + energy["decode_joules"],
            delta=0.01 * energy["joules"])
        self.assertEqual(energy["method"], "modelled")

    def test_stream_gives_the_same_text_and_ends_with_usage(self):
        whole = self.chat()
        text, usage, reason = "", None, None
        for chunk in self.chat(stream=True,
                               stream_options={"include_usage": True}):
            if chunk.choices:
                text += chunk.choices[0].delta.content or ""
                reason = chunk.choices[0].finish_reason or reason
            usage = chunk.usage or usage
        self.assertEqual(text, whole.choices[0].message.content)
        self.assertEqual(reason, whole.choices[0].finish_reason)
        self.assertEqual(usage.completion_tokens,
                         whole.usage.completion_tokens)
        self.assertGreater(usage.energy["joules"], 0)

    def test_stream_without_usage_has_none(self):
        self.assertTrue(
            all(c.usage is None for c in self.chat(stream=True, max_tokens=3)))

    def test_chat_logprobs(self):
        reply = self.chat(logprobs=True, top_logprobs=3, max_tokens=4)
        content = reply.choices[0].logprobs.content
        self.assertEqual(len(content), reply.usage.completion_tokens)
        for entry in content:
            self.assertEqual(len(entry.top_logprobs), 3)
            self.assertEqual(entry.token, entry.top_logprobs[0].token)
            self.assertLessEqual(entry.logprob, 0)
            self.assertEqual(bytes(entry.bytes).decode(), entry.token)

    def test_choices_and_seeds(self):
        ask = lambda seed: [
            c.message.content
            for c in self.chat(n=3, temperature=1.2, seed=seed).choices
        ]
        first = ask(1)
        self.assertEqual(first, ask(1))
        self.assertNotEqual(first, ask(2))
        self.assertEqual(len(set(first)), 3)

    def test_completions_prompts(self):
        create = lambda prompt, **m: self.client.completions.create(
            model=self.model, prompt=prompt, max_tokens=4, temperature=0, **m)
        one = create("The capital of France is")
        self.assertIn("Paris", one.choices[0].text)
        ids = self.server.post(
            "/tokenize", prompt="The capital of France is")[1]["tokens"]
        self.assertEqual(create(ids).choices[0].text, one.choices[0].text)
        many = create(["The capital of France is", "One, two,"])
        self.assertEqual([c.index for c in many.choices], [0, 1])
        self.assertEqual(many.choices[0].text, one.choices[0].text)
        self.assertEqual(create([ids, ids]).choices[1].text,
                         one.choices[0].text)
        echoed = create("The capital of France is", echo=True)
        self.assertTrue(
            echoed.choices[0].text.startswith("The capital of France is"))

    def test_stop_string_across_tokens(self):
        reply = self.client.completions.create(
            model=self.model, prompt="1 2 3 4 5 6", max_tokens=40,
            temperature=0, stop=["9 1"])
        self.assertNotIn("9 1", reply.choices[0].text)
        self.assertEqual(reply.choices[0].finish_reason, "stop")

    def test_errors_are_the_clients_own(self):
        with self.assertRaises(openai.NotFoundError) as raised:
            self.chat(model="no-such-model")
        self.assertIn("no-such-model", str(raised.exception))
        with self.assertRaises(openai.BadRequestError) as raised:
            self.chat(temperature=-1)
        self.assertIn("temperature", str(raised.exception))
        with self.assertRaises(openai.BadRequestError) as raised:
            self.chat(max_tokens=100000)
        self.assertIn("100000", str(raised.exception))

    def test_long_context_is_refused_not_truncated(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.chat(messages=[{"role": "user", "content": "a " * 9000}])
        self.assertIn("8192", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
