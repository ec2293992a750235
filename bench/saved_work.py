"""What work not done is worth: prefix cache and speculation, on against off.

Starts servers of this build on loopback, runs interleaved pairs, and prints the
table of bench/README.md. Needs a quiet machine.

    python3 bench/saved_work.py [--model FILE] [--pairs 10] [--skip-loads]
"""

import argparse
import math
import pathlib
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))
from server import SMOLLM2, Server  # noqa: E402

ARTICLE = (
    "The lighthouse on the northern cape was built in 1871 from grey granite. "
    "Its lamp burned whale oil at first, then paraffin, and since 1934 it has "
    "been lit by electricity. The keeper's house stands forty metres to the "
    "south, where a low wall shelters it from the wind. In clear weather the "
    "light can be seen from twenty-two nautical miles away. Two ships were lost "
    "on the rocks below before the tower was finished, and none has been lost "
    "there since. The tower was painted white in 1902 so that sailors could "
    "tell it from the cliff behind it.")

CODE = """def read_table(path):
    rows = []
    with open(path) as file:
        for line in file:
            fields = line.strip().split(",")
            if len(fields) != 3:
                raise ValueError(f"{path}: {line!r} has {len(fields)} fields")
            rows.append((fields[0], float(fields[1]), float(fields[2])))
    return rows
"""

# kind: what is asked; {} numbers the streams, so that no two are alike.
TEXTS = {
    "copy": "Text {}:\n" + ARTICLE + "\nWrite the text again, word for word, "
            "but with 1871 changed to 1872:\n",
    "code": "Program {}:\n" + CODE + "\nWrite the same function with the name "
            "load_table:\n",
    "prose": "Write story number {} about a keeper of a lighthouse who finds a "
             "letter in a bottle.",
    "list": "Write list number {}: the planets, as JSON with the keys name, "
            "moons and diameter_km for each of them.",
    "dialogue": "Write dialogue number {} between a teacher and a pupil who "
                "asks why the sky is blue.",
}


# Two-sided 95 % of Student's t, by degrees of freedom or more.
STUDENT_T = ((29, 2.045), (19, 2.093), (14, 2.145), (11, 2.201), (9, 2.262),
             (4, 2.776), (2, 4.303), (1, 12.706))


def numbered(text, number):
    return text.replace("{}", str(number))


def chat(server, text, tokens, results=None, **fields):
    status, reply = server.post(
        "/v1/chat/completions", messages=[{"role": "user", "content": text}],
        max_tokens=tokens, temperature=0, ignore_eos=True, **fields)
    assert status == 200, reply
    if results is not None:
        results.append(reply)
    return reply


def ids(seed, count):
    """Token ids that no other seed begins with."""
    return [100 + (seed * 7919 + i * 104729) % 40000 for i in range(count)]


def complete(server, prompt, tokens, results=None, **fields):
    status, reply = server.post("/v1/completions", prompt=prompt,
                                max_tokens=tokens, temperature=0,
                                ignore_eos=True, **fields)
    assert status == 200, reply
    if results is not None:
        results.append(reply)
    return reply


def all_at_once(calls):
    threads = [threading.Thread(target=call) for call in calls]
    start = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - start


def joules(reply):
    return reply["usage"]["energy"]["joules"]


def lower_bound(ratios):
    """Of the 95 % interval of the geometric mean, by Student's t."""
    logs = [math.log(ratio) for ratio in ratios]
    t = next(t for degrees, t in STUDENT_T if len(logs) - 1 >= degrees)
    spread = t * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(statistics.mean(logs) - spread)


def mean(ratios):
    return math.exp(statistics.mean(math.log(ratio) for ratio in ratios))


def first_token(model, rounds):
    """Time to the first token, a beginning of 1,000 tokens there or not."""
    ratios, cold_ms, warm_ms = [], [], []
    with Server("--energy-ledger", "off", model=model) as server:
        for i in range(rounds):
            begin = ids(i + 1, 1000)
            times = []
            for tail in ([7, 8, 9], [10, 11, 12]):
                start = time.monotonic()
                complete(server, begin + tail, 1)
                times.append(time.monotonic() - start)
            cold_ms.append(1e3 * times[0])
            warm_ms.append(1e3 * times[1])
            ratios.append(times[1] / times[0])
    print(f"| TTFT of 1,003 tokens, 1,000 there before / not | "
          f"{statistics.median(warm_ms):.1f} / "
          f"{statistics.median(cold_ms):.1f} ms | 1/{1 / mean(ratios):.1f} |")


def sixteen_streams(model):
    """16 streams at once with 800 tokens in common, shared or not."""
    used, spent = {}, {}
    for mode in ("off", "on"):
        with Server("--energy-ledger", "off", "--prefix-cache", mode,
                    model=model) as server:
            most, done, replies = [0.0], threading.Event(), []

            def watch():
                while not done.is_set():
                    most[0] = max(most[0], server.metric(
                        "millijoule_kv_cache_usage_ratio"))
                    time.sleep(0.01)

            watcher = threading.Thread(target=watch)
            watcher.start()
            all_at_once([
                lambda i=i: complete(server, ids(1, 800) + ids(50 + i, 20), 64,
                                     replies) for i in range(16)])
            done.set()
            watcher.join()
            used[mode] = most[0]
            spent[mode] = sum(map(joules, replies)) / 16
    print(f"| 16 streams sharing 800 tokens: KV blocks, shared / not | "
          f"{100 * used['on']:.2f} / {100 * used['off']:.2f} % of the pool | "
          f"{used['on'] / used['off']:.2f} |")
    print(f"| the same: joules a request | {spent['on']:.2f} / "
          f"{spent['off']:.2f} J | {spent['on'] / spent['off']:.2f} |")


def copying(server, pairs, tokens=96):
    """A draft edited: the reply begins with the change and copies the rest."""
    edited = ARTICLE.replace("1871", "1872")[:60]
    speed, energy, same = [], [], []
    for i in range(pairs):
        prompt = (f"Draft {i}:\n{ARTICLE}\n\n"
                  f"Draft {i} with one date corrected:\n{edited}")
        complete(server, prompt, 33, speculation="off")  # the prompt is there
        rates, costs = {}, {}
        for mode in ("off", "auto") if i % 2 else ("auto", "off"):
            start = time.monotonic()
            reply = complete(server, prompt, tokens, speculation=mode)
            rates[mode] = tokens / (time.monotonic() - start)
            costs[mode] = joules(reply)
        speed.append(rates["auto"] / rates["off"])
        energy.append(costs["auto"] / costs["off"])
        words = [word.strip(".,") for word in
                 reply["choices"][0]["text"].split()]
        same.append(sum(word in ARTICLE for word in words) / len(words))
    print(f"| a draft edited, 1 stream, {100 * statistics.mean(same):.0f} % of "
          f"the words the draft's: tokens/s, auto / off | | "
          f"{mean(speed):.2f} (>= {lower_bound(speed):.2f}) |")
    print(f"| the same: joules a token | | {mean(energy):.2f} |")


def processor_seconds(server):
    """Of all threads of the server; those that have ended do not count."""
    nanoseconds = 0
    for file in pathlib.Path(f"/proc/{server.process.pid}/task").glob(
            "*/schedstat"):
        try:
            nanoseconds += int(file.read_text().split()[0])
        except OSError:  # ended since
            pass
    return nanoseconds / 1e9


def throughput(server, texts, tokens, mode, settle=0.3, seconds=1.2):
    """Tokens a second, and a second of processors, while each text is asked
    again and again.

    Counted in between, all streams at work: a reply that is done sooner than
    the others does not leave them to run alone.
    """
    done = threading.Event()

    def ask(text):
        while not done.is_set():
            chat(server, text, tokens, speculation=mode)

    threads = [threading.Thread(target=ask, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    counts = []
    for pause in (settle, seconds):
        time.sleep(pause)
        counts.append((time.monotonic(), processor_seconds(server),
                       server.metric("millijoule_generation_tokens_total")))
    done.set()
    for thread in threads:
        thread.join()
    wall, processors, counted = (b - a for a, b in zip(*counts))
    return counted / wall, counted / processors


def load(server, text, count, pairs, tokens):
    """(Wall, processor) ratios of the pairs: controller on over off."""
    ratios = []
    for i in range(pairs):
        texts = [numbered(text, 100 * i + n) for n in range(count)]
        all_at_once([  # all blocks of the prompts are there for both
            lambda text=text: chat(server, text, 33, speculation="off")
            for text in texts])
        rates = {}
        for mode in ("off", "auto") if i % 2 else ("auto", "off"):
            rates[mode] = throughput(server, texts, tokens, mode)
        ratios.append([on / off for on, off in zip(rates["auto"],
                                                   rates["off"])])
    return zip(*ratios)


def loads(server, kinds, pairs, streams, tokens):
    """Tokens a second with the controller on, as parts of off."""
    least = {"second": [], "processor second": []}
    for kind in kinds:
        cells = []
        for count in streams:
            cell = []
            for per, ratios in zip(least, load(server, TEXTS[kind], count,
                                               pairs, tokens)):
                least[per].append(lower_bound(ratios))
                cell.append(f"{mean(ratios):.2f} (>= {least[per][-1]:.2f})")
            cells.append("; ".join(cell))
            print(f"  {kind}, {count} streams: {cells[-1]}", file=sys.stderr)
        print(f"| {kind} | " + " | ".join(cells) + " |")
    print()
    for per, bounds in least.items():
        print(f"Tokens a {per}: the least lower bound is {min(bounds):.2f}, "
              f"{sum(bound >= 0.97 for bound in bounds)} of {len(bounds)} "
              "reach 0.97.")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=str(SMOLLM2))
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--streams", type=int, nargs="+",
                        default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--texts", nargs="+", choices=TEXTS, default=list(TEXTS))
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--skip-loads", action="store_true")
    options = parser.parse_args()
    if options.pairs < 2:
        parser.error(f"--pairs {options.pairs}: an interval needs 2")
    print(f"{pathlib.Path(options.model).name}\n\n| what | on / off | ratio |\n"
          "|---|---|---|")
    first_token(options.model, 10)
    sixteen_streams(options.model)
    with Server("--energy-ledger", "off", model=options.model) as server:
        chat(server, "Good morning.", 32)
        copying(server, options.pairs)
        if options.skip_loads:
            return
        print("\n| text | " + " | ".join(
            f"{n} streams" if n > 1 else "1 stream" for n in options.streams)
              + " |\n|---|" + "---|" * len(options.streams))
        loads(server, options.texts, options.pairs, options.streams,
              options.tokens)


if __name__ == "__main__":
    main()
