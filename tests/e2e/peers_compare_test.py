"""bench/peers: its parsers, on what the peers printed, and its arithmetic."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "bench" / "peers"))

import child
import runners
import table
from cases import CASES, MeasureError

LLAMA_BENCH = """[
  {
    "build_commit": "0c1e570", "n_threads": 2, "type_k": "f16", "n_prompt": 64,
    "avg_ns": 1091926739, "avg_ts": 58.611991
  }
]"""

BATCHED_BENCH = """
{"n_kv_max": 2048, "n_batch": 2048, "n_threads": 2, "pp": 16, "tg": 8, "pl": 2, \
"n_kv": 48, "t_pp": 0.467656, "speed_pp": 68.426369, "t_tg": 16.124346, \
"speed_tg": 0.992288, "t": 16.592001, "speed": 2.892960}

"""


def record(engine, threads, number, rate, cpu=0.01):
    return {"model": "m.gguf", "case": "decode-8", "engine": engine,
            "threads": threads, "round": number, "tokens_per_second": rate,
            "cpu_seconds_per_token": cpu, "peak_rss_bytes": 100_000_000}


class ParserTest(unittest.TestCase):

    def test_llama_bench(self):
        rate, facts = runners.parse_llama_bench(LLAMA_BENCH)
        self.assertEqual(rate, 58.611991)
        self.assertEqual(facts, {"keys and values": "f16"})

    def test_batched_bench(self):
        row = runners.parse_batched_bench(BATCHED_BENCH)
        self.assertEqual(row["speed_tg"], 0.992288)

    def test_read_bandwidth_is_the_most_of_all_threads(self):
        self.assertEqual(runners.parse_read(
            '{"rows": [{"threads": 1, "gb_per_second": 30.5},'
            ' {"threads": 2, "gb_per_second": 44}]}'), 44e9)

    def test_other_output_is_named(self):
        for parse, text in ((runners.parse_llama_bench, "[]"),
                            (runners.parse_llama_bench, "no JSON"),
                            (runners.parse_batched_bench, "\n"),
                            (runners.parse_read, "{}"),
                            (runners.parse_read, '{"rows": []}'),
                            (runners.parse_offline, "prefill 3")):
            with self.subTest(text), self.assertRaisesRegex(
                    MeasureError, "printed"):
                parse(text)


class ChildTest(unittest.TestCase):

    def test_what_a_program_took(self):
        done = child.run_child([sys.executable, "-c", "print('x' * 3)"], 60)
        self.assertEqual(done.stdout, "xxx\n")
        self.assertGreater(done.cpu_seconds, 0)
        self.assertGreater(done.peak_rss_bytes, 1_000_000)

    def test_its_error_is_handed_on(self):
        self.assertEqual(child.complaint("\nno such --x\nRun with --help\n"),
                         "no such --x")
        self.assertEqual(child.complaint("log\nError at /a/b/c.cc:8: no"),
                         "Error at c.cc:8: no")
        with self.assertRaisesRegex(MeasureError, "error: no such"):
            child.run_child([sys.executable, "-c", "exit('error: no such')"],
                            60)
        with self.assertRaisesRegex(MeasureError, "/no/such.*does not start"):
            child.run_child(["/no/such"], 60)


class TableTest(unittest.TestCase):

    def test_ratio_is_the_median_of_the_rounds(self):
        ours = [record("Millijoule f32", 1, n, r)
                for n, r in enumerate((10, 40, 90))]
        peer = [record("llama.cpp", 1, n, r)
                for n, r in enumerate((10, 10, 10))]
        self.assertEqual(table.ratio(ours, peer, "tokens_per_second"), 4)
        self.assertIsNone(table.ratio(ours, [], "tokens_per_second"))

    def test_best_threads_count_and_failures_are_told(self):
        records = [record("Millijoule f32", 2, 0, 300, 0.002),
                   record("llama.cpp", 1, 0, 50),
                   record("llama.cpp", 2, 0, 100),
                   {"model": "m.gguf", "case": "decode-8", "threads": 2,
                    "engine": "OpenVINO GenAI", "round": 0, "error": "no"}]
        text = table.markdown({"machine": "x"}, records)
        label = CASES["decode-8"].label
        self.assertIn(f"| {label} | Millijoule f32 | 2 | 300 (300–300) | 2 "
                      "| 100 | 3 / 0.2 |", text)
        self.assertIn(f"| {label} | llama.cpp | 2 | 100", text)
        self.assertIn("Not measured, OpenVINO GenAI (decode-8): no", text)

    def test_one_stream_is_told_as_a_share_of_the_rounds_bandwidth(self):
        def one(threads, number, rate, cpu, read):
            return {**record("Millijoule bf16", threads, number, rate, cpu),
                    "case": "decode-1", "weight_bytes_per_token": 100_000_000,
                    "read_bytes_per_second": read}
        records = [one(1, 0, 200, 0.005, 20e9), one(2, 0, 300, 0.008, 60e9),
                   one(1, 1, 100, 0.005, 20e9), one(2, 1, 150, 0.008, 25e9),
                   {**record("llama.cpp", 2, 0, 50, 0.04), "case": "decode-1"}]
        text = table.markdown({"machine": "x"}, records)
        # Of 40 and of 25 GB/s: 50 and 40 %; 75 and 60 %.
        self.assertIn("| Millijoule bf16 | 1 | 150 | 15 | 45 | 200 |", text)
        self.assertIn("| Millijoule bf16 | 2 | 225 | 22.5 | 67.5 | 125 |", text)
        self.assertIn("| llama.cpp | 2 | 50 | – | – | 25 |", text)
        self.assertIn("bandwidth of the rounds: 42.5 (25–60) GB/s", text)


if __name__ == "__main__":
    unittest.main()
