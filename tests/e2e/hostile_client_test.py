"""Bad input and bad clients: each gets a clear error or is dropped, and the
server answers the next request as before."""

import hashlib
import json
import re
import resource
import socket
import subprocess
import tempfile
import time
import unittest

from server import BINARY, SMOLLM2, Server, free_port

BAD_BODIES = [
    # name, path, body, status, words the error names
    ("no JSON", "/v1/completions", b"{", 400, ""),
    ("empty body", "/v1/completions", b"", 400, ""),
    ("not an object", "/v1/completions", b"[1,2]", 400, "object"),
    ("bad UTF-8", "/v1/completions", b'{"prompt":"\xff\xfe"}', 400, ""),
    ("deep", "/v1/completions", b'{"prompt":' + b"[" * 100000, 400, ""),
    ("no prompt", "/v1/completions", b"{}", 400, "prompt"),
    ("empty prompt", "/v1/completions", b'{"prompt":""}', 400, "prompt"),
    ("empty list", "/v1/completions", b'{"prompt":[]}', 400, "prompt"),
    ("prompt of wrong type", "/v1/completions", b'{"prompt":{"a":1}}', 400,
     "prompt"),
    ("mixed list", "/v1/completions", b'{"prompt":["a",1]}', 400, "prompt"),
    ("id out of range", "/v1/completions", b'{"prompt":[1,99999999]}', 400,
     "99999999"),
    ("negative id", "/v1/completions", b'{"prompt":[-1]}', 400, "-1"),
    ("temperature", "/v1/completions",
     b'{"prompt":"a","temperature":"hot"}', 400, "temperature"),
    ("temperature range", "/v1/completions",
     b'{"prompt":"a","temperature":1e9}', 400, "temperature"),
    ("top_p", "/v1/completions", b'{"prompt":"a","top_p":1.5}', 400, "top_p"),
    ("max_tokens", "/v1/completions", b'{"prompt":"a","max_tokens":-1}', 400,
     "max_tokens"),
    ("max_tokens type", "/v1/completions", b'{"prompt":"a","max_tokens":1.5}',
     400, "max_tokens"),
    ("logprobs", "/v1/completions", b'{"prompt":"a","logprobs":21}', 400,
     "logprobs"),
    ("n", "/v1/completions", b'{"prompt":"a","n":0}', 400, "n"),
    ("logit_bias", "/v1/completions",
     b'{"prompt":"a","logit_bias":{"x":1}}', 400, "logit_bias"),
    ("unknown model", "/v1/completions", b'{"prompt":"a","model":"gpt-9"}',
     404, "gpt-9"),
    ("no messages", "/v1/chat/completions", b"{}", 400, "messages"),
    ("empty messages", "/v1/chat/completions", b'{"messages":[]}', 400,
     "messages"),
    ("message without role", "/v1/chat/completions",
     b'{"messages":[{"content":"a"}]}', 400, "role"),
    ("messages of wrong type", "/v1/chat/completions", b'{"messages":"a"}',
     400, "messages"),
    ("over the context", "/v1/completions",
     json.dumps({"prompt": [1] * 8000, "max_tokens": 500}).encode(), 400,
     "8192"),
    ("tokens", "/detokenize", b'{"tokens":["a"]}', 400, "tokens"),
    ("token out of range", "/detokenize", b'{"tokens":[99999999]}', 400,
     "99999999"),
    ("no such path", "/v1/nothing", b"{}", 404, "/v1/nothing"),
]


class HostileClientTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--max-body", "1M").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def tearDown(self):
        status, reply = self.server.post(
            "/v1/completions", prompt="The capital of France is",
            max_tokens=2, temperature=0)
        self.assertEqual(status, 200, reply)
        self.assertIn("Paris", reply["choices"][0]["text"])

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.http_port))

    def test_bad_bodies(self):
        for name, path, body, status, word in BAD_BODIES:
            with self.subTest(name):
                got, reply = self.server.request("POST", path, body)
                self.assertEqual(got, status, reply)
                self.assertIn(word, reply["error"]["message"])
                for key in ("message", "type", "code", "param"):
                    self.assertIn(key, reply["error"])

    def test_body_over_the_limit(self):
        status, reply = self.server.request(
            "POST", "/v1/completions",
            b'{"prompt":"' + b"a" * (2 << 20) + b'"}')
        self.assertEqual(status, 413, reply)

    def test_wrong_method(self):
        self.assertEqual(self.server.request("GET", "/v1/completions")[0], 405)

    def test_not_http(self):
        with self.connect() as s:
            s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
            s.settimeout(10)
            reply = s.recv(4096)
            self.assertTrue(reply == b"" or b"400" in reply, reply)

    def test_header_that_never_ends(self):
        with self.connect() as s:
            s.settimeout(10)
            try:
                for _ in range(200):
                    s.sendall(b"X-Filler: " + b"a" * 1000 + b"\r\n")
                reply = s.recv(4096)
            except (BrokenPipeError, ConnectionResetError):
                return
            self.assertTrue(reply == b"" or reply.startswith(b"HTTP/1.1 4"),
                            reply)

    def test_vanishing_clients_leave_no_work(self):
        body = json.dumps(dict(prompt="Once", max_tokens=4000,
                               ignore_eos=True, stream=True)).encode()
        head = (b"POST /v1/completions HTTP/1.1\r\nHost: x\r\n"
                b"Content-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body))
        open_sockets = []
        for _ in range(8):
            s = self.connect()
            s.sendall(head + body)
            open_sockets.append(s)
        not_streamed = body.replace(b'"stream": true', b'"stream": false')
        for _ in range(8):
            s = self.connect()
            s.sendall(head.replace(b"%d" % len(body),
                                   b"%d" % len(not_streamed)) + not_streamed)
            open_sockets.append(s)
        deadline = time.monotonic() + 10
        while (self.server.metric("vllm:num_requests_running") < 16 and
               time.monotonic() < deadline):
            time.sleep(0.02)
        for s in open_sockets:
            s.close()
        self.server.wait_idle(10)

    def test_half_sent_requests_do_not_block_others(self):
        held = [self.connect() for _ in range(50)]
        for s in held:
            s.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\n"
                      b"Content-Length: 100\r\n\r\n{")
        self.tearDown()
        for s in held:
            s.close()


class ResourceTest(unittest.TestCase):

    def test_more_connections_than_file_descriptors(self):
        server = Server()
        old = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (96, old[1]))
        try:
            server.__enter__()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, old)
        held = []
        try:
            for _ in range(150):
                s = socket.create_connection(
                    ("127.0.0.1", server.http_port), timeout=5)
                held.append(s)
            time.sleep(0.5)
            for s in held:
                s.close()
            deadline = time.monotonic() + 20
            while True:
                try:
                    status, _ = server.post("/v1/completions", prompt="a",
                                            max_tokens=1)
                    self.assertEqual(status, 200)
                    break
                except OSError:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.1)
        finally:
            server.__exit__()
        self.assertEqual(server.exit_code, 0)

    def serve(self, *flags):
        return subprocess.run(
            [str(BINARY), "serve", "--model", str(SMOLLM2),
             "--energy-ledger", "off", *flags],
            capture_output=True, timeout=60)

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for flag in ("--http", "--grpc"):
                other = "--grpc" if flag == "--http" else "--http"
                done = self.serve(flag, f"127.0.0.1:{port}", other,
                                  f"127.0.0.1:{free_port()}")
                self.assertEqual(done.returncode, 1)
                self.assertIn(str(port).encode(), done.stderr + done.stdout)

    def test_arena_larger_than_memory(self):
        done = self.serve("--kv-memory", "4000G")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr + done.stdout, rb"KV")

    def test_flags_out_of_range(self):
        for flags in (("--threads", "0"), ("--threads", "100000"),
                      ("--isa", "sse9"), ("--kv-memory", "lots"),
                      ("--max-num-seqs", "0"), ("--backend", "tpu"),
                      ("--numerics", "f12"), ("--no-such-flag",)):
            with self.subTest(flags):
                done = self.serve(*flags)
                self.assertNotEqual(done.returncode, 0)
                text = (done.stderr + done.stdout).decode()
                self.assertIn(flags[0].lstrip("-"), text)

    def test_queue_limit(self):
        with Server("--max-num-seqs", "1", "--max-queue", "1") as server:
            body = json.dumps(dict(prompt="Once", max_tokens=3000,
                                   ignore_eos=True)).encode()
            head = (b"POST /v1/completions HTTP/1.1\r\nHost: x\r\n"
                    b"Content-Type: application/json\r\n"
                    b"Content-Length: %d\r\n\r\n" % len(body))
            held = []
            for _ in range(6):
                s = socket.create_connection(
                    ("127.0.0.1", server.http_port))
                s.sendall(head + body)
                held.append(s)
            refused = 0
            for s in held:
                s.settimeout(1)
                try:
                    reply = s.recv(4096)
                except TimeoutError:
                    continue
                self.assertIn(b" 503 ", reply)
                self.assertRegex(reply.lower(), rb"retry-after: \d+")
                refused += 1
            self.assertGreaterEqual(refused, 3)
            for s in held:
                s.close()
            server.wait_idle()

    def test_keys(self):
        with tempfile.NamedTemporaryFile("w", suffix=".keys") as keys:
            for name, key in (("ann", "k1"), ("operator", "k2")):
                digest = hashlib.sha256(key.encode()).hexdigest()
                keys.write(f"{name}:{digest}\n")
            keys.flush()
            with Server("--api-keys", keys.name) as server:
                def ask(path, key=None, body=None):
                    headers = {"Authorization": "Bearer " + key} if key else {}
                    return server.request("POST" if body else "GET", path,
                                          body, headers)[0]
                self.assertEqual(ask("/v1/models"), 401)
                self.assertEqual(ask("/v1/models", "wrong"), 401)
                self.assertEqual(ask("/v1/models", "k1"), 200)
                self.assertEqual(ask("/health"), 200)
                self.assertEqual(ask("/ready"), 200)
                self.assertIn(ask("/metrics"), (401, 403))
                self.assertIn(ask("/metrics", "k1"), (401, 403))
                self.assertEqual(ask("/metrics", "k2"), 200)
                body = dict(prompt="a", max_tokens=1)
                self.assertEqual(ask("/v1/completions", None, body), 401)
                self.assertEqual(ask("/v1/completions", "k1", body), 200)

    def test_streams_over_the_drain_time_end_with_an_error(self):
        server = Server("--drain-timeout", "0.3").__enter__()
        body = json.dumps(dict(prompt="Once", max_tokens=4000, stream=True,
                               ignore_eos=True)).encode()
        s = socket.create_connection(("127.0.0.1", server.http_port))
        s.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\n"
                  b"Content-Type: application/json\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body)
        s.settimeout(10)
        reply = s.recv(65536)
        server.__exit__()
        self.assertEqual(server.exit_code, 0)
        while chunk := s.recv(65536):
            reply += chunk
        self.assertIn(b"the server is shutting down", reply)
        self.assertNotIn(b"[DONE]", reply)
        self.assertTrue(reply.endswith(b"0\r\n\r\n"), reply[-200:])

    def test_sigterm_finishes_what_is_in_flight(self):
        server = Server().__enter__()
        body = json.dumps(dict(prompt="Once", max_tokens=60, temperature=0,
                               ignore_eos=True)).encode()
        s = socket.create_connection(("127.0.0.1", server.http_port))
        s.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: x\r\n"
                  b"Content-Type: application/json\r\n"
                  b"Content-Length: %d\r\n\r\n" % len(body) + body)
        deadline = time.monotonic() + 10
        while (server.metric("vllm:num_requests_running") < 1 and
               time.monotonic() < deadline):
            time.sleep(0.01)
        server.__exit__()
        self.assertEqual(server.exit_code, 0)
        s.settimeout(10)
        reply = b""
        while chunk := s.recv(65536):
            reply += chunk
        self.assertTrue(re.search(rb'"completion_tokens":\s*60', reply), reply)


if __name__ == "__main__":
    unittest.main()
