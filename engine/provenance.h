// Where numbers come from: every JSON output names it.
#ifndef MILLIJOULE_ENGINE_PROVENANCE_H_
#define MILLIJOULE_ENGINE_PROVENANCE_H_

#include <string>

namespace mj {

// This binary. The mains know it and pass it down.
struct BuildInfo {
  std::string version;  // "0.1.0"
  std::string commit;   // "unknown" outside a git checkout
  std::string build_type;
  std::string compiler;
};

struct Provenance {
  BuildInfo build;
  std::string cpu;  // as the processor names itself
  std::string isa;
  std::string numerics;
  std::string model_fingerprint;
  std::string energy_method;
  std::string calibration;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_PROVENANCE_H_
