"""Writes dashboards/*.json. `python3 deploy/grafana/dashboards.py [--check]`"""

import json
import pathlib
import sys

from panels import Panel, dashboard, number
from quantities import (increase, mean, metric, quantile, rate, state, total)

FOLDER = pathlib.Path(__file__).parent / "dashboards"

SIMULATED = "--backend cim:NAME or fpga:NAME"
CLOCK = "a clock driver"
PACKAGE_CAP = "a power limit of the CPU packages"
COUNTER = "an energy counter"
LEARNING = "--exit-head-learning"

generated = metric("generation_tokens_total")
finished = metric("requests_finished_total")
# Refused for want of room, not for what they ask.
turned_away = rate(metric("requests_refused_total",
                          reason="queue_full|draining"))


def percentiles(title, name, about="", **more):
    histogram = metric(name)
    return Panel(title, *[(f"p{100 * q:g}", quantile(histogram, q))
                          for q in (0.5, 0.95, 0.99)],
                 ("mean", mean(histogram)), about=about, **more)


def attainment(target):
    of = metric("slo_requests_total", target=target)
    met = metric("slo_requests_total", target=target, outcome="attained")
    return rate(met) / rate(of)


def per_accepted(spent):
    by = ("drafter", "class")
    return rate(metric(spent), by=by) / rate(metric(
        "speculation_class_tokens_total", outcome="accepted"), by=by)


def overview():
    return dashboard(
        "millijoule-overview", "Millijoule: operation",
        "Whether the server keeps its promises.", {
            "Promises": [
                number("TTFT kept", attainment("ttft"),
                       about="Of requests with a target, those that met it."),
                number("TPOT kept", attainment("tpot")),
                number("Tokens", rate(generated)),
                number("Requests", rate(finished)),
                number("Failed", (rate(metric("requests_finished_total",
                                              finished_reason="error"))
                                  + turned_away)
                       / (rate(finished) + turned_away),
                       about="Ended in an error, or found the queue full or "
                             "the server ending. Clients that left are in "
                             "Requests by their end."),
                number("KV blocks used", state("kv_cache_usage_ratio")),
                Panel("Targets kept", ("TTFT", attainment("ttft")),
                      ("TPOT", attainment("tpot"))),
                Panel("Targets of requests that bring none",
                      ("{{target}}", metric("slo_target_seconds"))),
                Panel("Requests by target and outcome",
                      ("{{target}} {{outcome}}",
                       rate(metric("slo_requests_total"),
                            by=("target", "outcome")))),
            ],
            "Latency": [
                percentiles("Time to first token",
                            "time_to_first_token_seconds"),
                percentiles("Time per output token",
                            "request_time_per_output_token_seconds",
                            "A request's mean after its first token."),
                percentiles("Between two tokens",
                            "inter_token_latency_seconds"),
                percentiles("Whole request", "request_latency_seconds"),
                percentiles("In the queue", "request_queue_time_seconds"),
                percentiles("First step to last token",
                            "request_inference_time_seconds"),
                percentiles("Prompt", "request_prefill_time_seconds"),
                percentiles("Reply", "request_decode_time_seconds"),
            ],
            "Traffic": [
                Panel("Tokens", ("prompts", rate(metric(
                    "prompt_tokens_total"))), ("replies", rate(generated))),
                Panel("Requests by their end",
                      ("{{finished_reason}}",
                       rate(finished, by=("finished_reason",))), stacked=True),
                Panel("Requests refused", ("{{reason}}", rate(metric(
                    "requests_refused_total"), by=("reason",))),
                      stacked=True),
                Panel("Refused: no room, as vLLM counts", ("requests", rate(
                    metric("admission_rejections_total")))),
                percentiles("Prompt tokens a request",
                            "request_prompt_tokens"),
                percentiles("Reply tokens a request",
                            "request_generation_tokens"),
                percentiles("max_tokens asked for",
                            "request_params_max_tokens"),
                Panel("Choices a request", ("mean", mean(metric(
                    "request_params_n"))), unit="short"),
            ],
            "Queue and memory": [
                Panel("Sequences",
                      ("running", metric("requests_running")),
                      ("waiting", metric("requests_waiting")),
                      ("held for less carbon", metric("requests_held")),
                      unit="short", about="Held: flex requests."),
                Panel("Waiting, by why",
                      ("{{reason}}", metric("requests_waiting_by_reason")),
                      unit="short", stacked=True),
                Panel("KV blocks",
                      ("used", state("kv_cache_usage_ratio")),
                      ("free, content kept", state("kv_cache_idle_ratio"))),
                Panel("Room a block", ("{{num_gpu_blocks}} blocks of "
                                       "{{block_size}} tokens",
                                       state("cache_config_info")),
                      unit="short", kind="stat"),
                Panel("Preempted", ("sequences", rate(metric(
                    "preemptions_total")))),
                Panel("Computed again", ("tokens", rate(metric(
                    "recomputed_tokens_total")))),
                Panel("Steps", ("steps", rate(metric("steps_total")))),
                Panel("Progress", ("layers and rounds", rate(metric(
                    "progress_total"))), unit="cps",
                    about="0 with work: it is stuck."),
                Panel("Sequences at once, at the most",
                      ("limit", state("limit_max_num_seqs")), unit="short"),
                Panel("Rows a step, at the most",
                      ("limit", metric("limit_max_batched_tokens"))),
                Panel("Time that steps may take",
                      ("limit", state("limit_busy_ratio"))),
            ],
            "Prefix cache": [
                Panel("Prompt tokens by source",
                      ("{{source}}", rate(metric(
                          "prompt_tokens_by_source_total"),
                          by=("source",))), stacked=True),
                Panel("Prompt tokens not computed", ("tokens", rate(metric(
                    "prompt_tokens_cached_total")))),
                Panel("Prompt tokens found",
                      ("found", rate(metric("prefix_cache_hits_total"))
                       / rate(metric("prefix_cache_queries_total"))),
                      ("in copied blocks",
                       rate(metric("prefix_cache_copied_tokens_total"))
                       / rate(metric("prefix_cache_queries_total"))),
                      unit="percentunit"),
                Panel("Had been there", ("{{reason}}", rate(metric(
                    "prefix_cache_lost_tokens_total"), by=("reason",)))),
                Panel("Blocks with another's key", ("collisions", increase(
                    metric("prefix_cache_collisions_total"))), unit="short"),
            ],
            "Speculation": [
                Panel("Accepted of drafted", ("{{drafter}}", rate(metric(
                    "speculation_accepted_tokens_total"), by=("drafter",))
                    / rate(metric("speculation_drafted_tokens_total"),
                           by=("drafter",)))),
                Panel("Drafts", ("{{drafter}}", rate(metric(
                    "speculation_drafts_total"), by=("drafter",)))),
                Panel("Accepted, by place in the draft",
                      ("{{position}}", rate(metric(
                          "speculation_accepted_tokens_by_position_total"),
                          by=("position",)))),
                Panel("Decisions", ("{{drafter}}: {{reason}}", rate(metric(
                    "speculation_decisions_total"),
                    by=("drafter", "reason"))), stacked=True),
                Panel("Drafted tokens by class", ("{{drafter}}, {{class}}: "
                      "{{outcome}}", rate(metric(
                          "speculation_class_tokens_total"),
                          by=("drafter", "class", "outcome")))),
                Panel("Joules an accepted token", ("{{drafter}}, {{class}}",
                      per_accepted("speculation_spent_joules_total")),
                      about="Modelled: drafting and rows that verify, beyond "
                            "steps without drafts."),
                Panel("Time an accepted token", ("{{drafter}}, {{class}}",
                      per_accepted("speculation_spent_seconds_total"))),
                Panel("Left the model early", ("{{depth}}", rate(metric(
                    "adaptive_tokens_total"), by=("depth",)))),
                Panel("Stayed", ("{{reason}}", rate(metric(
                    "adaptive_rows_kept_total"), by=("reason",)))),
            ],
            "Exit heads that learn": [
                Panel("Rows learned from", ("rows", rate(metric(
                    "exit_head_updates_total")).where_there_is(LEARNING))),
                Panel("Time to learn", ("engine thread", rate(metric(
                    "exit_head_learning_seconds_total")).where_there_is(
                        LEARNING))),
                Panel("Heads not saved", ("failures", increase(metric(
                    "exit_head_failed_saves_total")).where_there_is(
                        LEARNING)), unit="short"),
            ],
            "Process": [
                Panel("Processors", ("busy", rate(metric(
                    "process_cpu_seconds_total"))), unit="short"),
                Panel("Memory",
                      ("resident", metric("process_resident_memory_bytes")),
                      ("virtual", metric("process_virtual_memory_bytes"))),
                Panel("Open files", ("open", state("process_open_fds")),
                      ("at the most", state("process_max_fds")), unit="short"),
                # Grafana's dates are in milliseconds.
                Panel("Running since", ("", metric(
                    "process_start_time_seconds").times(1000)), kind="stat",
                    unit="dateTimeAsIso"),
                Panel("Build", ("{{version}} {{commit}} {{isa}} {{numerics}}",
                                state("build_info")), kind="stat",
                      unit="short"),
            ],
        })


joules = metric("energy_joules_total")
watts = rate(joules)
tokens = rate(generated)


def predicted(name):
    ends = [metric(name, kind=kind) for kind in ("achieved", "predicted")]
    return rate(ends[0], by=("phase",)) / rate(ends[1], by=("phase",))


def energy():
    return dashboard(
        "millijoule-energy", "Millijoule: energy",
        "What the server draws, for what, and who decides.", {
            "Power": [
                number("Power", watts,
                       about="Of all servers chosen; two on one host both "
                             "count its idle power. Until a long step ends "
                             "its joules are not known."),
                number("A token", watts / tokens,
                       about="All joules over all tokens of replies."),
                number("A request", watts / rate(finished)),
                number("Wasted", rate(metric("wasted_joules_total")) / watts),
                number("Meter", state("energy_known"), unit="short",
                       about="1: joules are known."),
                number("Advisory", state("governor_advisory"), unit="short",
                       about="1: nothing that the governor asks for is set."),
                Panel("Power by phase", ("{{phase}}", rate(
                    joules, by=("phase",))), stacked=True, width=12),
                Panel("Power by domain", ("{{domain}}, {{method}}", rate(
                    joules, by=("domain", "method"))), width=12),
                Panel("Joules a token", ("all", watts / tokens),
                      ("replies alone", rate(metric(
                          "energy_joules_total", phase="decode")) / tokens)),
                Panel("Waste", ("{{reason}}", rate(metric(
                    "wasted_joules_total"), by=("reason",))), stacked=True),
                Panel("Saved by the prefix cache", ("modelled", rate(metric(
                    "energy_saved_joules_total")))),
                Panel("Joules unknown", ("{{domain}}", rate(metric(
                    "energy_unknown_seconds_total"), by=("domain",)))),
            ],
            "Clock": [
                Panel("Frequency",
                      ("asked for", metric("frequency_hertz",
                                           kind="requested")),
                      ("achieved", metric("frequency_hertz", kind="achieved")
                       .where_there_is(CLOCK))),
                Panel("Changes and failures",
                      ("changes", rate(metric("frequency_changes_total"))),
                      ("failures", rate(metric("actuator_errors_total"))),
                      unit="cps"),
                Panel("Control of the clock", ("{{to}}", increase(metric(
                    "actuator_lease_changes_total"), by=("to",))),
                    unit="short", about="Lost: another program has it, or the "
                                        "helper is gone."),
                Panel("Decisions", ("{{phase}}: {{reason}}", rate(metric(
                    "governor_decisions_total"), by=("phase", "reason"))),
                    stacked=True),
                Panel("Time of steps over the prediction",
                      ("{{phase}}", predicted("governor_step_seconds_total")),
                      ("{{phase}}, of late",
                       state("governor_correction_ratio"))),
                Panel("Joules of steps over the prediction",
                      ("{{phase}}", predicted("governor_step_joules_total")
                       .where_there_is(COUNTER))),
                Panel("Joules of steps, predicted", ("{{phase}}", rate(metric(
                    "governor_step_joules_total", kind="predicted"),
                    by=("phase",)))),
                Panel("Waiting for company", ("time", rate(metric(
                    "governor_wait_seconds_total")))),
                Panel("Kept free of the targets", ("{{target}}", state(
                    "governor_guard_ratio"))),
            ],
            "Limits and budgets": [
                Panel("Power and its cap",
                      ("drawn, {{instance}}", rate(joules, by=("instance",))),
                      ("cap", metric("power_cap_watts")),
                      ("packages, asked for", metric(
                          "package_limit_watts", kind="requested")
                       .where_there_is(PACKAGE_CAP)),
                      ("packages, achieved", metric(
                          "package_limit_watts", kind="achieved")
                       .where_there_is(PACKAGE_CAP))),
                Panel("Over the cap", ("time", rate(metric(
                    "power_cap_violation_seconds_total")))),
                Panel("The packages' own limit",
                      ("works", state("package_limit_works")),
                      ("changes", state("package_limit_changes_total")),
                      ("failures", state("package_limit_errors_total")),
                      unit="short"),
                Panel("Joules left to tenants", ("{{tenant}}", metric(
                    "tenant_bucket_joules"))),
                Panel("Refused: joules spent", ("{{tenant}}", rate(metric(
                    "tenant_refused_requests_total"), by=("tenant",)))),
                Panel("Ended: joules spent", ("requests", rate(metric(
                    "energy_stops_total"))), unit="reqps"),
                Panel("Held for less carbon", ("requests", rate(metric(
                    "flex_holds_total"))), unit="reqps"),
            ],
            "Carbon and water": [
                Panel("CO2e of the server", ("g/s", rate(metric(
                    "emissions_grams_total")))),
                Panel("CO2e a request", ("g", rate(metric(
                    "emissions_grams_total")) / rate(finished))),
                Panel("The grid's CO2e", ("now", state(
                    "grid_intensity_grams_per_kwh")), unit="suffix: g/kWh"),
                Panel("CO2e since the start", ("g", total(metric(
                    "emissions_grams_total")))),
                Panel("Water since the start", ("L", total(metric(
                    "water_litres_total")).where_there_is(
                        "a known water factor"))),
            ],
            "Ledger": [
                Panel("Writable", ("1: it is", state("ledger_up")), unit="short"),
                Panel("Windows waiting", ("windows", state(
                    "ledger_waiting_windows")),
                    unit="short"),
                Panel("Windows", ("{{outcome}}", rate(metric(
                    "ledger_windows_total"), by=("outcome",)))),
            ],
        })


def activity():
    bits = metric("device_bits_total", what="ones|toggles")
    cycles = metric("device_bits_total", what="cycles")
    return rate(bits, by=("line", "what")).over_each(
        rate(cycles, by=("line",)), "line")


def hardware():
    shadow_joules = metric("shadow_joules_total")
    shadow_seconds = metric("shadow_seconds_total")
    by_device = rate(shadow_joules, by=("device",))
    here = rate(metric("energy_joules_total", phase="prefill|decode"),
                where=shadow_joules)
    tokens_here = rate(generated, where=shadow_joules)
    return dashboard(
        "millijoule-hardware", "Millijoule: other hardware",
        "What this traffic would cost on simulated devices: all modelled, "
        "by their descriptors.", {
            "The same traffic elsewhere": [
                Panel("Joules a token of replies",
                      ("{{device}}", by_device.over_one(tokens_here)),
                      ("here", here / tokens_here),
                      width=12,
                      about="Weights that fit no single device lie on as many "
                            "as it takes, see Devices."),
                Panel("Joules over what it costs here", ("{{device}}",
                      by_device.over_one(here)), width=12,
                      about="Of servers with --shadow."),
                Panel("Power", ("{{device}}", by_device), ("here", here)),
                Panel("Time, busy", ("{{device}}", rate(
                    shadow_seconds, by=("device",))),
                    about="Over 100 %: one device would not keep up."),
                Panel("Devices side by side", ("{{device}}: weights "
                      "{{weights_live}}", state("shadow_devices")),
                      unit="short", kind="stat"),
                Panel("Joules since the start", ("{{device}}", total(
                    shadow_joules, by=("device",)))),
                Panel("Seconds since the start", ("{{device}}", total(
                    shadow_seconds, by=("device",)))),
            ],
            "The device that this server simulates": [
                Panel("Its time over the host's", ("{{device}}", rate(metric(
                    "device_seconds_total"), by=("device",))
                    .where_there_is(SIMULATED))),
                Panel("Activity of its bits", ("{{line}}: {{what}}", activity()
                      .where_there_is(SIMULATED)), about="Counted."),
            ],
        })


def main():
    check = sys.argv[1:] == ["--check"]
    assert check or len(sys.argv) == 1, __doc__
    stale = []
    for name, model in (("overview", overview()), ("energy", energy()),
                        ("hardware", hardware())):
        file = FOLDER / f"{name}.json"
        text = json.dumps(model, indent=1) + "\n"
        if check and (not file.exists() or file.read_text() != text):
            stale.append(file.name)
        elif not check:
            file.write_text(text)
    if stale:
        sys.exit(f"{', '.join(stale)}: not what dashboards.py writes")


if __name__ == "__main__":
    main()
