"""The page at / in a real browser: what it renders is what the server says."""

import base64
import json
import os
import pathlib
import re
import struct
import threading
import time
import unittest
import zlib

from chromium import Chromium
from server import Server

PAGE = (pathlib.Path(__file__).resolve().parents[2] /
        "server" / "page" / "index.html").read_text()


def keep_busy(server, stop):
    while not stop.is_set():
        server.post("/v1/completions", prompt="The steam engine",
                    max_tokens=24, temperature=0, ignore_eos=True)


def pixels(png):
    """Rows of (red, green, blue) of a PNG without palette or interlacing."""
    width, height, depth, color = struct.unpack(">IIBB", png[16:26])
    assert depth == 8 and color in (2, 6)
    data, at = b"", 8
    while at < len(png):
        size, = struct.unpack(">I", png[at:at + 4])
        if png[at + 4:at + 8] == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += size + 12
    data, deep = zlib.decompress(data), 3 if color == 2 else 4
    stride, rows, above = width * deep, [], bytes(width * deep)
    for y in range(height):
        line = bytearray(data[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        kind = data[y * (stride + 1)]
        for i in range(stride):
            left = line[i - deep] if i >= deep else 0
            corner = above[i - deep] if i >= deep else 0
            up = above[i]
            if kind == 4:
                guess = left + up - corner
                nearest = min((left, up, corner),
                              key=lambda one: abs(guess - one))
            line[i] = (line[i] + (0, left, up, (left + up) // 2,
                                  nearest if kind == 4 else 0)[kind]) & 255
        rows.append([tuple(line[x * deep:x * deep + 3])
                     for x in range(width)])
        above = bytes(line)
    return rows


class LivePageTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.server = Server("--governor", "energy", "--slo-ttft-ms", "800",
                            "--slo-tpot-ms", "100", "--actuator-helper",
                            "/no/such/helper").__enter__()
        cls.page = Chromium().__enter__()
        cls.stop = threading.Event()
        cls.client = threading.Thread(target=keep_busy,
                                      args=(cls.server, cls.stop))
        cls.client.start()
        cls.open()

    @classmethod
    def tearDownClass(cls):
        cls.stop.set()
        cls.client.join()
        cls.page.__exit__()
        cls.server.__exit__()

    @classmethod
    def open(cls):
        cls.page.call("Page.navigate", url=cls.server.http + "/")
        cls.wait_for("document.querySelectorAll('#recent tr').length > 1 && "
                     "document.getElementById('perToken').textContent != '–'")

    @classmethod
    def wait_for(cls, condition, seconds=60):
        end = time.monotonic() + seconds
        while not cls.page.evaluate(condition):
            assert time.monotonic() < end, f"not within {seconds} s: " + \
                condition
            time.sleep(0.1)

    def text(self, element):
        return self.page.evaluate(
            f"document.getElementById('{element}').textContent")

    def test_it_names_the_model_and_how_joules_are_known(self):
        live = self.server.request("GET", "/live")[1]
        self.assertEqual(self.text("model"), live["model"])
        self.assertIn(live["energy"]["method"], self.text("method"))
        self.assertIn("advisory", self.text("method"))
        self.assertEqual(self.text("state"), "live")

    def test_the_cards_have_values_with_units(self):
        for card, form in {"throughput": r"[\d.,]+", "ttft": r"[\d.]+ m?s",
                           "tpot": r"[\d.]+ [mµ]?s", "watts": r"[\d.]+ m?W",
                           "perToken": r"[\d.]+ [mµ]?J",
                           "asked": r"[\d.]+ [GM]Hz", "running": r"\d+",
                           "waiting": r"\d+", "kv": r"\d+ %"}.items():
            with self.subTest(card):
                self.assertRegex(self.text(card), rf"^{form}$")

    def test_the_throughput_is_the_servers(self):
        self.wait_for("states.length > 5")
        begin = self.server.request("GET", "/live")[1]
        time.sleep(4)
        end = self.server.request("GET", "/live")[1]
        told = ((end["generated_tokens"] - begin["generated_tokens"]) /
                (end["clock_seconds"] - begin["clock_seconds"]))
        shown = float(self.text("throughput").replace(",", ""))
        self.assertGreater(told, 0)
        self.assertAlmostEqual(shown, told, delta=0.5 * told)  # other seconds

    def test_a_server_that_was_started_again_has_no_rates_yet(self):
        self.addCleanup(self.open)
        live = self.server.request("GET", "/live")[1]
        again = {**live, "started": live["started"] + 9, "steps": 0,
                 "generated_tokens": 0, "prompt_tokens": 0,
                 "clock_seconds": live["clock_seconds"] + 1}
        self.assertEqual(self.page.evaluate(
            f"show({json.dumps(live)}); show({json.dumps(again)}); "
            f"document.getElementById('throughput').textContent"), "–")

    def test_a_row_is_a_request_with_its_joules(self):
        status, reply = self.server.post(
            "/v1/completions", prompt="A lighthouse", max_tokens=5,
            temperature=0, ignore_eos=True)
        self.assertEqual(status, 200)
        row = f"[...document.querySelectorAll('#recent tr')].find(" \
              f"one => one.title.startsWith('{reply['id']}'))"
        self.wait_for(row + " !== undefined")
        cells = self.page.evaluate(
            f"[...{row}.cells].map(one => one.textContent)")
        usage = reply["usage"]
        self.assertEqual(cells[1], "length")
        self.assertEqual(int(cells[3]), usage["prompt_tokens"])
        self.assertEqual(int(cells[5]), 5)
        number, unit = re.fullmatch(r"([\d.]+) (m?J)", cells[9]).groups()
        told = float(number) * {"J": 1, "mJ": 1e-3}[unit]
        self.assertAlmostEqual(told, usage["energy"]["joules"],
                               delta=0.01 * told)

    def test_light_and_dark(self):
        for scheme, lies in (("light", lambda c: min(c) > 230),
                             ("dark", lambda c: max(c) < 60)):
            self.page.call("Emulation.setEmulatedMedia", features=[
                {"name": "prefers-color-scheme", "value": scheme}])
            png = base64.b64decode(self.page.call(
                "Page.captureScreenshot", format="png",
                clip={"x": 0, "y": 0, "width": 300, "height": 200,
                      "scale": 1})["data"])
            folder = os.environ.get("MILLIJOULE_SCREENSHOTS")
            if folder:
                whole = self.page.call("Page.captureScreenshot", format="png")
                pathlib.Path(folder, f"page-{scheme}.png").write_bytes(
                    base64.b64decode(whole["data"]))
            rows = pixels(png)
            self.assertTrue(lies(rows[2][2]), (scheme, rows[2][2]))
            self.assertGreater(len({one for row in rows for one in row}), 20)
        self.page.call("Emulation.setEmulatedMedia", features=[])

    def test_it_fits_a_phone(self):
        self.page.call("Emulation.setDeviceMetricsOverride", width=360,
                       height=740, deviceScaleFactor=2, mobile=True)
        try:
            self.assertLessEqual(self.page.evaluate(
                "document.documentElement.scrollWidth"), 360)
            folder = os.environ.get("MILLIJOULE_SCREENSHOTS")
            if folder:
                whole = self.page.call("Page.captureScreenshot", format="png")
                pathlib.Path(folder, "page-phone.png").write_bytes(
                    base64.b64decode(whole["data"]))
        finally:
            self.page.call("Emulation.clearDeviceMetricsOverride")

    def test_nothing_comes_from_elsewhere(self):
        asked = [event["params"]["request"]["url"]
                 for event in self.page.events
                 if event.get("method") == "Network.requestWillBeSent"]
        self.assertTrue(asked)
        for url in asked:
            self.assertTrue(url.startswith((self.server.http, "data:",
                                            "about:")), url)
        self.assertNotRegex(PAGE.replace("http://www.w3.org/2000/svg", ""),
                            r"https?://|//[a-z]+\.")

    def test_nothing_goes_wrong_in_the_console(self):
        wrong = [event for event in self.page.events if event.get("method") in
                 ("Runtime.exceptionThrown", "Log.entryAdded")]
        self.assertEqual(wrong, [])

    def test_a_name_in_markup_is_shown_as_text(self):
        self.page.evaluate("""showRecent([{ended: 0, id: "x", tenant:
            "<img src=x onerror=alert(1)>", outcome: "stop", prompt_tokens: 1,
            cached_tokens: 0, completion_tokens: 0, ttft_seconds: null,
            tpot_seconds: null, seconds: 1, joules: 0, method: ""}])""")
        self.assertEqual(self.page.evaluate(
            "document.querySelectorAll('#recent img').length"), 0)


class GoneServerTest(unittest.TestCase):

    def test_the_page_says_that_there_is_no_news(self):
        with Chromium() as page, Server() as server:
            page.call("Page.navigate", url=server.http + "/")
            state = "document.getElementById('state')?.textContent"
            self.until(page, f"{state} == 'live'")
            server.process.kill()
            self.until(page, f"{state}?.startsWith('no news')")

    def until(self, page, condition):
        end = time.monotonic() + 30
        while not page.evaluate(condition):
            self.assertLess(time.monotonic(), end, condition)
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
