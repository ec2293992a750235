#include "engine/draft_prices.h"

namespace mj {

bool Decodes(const PlannedRows& rows, const Queues& queues) {
  if (rows.sequence >= queues.num_running()) return false;
  const Sequence& s = *queues.running()[rows.sequence];
  return s.num_tokens() - s.num_computed == 1 && s.generates();
}

void PriceDrafts(const StepCostModel& model, const Queues& queues,
                 const StepPlan& plan, int most_rows, DraftPrices& prices) {
  prices.decode = model.AllPasses();
  Price others;
  double context = 0;
  int decoding = 0;
  for (const PlannedRows& rows : plan.rows) {
    const int computed = queues.NumComputed(rows.sequence);
    if (Decodes(rows, queues)) {
      prices.decode += model.Own({1, computed, 1});
      context += computed;
      ++decoding;
      continue;
    }
    const int lacks = queues.At(rows.sequence).num_tokens() - computed;
    others +=
        model.Own({rows.num_rows, computed, rows.num_rows == lacks ? 1 : 0});
  }
  prices.mean_context = static_cast<int>(context / decoding);
  prices.step.assign(1, prices.decode);
  prices.step[0] += others;
  const Price row = model.Own({1, prices.mean_context, 1});
  for (int r = 1; r <= most_rows; ++r) {
    prices.step.push_back(prices.step.back());
    prices.step.back() += row;
  }
}

}  // namespace mj
