"""The log's line of each request, over HTTP and gRPC, and what it never says."""

import hashlib
import json
import pathlib
import socket
import tempfile
import time
import unittest

import openai

from server import Server

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
SECRET = "a purple elephant"


def requests_in(server):
    """Of the log: the objects that tell of requests."""
    lines = [json.loads(line) for line in server.output().splitlines()]
    return [line for line in lines if line["message"] == "request"]


class LogTest(unittest.TestCase):

    def test_json_lines_tell_of_each_request(self):
        with Server("--log-format", "json") as server:
            client = openai.OpenAI(base_url=server.http + "/v1",
                                   api_key="none")
            raw = client.completions.with_raw_response.create(
                model=client.models.list().data[0].id, prompt=SECRET,
                max_tokens=3, extra_body={"ignore_eos": True},
                extra_headers={"x-request-id": "mine-1",
                               "traceparent": PARENT})
            self.assertEqual(raw.headers["x-request-id"], "mine-1")
            usage = raw.parse().usage
            server.post("/v1/completions", prompt="x", max_tokens=-1)
            line, refused = requests_in(server)
            self.assertEqual(line["request_id"], "mine-1")
            self.assertEqual(line["trace_id"], TRACE)
            self.assertEqual(line["id"], raw.parse().id)
            self.assertEqual((line["level"], line["transport"],
                              line["tenant"], line["status"]),
                             ("info", "http", "default", 200))
            self.assertEqual(line["outcome"], "length")
            self.assertEqual(line["prompt_tokens"], usage.prompt_tokens)
            self.assertEqual(line["completion_tokens"], 3)
            self.assertEqual(line["joules"], usage.energy["joules"])
            self.assertEqual(line["energy_method"], "modelled")
            for name in ("queue", "ttft", "tpot", "total"):
                self.assertGreaterEqual(line[f"{name}_seconds"], 0)
            self.assertEqual((refused["outcome"], refused["status"]),
                             ("refused", 400))
            self.assertIn("max_tokens", refused["error"])
            self.assertNotIn("elephant", server.output())

    def test_ids_that_are_not_fit_are_replaced(self):
        with Server("--log-format", "json") as server:
            body = b'{"prompt": "x", "max_tokens": 1}'
            for bad in ("two words", "x" * 129):
                with socket.create_connection(
                        ("127.0.0.1", server.http_port)) as s:
                    s.sendall(f"POST /v1/completions HTTP/1.1\r\nHost: h\r\n"
                              f"Connection: close\r\nX-Request-Id: {bad}\r\n"
                              f"traceparent: {PARENT.upper()}\r\n"
                              f"Content-Length: {len(body)}\r\n\r\n".encode()
                              + body)
                    reply = b"".join(iter(lambda: s.recv(65536), b""))
                self.assertIn(b"X-Request-Id: req-", reply)
            for line in requests_in(server):
                self.assertTrue(line["request_id"].startswith("req-"))
                self.assertNotIn("trace_id", line)

    def test_what_never_became_a_request_has_a_line_too(self):
        with Server("--log-format", "json", "--max-body", "1K") as server:
            server.request("GET", "/nowhere")
            server.request("DELETE", "/v1/models")
            server.request("POST", "/v1/completions", b"x" * 2000)
            with socket.create_connection(
                    ("127.0.0.1", server.http_port)) as s:
                s.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: h\r\n"
                          b"Connection: close\r\n\r\n")
                self.assertIn(b" 411 ", s.recv(1000))
            # Of a batch of which one is refused, none was ever asked for.
            server.post("/v1/embeddings", input=["a", "b", ""])
            lines = requests_in(server)
            self.assertEqual([(x["outcome"], x["status"]) for x in lines],
                             [("refused", code)
                              for code in (404, 405, 413, 411, 400)])
            self.assertIn("/nowhere", lines[0]["error"])
            self.assertEqual(server.metric(
                "millijoule_requests_finished_total"), 0)

    def test_prompts_are_logged_only_if_asked_for_and_end_no_line(self):
        with Server("--log-prompts") as server:
            server.post("/v1/completions", prompt="a\n2026 info fake\x1b[2J",
                        max_tokens=1)
            lines = server.output().splitlines()
            self.assertFalse([x for x in lines if x.startswith("2026 info")])
            line, = [x for x in lines if '"message":"request"' in x]
            self.assertIn(r"a\n2026 info fake\u001b[2J", line)

    def test_a_client_that_goes_and_a_call_without_a_key(self):
        with tempfile.TemporaryDirectory() as folder:
            keys = pathlib.Path(folder) / "keys"
            digest = hashlib.sha256(b"k").hexdigest()
            keys.write_text(f"ann:{digest}\n")
            with Server("--log-format", "json", "--api-keys",
                        str(keys)) as server:
                self.assertEqual(server.request("GET", "/v1/models")[0], 401)
                body = json.dumps(dict(prompt="x", max_tokens=2000,
                                       stream=True, ignore_eos=True)).encode()
                with socket.create_connection(
                        ("127.0.0.1", server.http_port)) as s:
                    s.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: h\r\n"
                              b"Authorization: Bearer k\r\n"
                              b"Content-Length: %d\r\n\r\n" % len(body) + body)
                    s.recv(1000)
                end = time.monotonic() + 30
                lines = requests_in(server)
                while len(lines) < 2 and time.monotonic() < end:
                    time.sleep(0.05)
                    lines = requests_in(server)
                self.assertEqual((lines[0]["outcome"], lines[0]["status"]),
                                 ("refused", 401))
                self.assertEqual((lines[1]["outcome"], lines[1]["status"],
                                  lines[1]["tenant"]), ("abort", None, "ann"))
                # What it took until then is told.
                self.assertEqual(lines[1]["prompt_tokens"], 1)
                self.assertGreater(lines[1]["completion_tokens"], 0)
                self.assertGreater(lines[1]["total_seconds"], 0)
                self.assertGreater(lines[1]["joules"], 0)


if __name__ == "__main__":
    unittest.main()
