"""bench/peers/serve.py: its table and what it reads of a process."""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "bench" / "peers"))

import serve


def record(engine, streams, rate, cpu=0.0125):
    return {"engine": engine, "streams": streams, "tokens_per_second": rate,
            "ttft_p50_ms": 10, "ttft_p99_ms": 20, "tpot_p50_ms": 3,
            "cpu_seconds_per_token": cpu}


class ServeTest(unittest.TestCase):

    def test_rows_are_medians_of_the_rounds(self):
        table = serve.table([
            record("Millijoule", 4, 100), record("llama-server", 4, 50),
            record("Millijoule", 4, 300), record("Millijoule", 4, 200),
            {"engine": "llama-server", "streams": 4, "error": "busy"}])
        self.assertEqual(table.splitlines()[2:], [
            "| 4 | Millijoule | 200 | 10 | 20 | 3 | 12.5 |",
            "| 4 | llama-server | 50 | 10 | 20 | 3 | 12.5 |"])

    def test_a_server_that_always_failed_keeps_its_row(self):
        failed = [{"engine": "x", "streams": 1, "error": "busy"}]
        table = serve.table(failed)
        self.assertEqual(serve.unmeasured(failed), ["x at 1"])
        self.assertEqual(serve.unmeasured(
            failed + [record("x", 1, 100)]), [])
        self.assertEqual(table.splitlines()[2], "| 1 | x | – | – | – | – | – |")

    def test_cpu_time_of_a_process_with_a_name_of_any_kind(self):
        fields = ["S"] + ["0"] * 10 + ["150", "50"] + ["0"] * 10
        stat = "12 (a) b (c)) " + " ".join(fields)
        self.assertEqual(serve.cpu_seconds(stat),
                         200 / os.sysconf("SC_CLK_TCK"))


if __name__ == "__main__":
    unittest.main()
