"""PromQL with units: a panel's unit follows from the metrics it shows.

    watts = rate(counter("energy_joules_total"))          J/s
    per_token = watts / rate(counter("generation_tokens_total"))   J/tokens
"""

import re

# Every series is of the servers that the dashboard is looking at; those of a
# process name no model, and other programs have them too.
CHOSEN = 'instance=~"$instance", model_name=~"$model"'
CHOSEN_PROCESS = 'job="millijoule", instance=~"$instance"'
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

    def __add__(self, other):
        assert self.unit == other.unit, f"{self.text} + {other.text}"
        return Quantity(f"({self.text} + {other.text})", self.unit,
                        self.needs or other.needs)

    def __truediv__(self, other):
        """Nothing where `other` is 0: a server that is idle has no ratio."""
        return self._over(f"({other.text} > 0)", other)

    def over_each(self, other, *labels):
        """Several series of `self` share a divisor with these labels."""
        return self._over(f"on ({', '.join(labels)}) group_left () "
                          f"({other.text} > 0)", other)

    def over_one(self, other):
        """Series of any labels over one number."""
        return self._over(f"scalar({other.text} > 0)", other)

    def _over(self, divisor, other):
        unit = dict(self.unit)
        for base, exponent in other.unit.items():
            unit[base] = unit.get(base, 0) - exponent
        return Quantity(f"{self.text} / {divisor}", _tidy(unit),
                        self.needs or other.needs)

    def times(self, factor):
        return Quantity(f"{self.text} * {factor}", self.unit, self.needs)

    def is_of_each_server(self):
        return re.match("(millijoule|process)_", self.text) is not None

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
    of_process = name.startswith("process_")
    whole = name if of_process else f"millijoule_{name}"
    chosen = [CHOSEN_PROCESS if of_process else CHOSEN] + [
        f'{key}=~"{value}"' for key, value in labels.items()]
    return Quantity(f"{whole}{{{', '.join(chosen)}}}", _unit_of(name))


def state(name, **labels):
    """A gauge that is a number of no unit: a switch, a count of things."""
    return Quantity(metric(name, **labels).text, {})


def rate(counter, by=(), where=None):
    """Of all servers, or of those that have the metric `where`."""
    text = f"rate({counter.text}[{WINDOW}])"
    if where:
        text += f" and on (instance) {where.text}"
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
    total, count = [f"sum (rate({histogram.text.replace('{', end + '{', 1)}"
                    f"[{WINDOW}]))" for end in ("_sum", "_count")]
    return Quantity(f"{total} / ({count} > 0)", histogram.unit)


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
