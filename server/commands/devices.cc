// millijoule devices: what this host offers, and why the rest is absent.
#include <iostream>
#include <memory>

#include "absl/strings/str_format.h"
#include "hw_backends/host/host_facts.h"
#include "kernels/kernel_table.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

constexpr const char* kRoot = "/";

std::string WidestIsa() {
  const auto kernels = ChooseKernels(ReadCpuFeatures(), std::nullopt);
  return kernels ? std::string(IsaName(kernels->isa)) : "none";
}

int Devices(bool as_json, const BuildInfo& build) {
  const std::vector<HostFact> facts = ReadHostFacts(kRoot);
  if (!as_json) {
    for (const HostFact& fact : facts) {
      std::cout << absl::StrFormat("%-13s %-4s %s\n", fact.name,
                                   fact.present ? "yes" : "no", fact.detail);
    }
    std::cout << absl::StrFormat("%-13s %-4s %s\n", "kernels", "yes",
                                 WidestIsa());
    return 0;
  }
  Json json = Json::object();
  Json rows = Json::array();
  for (const HostFact& fact : facts) {
    rows.push_back({{"name", fact.name},
                    {"present", fact.present},
                    {"detail", fact.detail}});
  }
  json["rows"] = std::move(rows);
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName(kRoot);
  from.isa = WidestIsa();
  AddProvenance(from, json);
  std::cout << DumpJson(json) << "\n";
  return 0;
}

}  // namespace

Command AddDevices(CLI::App& app, const BuildInfo& build) {
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand(
      "devices", "what this host offers, and why the rest is absent");
  command->add_flag("--json", *as_json, "one JSON object");
  return {command, [as_json, build] { return Devices(*as_json, build); }};
}

}  // namespace mj
