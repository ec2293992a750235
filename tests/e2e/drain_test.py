"""How a server ends, and what its service manager hears of it."""

import http.client
import os
import signal
import socket
import tempfile
import time
import unittest

from server import Server

BODY = dict(prompt="Once", max_tokens=4, temperature=0, ignore_eos=True)


class NotifySocket:
    """Listens as systemd does, in $NOTIFY_SOCKET while it is open."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        os.environ["NOTIFY_SOCKET"] = path
        return self

    def __exit__(self, *unused):
        del os.environ["NOTIFY_SOCKET"]
        self.socket.close()
        self.folder.cleanup()

    def next(self, seconds=10):
        self.socket.settimeout(seconds)
        return self.socket.recv(256).decode()

    def rest(self):
        told = []
        try:
            while True:
                told.append(self.next(0.01))
        except TimeoutError:
            return told


class ServiceManagerTest(unittest.TestCase):

    def test_it_hears_of_ready_of_progress_and_of_the_end(self):
        with NotifySocket() as manager:
            with Server() as server:
                self.assertEqual(manager.next(), "READY=1")
                self.assertEqual(manager.next(), "WATCHDOG=1")
                server.post("/v1/completions", **BODY)
                self.assertEqual(manager.next(), "WATCHDOG=1")
            told = manager.rest()
            self.assertEqual(told.count("STOPPING=1"), 1, told)
            self.assertEqual(set(told) - {"STOPPING=1", "WATCHDOG=1"}, set())

    def test_a_manager_that_is_gone_is_named_and_no_reason_to_fail(self):
        os.environ["NOTIFY_SOCKET"] = "/no/such/socket"
        try:
            with Server() as server:
                self.assertEqual(server.post("/v1/completions", **BODY)[0],
                                 200)
                self.assertIn("NOTIFY_SOCKET /no/such/socket",
                              server.output())
        finally:
            del os.environ["NOTIFY_SOCKET"]


class DrainDelayTest(unittest.TestCase):

    def test_it_serves_for_a_while_though_it_is_not_ready_any_more(self):
        server = Server("--drain-delay", "2").__enter__()
        kept = http.client.HTTPConnection("127.0.0.1", server.http_port,
                                          timeout=30)
        kept.request("GET", "/health")
        kept.getresponse().read()
        server.process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        while server.request("GET", "/ready")[0] != 503:
            self.assertLess(time.monotonic() - asked, 1)
        self.assertEqual(server.request("GET", "/health")[0], 200)
        self.assertEqual(server.post("/v1/completions", **BODY)[0], 200)
        kept.request("GET", "/health")
        reply = kept.getresponse()
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.getheader("Connection"), "close")
        self.assertEqual(server.process.wait(30), 0)
        self.assertGreater(time.monotonic() - asked, 2)
        server.state.cleanup()

    def test_a_second_signal_ends_it(self):
        server = Server("--drain-delay", "60").__enter__()
        server.process.send_signal(signal.SIGTERM)
        while server.request("GET", "/ready")[0] != 503:
            time.sleep(0.01)
        asked = time.monotonic()
        server.__exit__()
        self.assertEqual(server.exit_code, 0)
        self.assertLess(time.monotonic() - asked, 20)


if __name__ == "__main__":
    unittest.main()
