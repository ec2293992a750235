// Shadow costing: what the traffic that this engine serves would cost on other
// devices, step by step, by their cost models (hw_backends/models/
// device_model.h). Nothing runs there; all of it is modelled. Engine thread
// only, but for devices().
//
// A request that asks is told its share of each step. With a_i what sequence i
// would cost in a step of its own and T the step's cost, it gets
//     T a_i / (a_1 + ... + a_n),
// so shares add up to the step, and who needs more pays more. While somebody
// asks, each sequence of a step is priced alone, too, unless it is alone.
#ifndef MILLIJOULE_ENGINE_SHADOW_ACCOUNT_H_
#define MILLIJOULE_ENGINE_SHADOW_ACCOUNT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/request/energy_report.h"
#include "engine/shadow_stats.h"
#include "engine/step_batch.h"
#include "hw_backends/models/device_model.h"

namespace mj {

// `names`: "NAME,NAME,...", "" for none; "--shadow" and the name stand before
// what is wrong. INVALID_ARGUMENT: a name twice, or a device that cannot run
// the model; NOT_FOUND: no such device.
absl::StatusOr<std::vector<DeviceModel>> OpenShadows(
    const std::string& names, const std::string& data_dir,
    const ModelShape& model, const CostOptions& cost);

class ShadowAccount final {
 public:
  explicit ShadowAccount(std::vector<DeviceModel> devices);

  // After a step, once its tokens are told: nobody waits for it.
  void AddStep(const StepBatch& batch);
  // What the request has cost by now, to three digits; empty where it did not
  // ask.
  static std::vector<ShadowCost> Report(const InFlight& request);
  const std::vector<ShadowStats>& stats() const { return stats_; }

 private:
  void Share(size_t device, const DeviceCost& step, const StepBatch& batch);

  const std::vector<DeviceModel> devices_;
  std::vector<ShadowStats> stats_;
  std::vector<Price> alone_;  // of the step's sequences
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SHADOW_ACCOUNT_H_
