#include "hw_backends/cim/analog_layers.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mj {

absl::Status AnalogLayers::Add(std::string_view item) {
  if (item == "head") {
    head_ = true;
    return absl::OkStatus();
  }
  const std::vector<std::string> ends =
      absl::StrSplit(std::string(item), absl::MaxSplits('-', 1));
  Range range;
  if (!absl::SimpleAtoi(ends.front(), &range.first) ||
      !absl::SimpleAtoi(ends.back(), &range.last) || range.first < 0 ||
      range.last < range.first) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", std::string(item),
                     "' is neither a layer, a range such as 0-5, nor head"));
  }
  ranges_.push_back(range);
  return absl::OkStatus();
}

absl::StatusOr<AnalogLayers> AnalogLayers::Parse(std::string_view text) {
  AnalogLayers layers;
  if (text == "all") return layers;
  layers.all_ = false;
  if (text == "none") return layers;
  const std::vector<std::string> items = absl::StrSplit(std::string(text), ',');
  for (const std::string& item : items) {
    if (absl::Status added = layers.Add(item); !added.ok()) return added;
  }
  return layers;
}

bool AnalogLayers::Has(const MatrixRole& role) const {
  using Kind = MatrixRole::Kind;
  if (role.kind == Kind::kOther) return false;
  if (all_) return true;
  if (role.kind == Kind::kHead) return head_;
  return std::ranges::any_of(ranges_, [&](const Range& range) {
    return range.first <= role.layer && role.layer <= range.last;
  });
}

absl::Status AnalogLayers::Check(int num_layers) const {
  for (const Range& range : ranges_) {
    if (range.last < num_layers) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("analog layer ", range.last,
                     ": the model has layers 0 to ", num_layers - 1));
  }
  return absl::OkStatus();
}

}  // namespace mj
