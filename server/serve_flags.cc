#include "server/serve_flags.h"

namespace mj {
namespace {

Flag GovernorFlag(std::optional<GovernorPolicy>& out) {
  return {"governor", "NAME",
          "who sets this host's clock: fmax, fixed, gated-static, "
          "lowest-feasible, throttle, energy or powercap",
          "none: nothing of the host is changed",
          [&out](const std::string& text) {
            const absl::StatusOr<GovernorPolicy> policy = ParsePolicy(text);
            if (policy.ok()) out = *policy;
            return policy.status();
          }};
}

void AddGovernorFlags(ServeFlags& flags, std::vector<Flag>& table) {
  table.push_back(GovernorFlag(flags.governor));
  table.push_back(PositiveNumberFlag("frequency-mhz", "MHZ",
                                     "clock of --governor fixed, in megahertz",
                                     flags.frequency_mhz));
  table.push_back(TextFlag("actuator-helper", "FILE",
                           "privileged program that sets clocks for --governor",
                           flags.helper.program));
  table.push_back(TextFlag("actuator-folder", "FOLDER",
                           "where that helper keeps its lock and what it found",
                           flags.helper.run_folder));
  table.push_back(TextFlag("actuator-socket", "FILE",
                           "socket of a helper that runs already, instead of "
                           "starting one",
                           flags.actuator_socket));
}

}  // namespace

std::vector<Flag> ServeFlagTable(ServeFlags& flags) {
  std::vector<Flag> table = EngineFlagTable(flags.engine);
  table.push_back(
      TextFlag("http", "HOST:PORT", "where HTTP listens", flags.http.address));
  table.push_back(
      TextFlag("grpc", "HOST:PORT", "where gRPC listens", flags.grpc));
  table.push_back(TextFlag("api-keys", "FILE",
                           "lines of name:sha256-of-key; without it everybody "
                           "may call",
                           flags.api_keys));
  table.push_back(TextFlag("tenant-limits", "FILE",
                           "TOML of [tenants.NAME] with joules_per_second and "
                           "burst_joules; 429 when they are spent",
                           flags.tenant_limits));
  table.push_back(TextFlag("prefix-regions", "FILE",
                           "TOML of [regions] with NAME = [TENANT, ...]: these "
                           "share what their prompts begin with",
                           flags.prefix_regions));
  table.push_back(PositiveNumberFlag(
      "slo-ttft-ms", "MS", "wanted time to the first token, in milliseconds",
      flags.slo_ttft_ms));
  table.push_back(PositiveNumberFlag(
      "slo-tpot-ms", "MS",
      "wanted time per token after the first, in milliseconds",
      flags.slo_tpot_ms));
  table.push_back(PositiveNumberFlag(
      "power-cap-watts", "W",
      "cap on the server's mean power: smaller batches, then pauses",
      flags.power_cap_watts));
  AddGovernorFlags(flags, table);
  table.push_back(SizeFlag("max-body", "bytes of a request's body; 413 beyond",
                           1, flags.http.max_body_bytes));
  table.push_back(TextFlag("allow-origin", "ORIGIN",
                           "whose web pages may call (CORS), or *",
                           flags.http.allow_origin));
  table.push_back(TextFlag("energy-ledger", "FILE",
                           "SQLite file that keeps the joules; off: none",
                           flags.energy_ledger));
  table.push_back(PositiveNumberFlag(
      "ledger-retention", "DAYS",
      "older windows of the ledger become one an hour; unset: all stay",
      flags.ledger_retention_days));
  table.push_back(SecondsFlag("drain-delay",
                              "requests are still served after SIGTERM, while "
                              "/ready says 503",
                              flags.drain_delay));
  table.push_back(SecondsFlag("drain-timeout",
                              "what is in flight then may take to finish",
                              flags.drain_timeout));
  table.push_back(TextFlag("log-level", "LEVEL",
                           "trace, debug, info, warning, error or off",
                           flags.log_level));
  table.push_back(TextFlag("log-format", "FORMAT",
                           "text, or json: an object a line",
                           flags.log_format));
  table.push_back(SwitchFlag("log-prompts",
                             "prompts, too, in the line of each request",
                             flags.log_prompts));
  return table;
}

}  // namespace mj
