// A CPU as numbers: what an operation, a byte and a second cost on it. Read
// from a TOML file in which every coefficient carries its unit, its source and
// how it is known (measured, model or assumed).
#ifndef MILLIJOULE_HW_BACKENDS_MODELS_CPU_DESCRIPTOR_H_
#define MILLIJOULE_HW_BACKENDS_MODELS_CPU_DESCRIPTOR_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "hw_backends/quantities.h"

namespace mj {

// Operations of one numerics profile (1 MAC = 2).
struct OperationCost {
  Joules energy{0};                // dynamic, an operation
  double per_core_per_second = 0;  // attained by one core
};

// What CPUID says. `family` and `model` include the extended fields.
struct CpuIdentity {
  std::string vendor;  // "AuthenticAMD"
  int family = 0;
  int model = 0;
};

struct ModelRange {
  int first = 0, last = 0;
};

struct CpuDescriptor {
  std::string name;  // "epyc-zen3"
  std::string
      calibration;  // name and a digest of the file: "epyc-zen3-1a2b3c4d"

  // CPUs it describes; ranges are inclusive. Empty: none by itself.
  std::string vendor;
  int family = 0;
  std::vector<ModelRange> models;

  int package_cores = 1;
  OperationCost f32, bf16, int8;
  Joules weight_byte{0};                // from DRAM
  Joules kv_byte{0};                    // from DRAM
  Joules activation_byte{0};            // from the caches
  double core_bytes_per_second = 0;     // DRAM reads of one core
  double package_bytes_per_second = 0;  // DRAM reads of all cores
  Watts core_active{0};  // a running core's power beyond its operations
  Watts uncore{0};       // whole package while any core runs
  Watts idle{0};         // whole package while none does
};

// INVALID_ARGUMENT names file and key: a coefficient that is missing, negative
// or not finite, or has no source, an unknown kind or another unit than the
// key needs; an unknown key.
absl::StatusOr<CpuDescriptor> ParseCpuDescriptor(std::string_view file,
                                                 std::string_view text);

// The descriptors compiled in (cpus/*.toml), by name.
absl::StatusOr<std::vector<CpuDescriptor>> CompiledCpuDescriptors();

// The first that describes this CPU, else the one named `cpu-generic`, else
// the first. REQUIRES: not empty.
const CpuDescriptor& ChooseDescriptor(
    std::span<const CpuDescriptor> descriptors, const CpuIdentity& cpu);

// REQUIRES: numerics is "f32", "bf16" or "int8".
const OperationCost& CostOf(const CpuDescriptor& cpu,
                            std::string_view numerics);

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_MODELS_CPU_DESCRIPTOR_H_
