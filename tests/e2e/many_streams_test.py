"""256 concurrent streams: none fails, none starves, every text is what it is
alone. Also the memory and the idle cost of the default model's server."""

import concurrent.futures
import json
import os
import time
import unittest
import urllib.request

from server import SMOLLM2, Server

STREAMS = 256
TOKENS = 24


def stream(server, prompt, record):
    body = json.dumps(dict(prompt=prompt, max_tokens=TOKENS, temperature=0,
                           stream=True, ignore_eos=True)).encode()
    request = urllib.request.Request(server.http + "/v1/completions", body,
                                     {"Content-Type": "application/json"})
    text = ""
    with urllib.request.urlopen(request, timeout=600) as reply:
        for line in reply:
            if not line.startswith(b"data: ") or b"[DONE]" in line:
                continue
            for choice in json.loads(line[6:])["choices"]:
                text += choice["text"]
                record.append(time.monotonic())
    return text


class ManyStreamsTest(unittest.TestCase):

    def test_all_finish_with_the_text_they_have_alone(self):
        with Server("--kv-memory", "1G") as server:
            print(f"ready after {server.seconds_to_ready:.2f} s")
            prompts = [f"Item {i}: the number after {i} is" for i in range(STREAMS)]
            records = [[] for _ in prompts]
            with concurrent.futures.ThreadPoolExecutor(STREAMS) as pool:
                texts = list(pool.map(stream, [server] * STREAMS, prompts,
                                      records))
            for i in range(0, STREAMS, 16):
                self.assertEqual(stream(server, prompts[i], []), texts[i], i)
            # Steady state: all have begun, none has ended.
            begin = max(r[0] for r in records)
            end = min(r[-1] for r in records)
            done = [sum(begin <= t <= end for t in r) for r in records]
            if min(done) > 3:
                self.assertLessEqual(max(done) / min(done), 2)
            weights = os.path.getsize(SMOLLM2)
            self.assertLess(server.status_field("RssAnon"),
                            weights + (1 << 30) + 100 * 10**6)
            server.wait_idle()
            before, started = server.cpu_seconds(), time.monotonic()
            time.sleep(5)
            busy = (server.cpu_seconds() - before) / (time.monotonic() - started)
            print(f"idle: {100 * busy:.2f} % of a core")
            self.assertLess(busy, 0.02, "an idle server should use no CPU")


if __name__ == "__main__":
    unittest.main()
