#include "engine/speculate/batch_gain.h"

#include <algorithm>
#include <cassert>

namespace mj {
namespace {

constexpr double kKnown = 0.96;    // trust of four samples, of a step to beat
constexpr double kMeasured = 0.8;  // of one
constexpr double kMostError = 0.2;
constexpr int kFurther = 4;  // this part more than was measured may be tried

}  // namespace

BatchGain::BatchGain(const SpeculationInputs& inputs,
                     const SpeculationMemory& memory)
    : inputs_(inputs),
      corrections_(memory.CorrectionsNow()),
      num_tokens_(static_cast<double>(inputs.sequences.size())) {
  assert(!inputs.sequences.empty() && !inputs.step.empty());
  const Ratio ratio = RatioOf(static_cast<int>(inputs.sequences.size()));
  decode_ = {inputs.decode.energy * ratio.energy.ratio,
             inputs.decode.time * ratio.time.ratio};
  plain_ = StepWith(0);
  most_rows_ = MostRows();
}

bool BatchGain::knows_plain_step() const {
  return RatioOf(inputs_.num_rows).time.trust >= kKnown;
}

bool BatchGain::knows(int rows) const {
  return RatioOf(inputs_.num_rows + rows).time.trust >= kMeasured;
}

int BatchGain::MostRows() const {
  const int most = static_cast<int>(inputs_.step.size()) - 1;
  int known = most;
  while (known > 0 && !knows(known)) --known;
  return std::min(most, known + 1 + (inputs_.num_rows + known) / kFurther);
}

BatchGain::Ratio BatchGain::RatioOf(int all_rows) const {
  const int bucket = RowCorrections::Bucket(all_rows);
  return {corrections_.time[bucket], corrections_.energy[bucket]};
}

Price BatchGain::StepWith(int rows) const {
  const Ratio ratio = RatioOf(inputs_.num_rows + rows);
  const Price& predicted = inputs_.step[rows];
  return {predicted.energy * ratio.energy.ratio,
          predicted.time * ratio.time.ratio};
}

// More rows never cost less: where they seem to, it is noise.
Price BatchGain::Extra(int rows) const {
  const Price with = StepWith(rows);
  return {std::max(Joules(0), with.energy - plain_.energy),
          std::max(Seconds(0), with.time - plain_.time)};
}

double BatchGain::Gain(double accepted, const Price& extra) const {
  const double time = decode_.time / (decode_.time + extra.time);
  const double energy = decode_.energy / (decode_.energy + extra.energy);
  return (1 + accepted / num_tokens_) * std::min(time, energy);
}

double BatchGain::Of(double accepted, int rows, const Price& drafting) const {
  const Ratio ratio = RatioOf(inputs_.num_rows + rows);
  const Price with = StepWith(rows);
  Price extra = Extra(rows);
  extra.time += with.time * std::min(ratio.time.error, kMostError);
  extra.energy += with.energy * std::min(ratio.energy.error, kMostError);
  extra += drafting;
  return Gain(accepted, extra);
}

double BatchGain::AtBest(int rows, const Price& drafting) const {
  const Ratio ratio = RatioOf(inputs_.num_rows + rows);
  Price extra = Extra(rows);
  extra.time *= ratio.time.trust;
  extra.energy = extra.energy * ratio.energy.trust;
  extra += drafting;
  return Gain(rows, extra);
}

double BatchGain::TokensFor(const Price& price) const {
  return num_tokens_ *
         std::max(price.time / decode_.time, price.energy / decode_.energy);
}

}  // namespace mj
