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

std::vector<HostFact> Facts() {
  std::vector<HostFact> facts = ReadHostFacts(kRoot);
  facts.push_back({"kernels", true, WidestIsa()});
  facts.push_back({"onednn", true, "built in: --backend onednn"});
  facts.push_back({"cuda", false, "not built into this binary"});
  return facts;
}

int Devices(bool as_json, const BuildInfo& build) {
  const std::vector<HostFact> facts = Facts();
  if (!as_json) {
    for (const HostFact& fact : facts) {
      std::cout << absl::StrFormat("%-13s %-4s %s\n", fact.name,
                                   fact.present ? "yes" : "no", fact.detail);
    }
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

Command DevicesCommand(const BuildInfo& build) {
  auto as_json = std::make_shared<bool>(false);
  return {.name = "devices",
          .help = "what this host offers, and why the rest is absent",
          .flags = {SwitchFlag("json", "one JSON object", *as_json)},
          .run = [as_json, build] { return Devices(*as_json, build); }};
}

}  // namespace mj
