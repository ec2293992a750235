"""What is measured: the cases, and what one measurement holds."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    """Equal streams. One output token: the rate of the prompts, else the rate
    of the tokens after the first ones. Rates are of all streams together."""
    name: str
    label: str
    prompt: int  # tokens of each stream
    output: int  # tokens of each stream
    batch: int = 1  # streams
    busy: bool = False  # another busy process pinned to each core

    @property
    def prefill(self):
        return self.output == 1

    @property
    def one_stream(self):
        """Limited by reading the weights, once a token."""
        return self.batch == 1 and not self.prefill and not self.busy

    @property
    def timed_tokens(self):
        return self.batch * (self.prompt if self.prefill else self.output - 1)


CASES = {case.name: case for case in (
    Case("prefill-512", "prefill 512", 512, 1),
    Case("prefill-2048", "prefill 2048", 2048, 1),
    Case("decode-1", "decode, 1 stream", 16, 64),
    Case("decode-8", "decode, 8 streams", 64, 64, 8),
    Case("decode-32", "decode, 32 streams", 64, 64, 32),
    Case("decode-1-busy", "decode, 1 stream, busy cores", 16, 64, busy=True),
)}


@dataclasses.dataclass
class Measurement:
    tokens_per_second: float
    cpu_seconds_per_token: float | None  # None: too little to tell
    peak_rss_bytes: int
    facts: dict  # versions and settings that the program itself names
    command: list[str]
    weight_bytes_per_token: int | None = None  # of one stream; ours tells it


class MeasureError(Exception):
    """What could not be measured and why, in one line."""
