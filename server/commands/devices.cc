// millijoule devices: what this host offers, and why the rest is absent.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "hw_backends/host/find_actuators.h"
#include "hw_backends/host/find_meters.h"
#include "hw_backends/host/host_facts.h"
#include "hw_backends/host/nvml_library.h"
#include "hw_backends/host/nvml_meter.h"
#include "hw_backends/simulated_backend.h"
#include "kernels/kernel_table.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

std::string WidestIsa() {
  const auto kernels = ChooseKernels(ReadCpuFeatures(), std::nullopt);
  return kernels ? std::string(IsaName(kernels->isa)) : "none";
}

using Nvml = absl::StatusOr<std::unique_ptr<NvmlLibrary>>;

std::vector<HostFact> Facts(const Nvml& nvml,
                            std::span<const FoundMeter> meters) {
  std::vector<HostFact> facts = ReadHostFacts(kHostRoot);
  for (HostFact& fact : ReadActuatorFacts(kHostRoot, nvml)) {
    facts.push_back(std::move(fact));
  }
  for (HostFact& fact : MeterFacts(meters)) facts.push_back(std::move(fact));
  facts.push_back({"kernels", true, WidestIsa()});
  facts.push_back({"onednn", true, "built in: --backend onednn"});
  facts.push_back({"cuda", false, "not built into this binary"});
  return facts;
}

// Beside the label that says whether it runs.
std::string WhatOf(const SimulatedDevice& device) {
  return device.why_not.ok() ? device.detail
                             : std::string(device.why_not.message());
}

void PrintSimulated(std::span<const SimulatedDevice> devices) {
  std::cout << "\nsimulated backends (--backend)\n";
  for (const SimulatedDevice& device : devices) {
    std::cout << absl::StrFormat("%-21s %-4s %s\n", device.backend,
                                 device.why_not.ok() ? "yes" : "no",
                                 WhatOf(device));
  }
}

void PrintText(std::span<const HostFact> facts,
               std::span<const FoundMeter> meters) {
  for (const HostFact& fact : facts) {
    std::cout << absl::StrFormat("%-21s %-4s %s\n", fact.name,
                                 fact.present ? "yes" : "no", fact.detail);
  }
  std::cout << "\nenergy counters\n";
  for (const FoundMeter& meter : meters) {
    const std::string name = meter.domain.empty() ? "-" : meter.domain;
    const bool readable = meter.meter != nullptr;
    std::cout << absl::StrFormat(
        "%-13s %-4s %-16s %s\n", meter.interface, readable ? "yes" : "no", name,
        readable ? absl::StrCat(meter.role, " (", meter.source, ")")
                 : meter.why);
    if (!meter.remedy.empty()) {
      std::cout << absl::StrFormat("%18s needs: %s\n", "", meter.remedy);
    }
  }
}

Json TextOrNull(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json MeterJson(const FoundMeter& meter) {
  Json json = Json::object();
  json["interface"] = meter.interface;
  json["domain"] = TextOrNull(meter.domain);
  json["source"] = TextOrNull(meter.source);
  json["kind"] =
      meter.domain.empty() ? Json() : Json(MeterKindName(meter.kind));
  json["readable"] = meter.meter != nullptr;
  json["why_not"] = TextOrNull(meter.why);
  json["remedy"] = TextOrNull(meter.remedy);
  json["summed"] = meter.summed;
  json["role"] = TextOrNull(meter.role);
  if (meter.meter != nullptr) {
    const MeterInfo& info = meter.meter->info();
    json["method"] = EnergyMethodName(info.method);
    json["resolution_joules"] = info.resolution.value();
    json["update_period_seconds"] = info.update_period.count();
  }
  return json;
}

Json FactJson(const HostFact& fact) {
  return {
      {"name", fact.name}, {"present", fact.present}, {"detail", fact.detail}};
}

Json SimulatedJson(const SimulatedDevice& device) {
  return {{"backend", device.backend},
          {"runs", device.why_not.ok()},
          {"detail", WhatOf(device)}};
}

int Devices(bool as_json, const std::string& data_dir, const BuildInfo& build) {
  const SteadyClock clock;
  const Nvml nvml = NvmlLibrary::Load();
  std::vector<FoundMeter> meters =
      FindMeters(kHostRoot, clock, LinuxPerfCalls());
  std::ranges::move(FindNvmlMeters(nvml, clock), std::back_inserter(meters));
  ChooseBoundary(/*with_gpus=*/false, meters);
  const std::vector<HostFact> facts = Facts(nvml, meters);
  const std::vector<SimulatedDevice> simulated = SimulatedDevices(data_dir);
  if (!as_json) {
    PrintText(facts, meters);
    PrintSimulated(simulated);
    return 0;
  }
  Json json = Json::object();
  json["rows"] = Json::array();
  for (const HostFact& fact : facts) json["rows"].push_back(FactJson(fact));
  json["meters"] = Json::array();
  for (const FoundMeter& meter : meters) {
    json["meters"].push_back(MeterJson(meter));
  }
  json["simulated"] = Json::array();
  for (const SimulatedDevice& device : simulated) {
    json["simulated"].push_back(SimulatedJson(device));
  }
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName(kHostRoot);
  from.isa = WidestIsa();
  AddProvenance(from, json);
  std::cout << DumpJson(json) << "\n";
  return 0;
}

}  // namespace

Command DevicesCommand(const BuildInfo& build) {
  struct Flags {
    bool as_json = false;
    std::string data_dir;
  };
  auto flags = std::make_shared<Flags>();
  return {.name = "devices",
          .help = "what this host offers, and why the rest is absent",
          .flags = {SwitchFlag("json", "one JSON object", flags->as_json),
                    TextFlag("data-dir", "FOLDER",
                             "device descriptors NAME.toml beside those "
                             "compiled in",
                             flags->data_dir)},
          .run = [flags, build] {
            return Devices(flags->as_json, flags->data_dir, build);
          }};
}

}  // namespace mj
