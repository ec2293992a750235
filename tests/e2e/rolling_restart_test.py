"""Two replicas behind HAProxy, with deploy/haproxy/haproxy.cfg, are restarted
one after the other under load: no request is lost."""

import http.client
import json
import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import grpc

from grpc_reflection_client import ReflectedStub
from server import ROOT, Server, free_port

TOKENS = 12
BODY = dict(prompt="The steam engine", max_tokens=TOKENS, temperature=0,
            ignore_eos=True)
# More than HAProxy would keep for another try.
PADDING = " " * (100 << 10)


class Proxy:
    """HAProxy in front of the replicas, on ports of its own."""

    def __init__(self, replicas):
        self.http_port, self.grpc_port = free_port(), free_port()
        ports = {8000: self.http_port, 50050: self.grpc_port}
        for i, replica in enumerate(replicas):
            ports[8081 + i] = replica.http_port
            ports[50061 + i] = replica.grpc_port
        text = (ROOT / "deploy/haproxy/haproxy.cfg").read_text()
        for old, new in ports.items():
            text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
            text = text.replace(f"check port {old} ", f"check port {new} ")
        self.config = text

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        config = pathlib.Path(self.folder.name) / "haproxy.cfg"
        config.write_text(self.config)
        self.process = subprocess.Popen(["/usr/sbin/haproxy", "-f", config],
                                        stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait(10)
        self.folder.cleanup()


class Load:
    """Clients that ask again and again until told to stop. What goes wrong is
    kept in `failures`."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.stopping = threading.Event()
        self.failures, self.done = [], 0
        self.lock = threading.Lock()
        clients = [
            self.whole_replies, self.streams, self.streams, self.big_bodies,
            self.new_connections, self.grpc_streams
        ]
        self.threads = [threading.Thread(target=self.ask, args=(client,))
                        for client in clients]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def ask(self, client):
        try:
            for tokens in client():
                with self.lock:
                    self.done += 1
                    if tokens != TOKENS:
                        self.failures.append((client.__name__, tokens))
                if self.stopping.is_set():
                    return
        except Exception as error:  # any loss, whatever it looks like
            with self.lock:
                self.failures.append((client.__name__, repr(error)))

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.proxy.http_port,
                                          timeout=120)

    def post(self, connection, body):
        connection.request("POST", "/v1/completions", body,
                           {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read().decode()
        if reply.status != 200:
            raise AssertionError(f"{reply.status}: {text}")
        return text

    def whole_replies(self, body=json.dumps(BODY)):
        connection = self.connect()
        while True:
            reply = json.loads(self.post(connection, body))
            yield reply["usage"]["completion_tokens"]

    def big_bodies(self):
        return self.whole_replies(json.dumps(BODY) + PADDING)

    def new_connections(self):
        while True:
            connection = self.connect()
            reply = json.loads(self.post(connection, json.dumps(BODY)))
            connection.close()
            yield reply["usage"]["completion_tokens"]

    def streams(self):
        connection = self.connect()
        body = json.dumps({**BODY, "stream": True,
                           "stream_options": {"include_usage": True}})
        while True:
            events = self.post(connection, body).split("\n\n")
            if events[-2:] != ["data: [DONE]", ""]:
                raise AssertionError(f"ended early: {events[-3:]}")
            usage = json.loads(events[-3].removeprefix("data: "))["usage"]
            yield usage["completion_tokens"]

    def grpc_streams(self):
        fields = {"text": BODY["prompt"], "sampling": {"temperature": 0},
                  "stop": {"max_tokens": TOKENS, "ignore_eos": True}}
        with grpc.insecure_channel(
                f"127.0.0.1:{self.proxy.grpc_port}") as channel:
            stub = ReflectedStub(channel, "millijoule.v1.Inference")
            while True:
                *_, last = stub.Generate(fields, timeout=120)
                yield last.summary.usage.completion_tokens


class RollingRestartTest(unittest.TestCase):

    def wait_for(self, condition, seconds=120):
        deadline = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def test_no_request_is_lost(self):
        flags = ("--threads", "1", "--drain-delay", "3")
        replicas = [Server(*flags) for _ in range(2)]
        for replica in replicas:
            replica.__enter__()
        try:
            with Proxy(replicas) as proxy:
                self.wait_for(lambda: self.serves(proxy))
                with Load(proxy) as load:
                    for replica in replicas:
                        self.wait_for(lambda: self.worked(replica))
                        replica.__exit__()
                        self.assertEqual(replica.exit_code, 0)
                        replica.__enter__()
                        self.wait_for(lambda: self.worked(replica))
                        self.assertEqual(load.failures, [])
        finally:
            for replica in replicas:
                replica.__exit__()
        self.assertEqual(load.failures, [])
        self.assertGreater(load.done, 20)

    @staticmethod
    def serves(proxy):
        connection = http.client.HTTPConnection("127.0.0.1", proxy.http_port)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False

    @staticmethod
    def worked(replica):
        """It is seen by the proxy, and has had some of the load."""
        return replica.metric("millijoule_generation_tokens_total") > TOKENS


if __name__ == "__main__":
    unittest.main()
