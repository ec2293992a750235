// The flags that decide how a model runs: the same in every command.
#ifndef MILLIJOULE_ENGINE_ENGINE_FLAGS_H_
#define MILLIJOULE_ENGINE_ENGINE_FLAGS_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/carbon_flags.h"
#include "engine/engine_options.h"
#include "engine/flag.h"
#include "engine/model/weight_reduction.h"
#include "hw_backends/cim/analog_options.h"

namespace mj {

struct EngineFlags {
  std::string model;               // path; needed
  std::string draft_model;         // path; "": none
  std::string exit_head;           // path; "": none
  std::string exit_head_learning;  // folder; "": it does not learn
  std::optional<int> threads;      // none: the cores this process may use
  std::string isa;                 // "": the widest this CPU has
  std::string numerics;            // "": the backend's own
  std::string kv_dtype;            // "": by the numerics
  std::string backend = "cpu";     // "onednn", "cim:NAME", "fpga:NAME"
  bool lut_nonlinearities = false;
  AnalogOptions analog;     // of analog devices
  std::string shadow;       // device names, comma-separated; "": none
  std::string data_dir;     // of descriptors; "": those compiled in
  WeightReduction weights;  // of `model` alone
  int activation_bits = 0;  // 0: as the numerics have it
  CarbonFlags carbon;
  EngineOptions engine;
};

// `flags` must outlive the result; what they hold are the defaults. Values are
// checked as far as one flag alone decides; names that other builds know are
// refused with a message that says so.
std::vector<Flag> EngineFlagTable(EngineFlags& flags);
// Those of them that say which model runs and what computes it.
std::vector<Flag> ModelFlagTable(EngineFlags& flags);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_ENGINE_FLAGS_H_
