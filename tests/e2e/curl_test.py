"""curl, as the README shows it and as shell users go on from there."""

import json
import subprocess
import unittest

from server import Server


def curl(*arguments):
    done = subprocess.run(["curl", "-sS", *arguments], capture_output=True,
                          timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


class CurlTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--allow-origin", "http://page.example")
        cls.server.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    BODY = json.dumps({
        "messages": [{"role": "user",
                      "content": "What is the capital of France?"}],
        "max_tokens": 32, "temperature": 0})

    def test_the_readmes_request(self):
        # No Content-Type of JSON: curl -d sends a form's.
        for path in ("/v1/chat/completions", "/chat/completions"):
            reply = json.loads(curl(self.server.http + path, "-d", self.BODY))
            self.assertIn("Paris", reply["choices"][0]["message"]["content"])
            self.assertGreater(reply["usage"]["energy"]["joules"], 0)

    def test_stream(self):
        body = self.BODY[:-1] + ', "stream": true}'
        lines = curl("-N", self.server.http + "/v1/chat/completions", "-d",
                     body).split("\n\n")
        self.assertEqual(lines[-2:], ["data: [DONE]", ""])
        text = ""
        for line in lines[:-2]:
            self.assertTrue(line.startswith("data: "), line)
            for choice in json.loads(line[6:])["choices"]:
                text += choice["delta"].get("content") or ""
        self.assertIn("Paris", text)

    def test_protocol_versions_and_encodings(self):
        url = self.server.http + "/v1/chat/completions"
        for flags in (("--http1.0",), ("-H", "Transfer-Encoding: chunked"),
                      ("-H", "Expect: 100-continue")):
            reply = json.loads(curl(url, *flags, "-d", self.BODY))
            self.assertIn("choices", reply, flags)

    def test_cors(self):
        headers = curl("-i", "-X", "OPTIONS", self.server.http + "/v1/models",
                       "-H", "Origin: http://page.example", "-H",
                       "Access-Control-Request-Method: POST").lower()
        self.assertIn("access-control-allow-origin: http://page.example",
                      headers)

    def test_metrics_are_prometheus_text(self):
        for line in curl(self.server.http + "/metrics").splitlines():
            self.assertRegex(
                line, r"^(# (HELP|TYPE) \S+ .*|"
                r"[a-zA-Z_:][\w:]*(\{.*\})? [-+\d.eE]+|.* (NaN|[+-]?Inf))$")


if __name__ == "__main__":
    unittest.main()
