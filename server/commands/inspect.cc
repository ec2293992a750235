// millijoule inspect: the facts of a model file.
#include "engine/model/inspect.h"

#include <iostream>
#include <memory>
#include <string>
#include <variant>

#include "hw_backends/host/host_facts.h"
#include "kernels/kernel_table.h"
#include "server/commands/commands.h"
#include "server/commands/output.h"
#include "server/openai/json_reader.h"

namespace mj {
namespace {

struct InspectFlags {
  std::string model;
  bool json = false;
};

Json FactsJson(const ModelFacts& facts) {
  Json json = Json::object();
  for (const ModelFact& fact : facts.facts) {
    std::visit([&](const auto& value) { json[fact.key] = value; }, fact.value);
  }
  Json types = Json::array();
  for (const TensorTypeFact& type : facts.tensor_types) {
    types.push_back({{"type", type.type},
                     {"tensors", type.tensors},
                     {"elements", type.elements},
                     {"bytes", type.bytes}});
  }
  json["tensor_types"] = std::move(types);
  Json metadata = Json::array();
  for (const MetadataFact& fact : facts.metadata) {
    metadata.push_back(
        {{"key", fact.key}, {"type", fact.type}, {"value", fact.value}});
  }
  json["metadata"] = std::move(metadata);
  return json;
}

int Inspect(const InspectFlags& flags, const BuildInfo& build) {
  const absl::StatusOr<ModelFacts> facts = InspectModel(flags.model);
  if (!facts.ok()) return PrintError(facts.status());
  if (!flags.json) {
    std::cout << FormatFacts(*facts);
    return 0;
  }
  Json json = FactsJson(*facts);
  Provenance from;
  from.build = build;
  from.cpu = ReadCpuName("/");
  if (const auto kernels = ChooseKernels(ReadCpuFeatures(), std::nullopt)) {
    from.isa = IsaName(kernels->isa);
  }
  from.model_fingerprint = json.value("fingerprint", "");
  AddProvenance(from, json);
  std::cout << DumpJson(json) << "\n";
  return 0;
}

}  // namespace

Command InspectCommand(const BuildInfo& build) {
  auto flags = std::make_shared<InspectFlags>();
  return {
      .name = "inspect",
      .help = "facts of a model file",
      .flags = {Required(TextFlag("model", "FILE", "GGUF file", flags->model)),
                SwitchFlag("json", "one JSON object", flags->json)},
      .run = [flags, build] { return Inspect(*flags, build); }};
}

}  // namespace mj
