// What is simulated, from words as a command line has them.
#ifndef MILLIJOULE_ENGINE_SIMULATE_SCENARIO_H_
#define MILLIJOULE_ENGINE_SIMULATE_SCENARIO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/simulate/simulation.h"
#include "hw_backends/models/platform_cost_model.h"
#include "hw_backends/models/shape_file.h"

namespace mj {

struct ScenarioWords {
  std::string platform, model_shape, trace;
  std::string prompt_tokens = "512", output_tokens = "128";  // of poisson
  double scale = 1;
  int max_requests = 0;  // 0: all of a trace, 2000 of poisson
  int devices = 0;       // 0: DevicesFor the weights
  double slo_ttft_ms = 0, slo_tpot_ms = 0;
  double power_cap_watts = 0;  // 0: none
  double latency_noise = 0;
  double predictor_bias = 1;
  double switch_ms = -1;  // negative: the platform's own
  std::string actuator_fault = "none";
  int max_num_seqs = 256, max_batched_tokens = 512, max_queue = 1024;
  uint64_t seed = 1;
};

struct Scenario {
  PlatformCostModel model;
  ServedShape served;
  std::vector<TraceRequest> trace;
  SimulationOptions options;  // limits.policy and fixed_clock still to choose
};

// Errors name the word, its value and what is known or needed. Weights and KV
// have the usable memory of all devices; RESOURCE_EXHAUSTED where the weights
// leave too little of it.
absl::StatusOr<Scenario> MakeScenario(const ScenarioWords& words);

// A compiled-in shape by its name, or a GGUF file by its path.
absl::StatusOr<ServedShape> ServedShapeOf(const std::string& name_or_path);

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SIMULATE_SCENARIO_H_
