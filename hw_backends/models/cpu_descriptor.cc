#include "hw_backends/models/cpu_descriptor.h"

#include <cassert>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "hw_backends/models/coefficient_fields.h"
#include "hw_backends/models/data_files.h"

namespace mj {
namespace {

void ReadMatch(CoefficientFile& file, CoefficientFields& fields, CpuDescriptor& cpu) {
  if (!file.Has("match.vendor")) return;
  cpu.vendor = fields.Text("match.vendor");
  const std::vector<int64_t> family = fields.Integers("match.family");
  const std::vector<int64_t> models = fields.Integers("match.models");
  if (family.size() != 1 || models.empty() || models.size() % 2 != 0) {
    fields.Keep(absl::InvalidArgumentError(absl::StrCat(
        file.name(), ": match needs one `family`, and `models` as pairs of ",
        "first and last")));
    return;
  }
  cpu.family = static_cast<int>(family[0]);
  for (size_t i = 0; i < models.size(); i += 2) {
    cpu.models.push_back(
        {static_cast<int>(models[i]), static_cast<int>(models[i + 1])});
  }
}

OperationCost ReadOperation(CoefficientFields& fields, const std::string& numerics) {
  return {Joules(fields.Number("operation." + numerics, "pJ/op")),
          fields.Positive("core_rate." + numerics, "Gop/s")};
}

bool Describes(const CpuDescriptor& d, const CpuIdentity& cpu) {
  if (d.vendor != cpu.vendor || d.family != cpu.family) return false;
  for (const auto& [first, last] : d.models) {
    if (first <= cpu.model && cpu.model <= last) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<CpuDescriptor> ParseCpuDescriptor(std::string_view file_name,
                                                 std::string_view text) {
  absl::StatusOr<CoefficientFile> file =
      CoefficientFile::Parse(file_name, text);
  if (!file.ok()) return file.status();
  CoefficientFields fields(*file);
  CpuDescriptor cpu;
  cpu.name = fields.Text("name");
  cpu.calibration = CalibrationName(cpu.name, text);
  ReadMatch(*file, fields, cpu);
  cpu.package_cores = fields.Positive("package.cores", "cores");
  cpu.f32 = ReadOperation(fields, "f32");
  cpu.bf16 = ReadOperation(fields, "bf16");
  cpu.int8 = ReadOperation(fields, "int8");
  cpu.weight_byte = Joules(fields.Number("byte.weight", "pJ/byte"));
  cpu.kv_byte = Joules(fields.Number("byte.kv", "pJ/byte"));
  cpu.activation_byte = Joules(fields.Number("byte.activation", "pJ/byte"));
  cpu.core_bytes_per_second = fields.Positive("bandwidth.core", "GB/s");
  cpu.package_bytes_per_second = fields.Positive("bandwidth.package", "GB/s");
  cpu.core_active = Watts(fields.Number("power.core_active", "W"));
  cpu.uncore = Watts(fields.Number("power.uncore", "W"));
  cpu.idle = Watts(fields.Number("power.idle", "W"));
  fields.Keep(file->CheckAllRead());
  if (!fields.status().ok()) return fields.status();
  return cpu;
}

absl::StatusOr<std::vector<CpuDescriptor>> CompiledCpuDescriptors() {
  std::vector<CpuDescriptor> cpus;
  for (const DataFile& file : CompiledDataFiles()) {
    if (!file.name.starts_with("cpus/")) continue;
    absl::StatusOr<CpuDescriptor> cpu =
        ParseCpuDescriptor(file.name, file.text);
    if (!cpu.ok()) return cpu.status();
    cpus.push_back(*std::move(cpu));
  }
  return cpus;
}

const CpuDescriptor& ChooseDescriptor(
    std::span<const CpuDescriptor> descriptors, const CpuIdentity& cpu) {
  assert(!descriptors.empty());
  const CpuDescriptor* generic = &descriptors.front();
  for (const CpuDescriptor& d : descriptors) {
    if (Describes(d, cpu)) return d;
    if (d.name == "cpu-generic") generic = &d;
  }
  return *generic;
}

const OperationCost& CostOf(const CpuDescriptor& cpu,
                            std::string_view numerics) {
  assert(numerics == "f32" || numerics == "bf16" || numerics == "int8");
  if (numerics == "int8") return cpu.int8;
  return numerics == "bf16" ? cpu.bf16 : cpu.f32;
}

}  // namespace mj
