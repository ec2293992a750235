"""A server whose cores are taken away, and given back, while it runs."""

import os
import time
import unittest

from server import Server

PROMPT = " ".join(f"item {i} of a long list," for i in range(120))
CORES = sorted(os.sched_getaffinity(0))


def reply(server):
    """The text, and the cores that were busy meanwhile."""
    started, cpu = time.monotonic(), server.cpu_seconds()
    status, body = server.post("/v1/completions", prompt=PROMPT, max_tokens=16,
                               temperature=0)
    assert status == 200, body
    busy = server.cpu_seconds() - cpu
    return body["choices"][0]["text"], busy / (time.monotonic() - started)


@unittest.skipIf(len(CORES) < 2, "this host has one core")
class FewerCoresTest(unittest.TestCase):

    def wait_for(self, server, line):
        deadline = time.monotonic() + 20
        while line not in server.output():
            self.assertLess(time.monotonic(), deadline,
                            f"no '{line}' in:\n{server.output()}")
            time.sleep(0.05)

    def test_follows_taskset(self):
        # As `taskset -p`: the main thread's alone, so that what else runs on
        # one core does so because the server chose to.
        with Server() as server:
            before, _ = reply(server)
            os.sched_setaffinity(server.process.pid, CORES[:1])
            self.wait_for(server, "this process may now use 1 core (1 by")
            self.wait_for(server, f"steps use 1 of {len(CORES)} compute")
            fewer, busy = reply(server)
            self.assertEqual(fewer, before)
            # A second thread would add most of a core to the prompt.
            self.assertLess(busy, 1.3)
            os.sched_setaffinity(server.process.pid, CORES)
            self.wait_for(server, f"steps use {len(CORES)} of {len(CORES)}")
            self.assertEqual(reply(server)[0], before)


if __name__ == "__main__":
    unittest.main()
