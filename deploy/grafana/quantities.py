"""PromQL with units: a panel's unit follows from the metrics it shows.

    watts = rate(counter("energy_joules_total"))          J/s
    per_token = watts / rate(counter("generation_tokens_total"))   J/tokens
"""

import re

# Every series is of the instances that the dashboard is looking at.
CHOSEN = 'instance=~"$instance"'
WINDOW = "$__rate_interval"

# What a metric counts, by the end of its name; `_total` apart.
UNITS = {
    "_seconds": "s", "_joules": "J", "_watts": "W", "_hertz": "Hz",
    "_bytes": "B", "_grams": "g", "_litres": "L", "_tokens": "tokens",
    "_steps": "steps", "_requests": "requests", "_ratio": "",
}
# Those whose name does not end in what they count.
OTHERS = {
    "requests_finished_total": "requests", "slo_requests_total": "requests",
    "request_prompt_tokens": "tokens", "request_generation_tokens": "tokens",
    "request_params_max_tokens": "tokens",
    "limit_max_batched_tokens": "tokens",
    "requests_running": "requests", "requests_waiting": "requests",
    "requests_held": "requests", "requests_waiting_by_reason": "requests",
    "requests_refused_total": "requests",
    "admission_rejections_total": "requests",
    "prompt_tokens_by_source_total": "tokens",
    "prompt_tokens_cached_total": "tokens",
    "speculation_accepted_tokens_by_position_total": "tokens",
}


class Quantity:
    """An expression and its unit, as exponents of base units."""

    def __init__(self, text, unit, needs=""):
        self.text, self.unit, self.needs = text, unit, needs

    def __truediv__(self, other):
        unit = dict(self.unit)
        for base, exponent in other.unit.items():
            unit[base] = unit.get(base, 0) - exponent
        return Quantity(f"{self.text} / {other.text}", _tidy(unit),
                        self.needs or other.needs)

    def beside(self, *labels):
        """A divisor that several series with these labels share."""
        return Quantity(f"on ({', '.join(labels)}) group_left {self.text}",
                        self.unit, self.needs)

    def scalar(self):
        """One number, which series of any labels may be divided by."""
        return Quantity(f"scalar({self.text})", self.unit, self.needs)

    def where_there_is(self, what):
        """Needs something that not every host has: no data without it."""
        return Quantity(self.text, self.unit, what)


def _tidy(unit):
    if "W" in unit:
        exponent = unit.pop("W")
        unit["J"] = unit.get("J", 0) + exponent
        unit["s"] = unit.get("s", 0) - exponent
    if "Hz" in unit:
        unit["s"] = unit.get("s", 0) - unit.pop("Hz")
    return {base: n for base, n in unit.items() if n}


def _unit_of(name):
    if name in OTHERS:
        return {OTHERS[name]: 1}
    stem = name.removesuffix("_total")
    for end, unit in UNITS.items():
        if f"_{stem}".endswith(end):
            return _tidy({unit: 1}) if unit else {}
    return {re.sub(r".*_", "", stem): 1}


def metric(name, **labels):
    """`millijoule_NAME`, or a metric of the process by its whole name."""
    whole = name if name.startswith("process_") else f"millijoule_{name}"
    chosen = [CHOSEN] + [f'{key}=~"{value}"' for key, value in labels.items()]
    return Quantity(f"{whole}{{{', '.join(chosen)}}}", _unit_of(name))


def state(name, **labels):
    """A gauge that is a number of no unit: a switch, a count of things."""
    return Quantity(metric(name, **labels).text, {})


def rate(counter, by=()):
    text = f"rate({counter.text}[{WINDOW}])"
    unit = _tidy({**counter.unit, "s": counter.unit.get("s", 0) - 1})
    labels = f" by ({', '.join(by)})" if by else ""
    return Quantity(f"sum{labels} ({text})", unit)


def increase(counter, by=()):
    labels = f" by ({', '.join(by)})" if by else ""
    return Quantity(f"sum{labels} (increase({counter.text}[{WINDOW}]))",
                    counter.unit)


def total(gauge, by=()):
    labels = f" by ({', '.join(by)})" if by else ""
    return Quantity(f"sum{labels} ({gauge.text})", gauge.unit)


def quantile(histogram, q):
    buckets = histogram.text.replace("{", "_bucket{", 1)
    return Quantity(f"histogram_quantile({q}, sum by (le) "
                    f"(rate({buckets}[{WINDOW}])))", histogram.unit)


def mean(histogram):
    parts = [f"sum (rate({histogram.text.replace('{', end + '{', 1)}"
             f"[{WINDOW}]))" for end in ("_sum", "_count")]
    return Quantity(" / ".join(parts), histogram.unit)


def grafana_unit(quantity):
    """The id under which Grafana formats it."""
    known = {
        frozenset(): "percentunit",
        frozenset({("s", 1)}): "s",
        frozenset({("J", 1)}): "joule",
        frozenset({("J", 1), ("s", -1)}): "watt",
        frozenset({("s", -1)}): "hertz",
        frozenset({("B", 1)}): "bytes",
        frozenset({("requests", 1), ("s", -1)}): "reqps",
    }
    key = frozenset(quantity.unit.items())
    if key in known:
        return known[key]
    return "suffix: " + unit_text(quantity.unit)


def unit_text(unit):
    above = " ".join(base for base, n in unit.items() if n > 0)
    below = " ".join(base for base, n in unit.items() if n < 0)
    return f"{above}/{below}" if below else above
