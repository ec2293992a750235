"""Anonymous memory stays flat over 10,000 requests."""

import concurrent.futures
import random
import unittest

from server import Server

REQUESTS = 10000


class MemorySoak(unittest.TestCase):

    def test_flat_over_many_requests(self):
        random.seed(1)
        with Server("--kv-memory", "64M", "--max-model-len", "512") as server:

            def ask(i):
                rng = random.Random(i)
                status, reply = server.post(
                    "/v1/completions", max_tokens=rng.randint(1, 4),
                    prompt=[rng.randrange(40000)
                            for _ in range(rng.randint(1, 24))],
                    logprobs=rng.choice([None, 3]), seed=i)
                assert status == 200, reply

            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                list(pool.map(ask, range(REQUESTS // 5)))
                warm = server.status_field("RssAnon")
                list(pool.map(ask, range(REQUESTS // 5, REQUESTS)))
            grown = server.status_field("RssAnon") - warm
            print(f"RssAnon {warm} bytes after {REQUESTS // 5} requests, "
                  f"{grown:+} after {REQUESTS}")
            self.assertLess(grown, 4 << 20)


if __name__ == "__main__":
    unittest.main()
