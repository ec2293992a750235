#include "engine/energy/rules/throttle_rule.h"

#include <algorithm>
#include <vector>

namespace mj {
namespace {

constexpr double kGuess = 200;     // tokens of a reply, before any has ended
constexpr double kPastMean = 1.5;  // of its tokens so far

struct Projected {
  double left = 0;  // iterations until it ends
  double context = 0;
  Seconds deadline{0};
};

// By the iteration at which they end.
std::vector<Projected> Project(const GovernorLimits& limits,
                               const GovernorInputs& in,
                               const GovernorMemory& memory) {
  const double mean =
      memory.traffic.replies > 0 ? memory.traffic.mean_reply : kGuess;
  std::vector<Projected> all;
  all.reserve(in.sequences.size());
  for (const SequenceProgress& s : in.sequences) {
    const double length =
        s.tokens < mean ? mean : std::max(s.tokens + 1.0, kPastMean * s.tokens);
    all.push_back({length - s.tokens, double{1} * s.context + s.uncomputed,
                   s.arrived + limits.slo_ttft + length * limits.slo_tpot});
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.left < b.left; });
  return all;
}

// Between two ends the batch is constant and each context grows by one an
// iteration, so a stretch takes its length times the time at its middle.
bool Meets(const GovernorLimits& limits, const ClockProfile& p,
           const std::vector<Projected>& all, Seconds now) {
  double context = 0;
  for (const Projected& s : all) context += s.context;
  Seconds time = now;
  double iteration = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    const double batch = static_cast<double>(all.size() - i);
    const double stretch = all[i].left - iteration;
    const double middle = context + batch * (iteration + stretch / 2);
    time += stretch * PredictTime(p, {batch, middle, 0});
    iteration = all[i].left;
    if (time > all[i].deadline) return false;
    context -= all[i].context;
  }
  return time - now <= iteration * limits.slo_tpot;
}

}  // namespace

Decision ThrottleRule(const GovernorLimits& limits,
                      const GovernorInputs& inputs,
                      const GovernorMemory& memory) {
  const std::vector<Projected> all = Project(limits, inputs, memory);
  const int full = limits.full_clock();
  if (!Meets(limits, limits.profile[full], all, inputs.now)) {
    return {full, {}, "a request is lost"};
  }
  int low = 0, high = full;  // high meets
  while (low < high) {
    const int middle = (low + high) / 2;
    if (Meets(limits, limits.profile[middle], all, inputs.now)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return {high, {}, "lowest that meets the projection"};
}

}  // namespace mj
