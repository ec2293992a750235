"""The gRPC services through stubs made from server reflection."""

import subprocess
import sys
import unittest

from server import ROOT, Server


class GrpcTest(unittest.TestCase):

    def test_reflection_client(self):
        with Server() as server:
            done = subprocess.run(
                [sys.executable, ROOT / "tests/e2e/grpc_reflection_client.py",
                 server.grpc], capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
