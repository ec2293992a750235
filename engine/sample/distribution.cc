#include "engine/sample/distribution.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>

#include "engine/sample/exp.h"
#include "engine/sample/exp_sum.h"

namespace mj {
namespace {

// 32 nats of 128 buckets; what is below weighs nothing (exp(-32) = 1e-14) and
// shares the last bucket.
constexpr int kBuckets = 4096;
constexpr float kBucketsPerNat = 128;
constexpr size_t kBlock = 256;  // tokens a vectorised inner loop takes

struct Block {
  std::array<float, kBlock> gaps;
  std::array<int, kBlock> buckets;
};

// Monotone in the logit, rounding included, so buckets are in order. Bits of
// floats >= 0 are in order too, and comparing them can be vectorised.
// REQUIRES: gap >= 0 (infinity too)
int BucketOf(float gap) {
  const int32_t last = std::bit_cast<int32_t>(float{kBuckets - 1});
  const int32_t bits = std::bit_cast<int32_t>(gap * kBucketsPerNat);
  return static_cast<int>(std::bit_cast<float>(bits < last ? bits : last));
}

void FillBlock(std::span<const float> logits, float max,
               float inverse_temperature, Block& block) {
  for (size_t j = 0; j < logits.size(); ++j) {
    block.gaps[j] = (max - logits[j]) * inverse_temperature;
    block.buckets[j] = BucketOf(block.gaps[j]);
  }
}

}  // namespace

Distribution::Distribution() : masses_(kBuckets), counts_(kBuckets) {}

void Distribution::Load(std::span<const float> logits, float max,
                        float temperature) {
  logits_ = logits;
  max_ = max;
  inverse_temperature_ = 1 / temperature;
  is_cut_ = false;
}

void Distribution::FillBuckets() {
  if (std::exchange(is_cut_, true)) return;
  sorted_bucket_ = -1;
  std::fill(masses_.begin(), masses_.end(), 0);
  std::fill(counts_.begin(), counts_.end(), 0);
  Block block;
  std::array<float, kBlock> weights;
  for (size_t i = 0; i < logits_.size(); i += kBlock) {
    const size_t size = std::min(kBlock, logits_.size() - i);
    FillBlock(logits_.subspan(i, size), max_, inverse_temperature_, block);
    for (size_t j = 0; j < size; ++j) {
      weights[j] = ExpNonPositive(-block.gaps[j]);
    }
    for (size_t j = 0; j < size; ++j) {
      masses_[block.buckets[j]] += weights[j];
      ++counts_[block.buckets[j]];
    }
  }
  kept_ = {kBuckets - 1, counts_.back(), 0};
  for (double mass : masses_) kept_.mass += mass;
}

void Distribution::CollectBlock(int bucket, size_t first, size_t size) {
  Block block;
  const std::span<const float> logits = logits_.subspan(first, size);
  FillBlock(logits, max_, inverse_temperature_, block);
  int hits = 0;
  for (size_t j = 0; j < size; ++j) hits += block.buckets[j] == bucket;
  for (size_t j = 0; hits > 0; ++j) {
    if (block.buckets[j] != bucket) continue;
    items_.push_back({logits[j], static_cast<TokenId>(first + j), block.gaps[j],
                      ExpNonPositive(-block.gaps[j])});
    --hits;
  }
}

const std::vector<Distribution::Item>& Distribution::Items(int bucket) {
  if (sorted_bucket_ == bucket) return items_;
  items_.clear();
  for (size_t i = 0; i < logits_.size(); i += kBlock) {
    CollectBlock(bucket, i, std::min(kBlock, logits_.size() - i));
  }
  std::sort(items_.begin(), items_.end(), [](const Item& a, const Item& b) {
    return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
  });
  sorted_bucket_ = bucket;
  return items_;
}

int Distribution::num_kept() const {
  if (!is_cut_) return static_cast<int>(logits_.size());
  int count = kept_.items;
  for (int b = 0; b < kept_.bucket; ++b) count += counts_[b];
  return count;
}

void Distribution::KeepTopK(int k) {
  FillBuckets();
  Prefix prefix;
  for (; prefix.bucket < kept_.bucket; ++prefix.bucket) {
    if (counts_[prefix.bucket] >= k) break;
    k -= counts_[prefix.bucket];
    prefix.mass += masses_[prefix.bucket];
  }
  if (prefix.bucket == kept_.bucket && k >= kept_.items) return;
  const std::vector<Item>& items = Items(prefix.bucket);
  prefix.items = k;
  for (int i = 0; i < k; ++i) prefix.mass += items[i].weight;
  kept_ = prefix;
}

Distribution::Prefix Distribution::ReachMass(double target, bool beyond) {
  const auto reaches = [&](double mass) {
    return beyond ? mass > target : mass >= target;
  };
  Prefix prefix;
  for (; prefix.bucket < kept_.bucket; ++prefix.bucket) {
    if (reaches(prefix.mass + masses_[prefix.bucket])) break;
    prefix.mass += masses_[prefix.bucket];
  }
  const std::vector<Item>& items = Items(prefix.bucket);
  const int end =
      prefix.bucket == kept_.bucket ? kept_.items : counts_[prefix.bucket];
  // A bucket's mass and the sum of its sorted tokens may differ in the last
  // bit: then its last token of any weight is the one.
  while (prefix.items < end && !reaches(prefix.mass)) {
    if (items[prefix.items].weight == 0) break;
    prefix.mass += items[prefix.items++].weight;
  }
  return prefix;
}

void Distribution::KeepTopP(double p) {
  FillBuckets();
  const Prefix prefix = ReachMass(p * kept_.mass, /*beyond=*/false);
  if (prefix.items > 0) kept_ = prefix;
}

void Distribution::KeepMinP(double p) {
  FillBuckets();
  const float limit = static_cast<float>(-std::log(p));
  Prefix prefix{.bucket = BucketOf(limit)};
  if (prefix.bucket > kept_.bucket) return;
  const std::vector<Item>& items = Items(prefix.bucket);
  const int end =
      prefix.bucket == kept_.bucket ? kept_.items : counts_[prefix.bucket];
  for (int b = 0; b < prefix.bucket; ++b) prefix.mass += masses_[b];
  while (prefix.items < end && items[prefix.items].gap <= limit) {
    prefix.mass += items[prefix.items++].weight;
  }
  kept_ = prefix;
}

TokenId Distribution::DrawFromAll(double u) {
  panels_.clear();
  double total = 0;
  for (size_t i = 0; i < logits_.size(); i += kExpPanel) {
    const size_t size = std::min(kExpPanel, logits_.size() - i);
    panels_.push_back(
        ExpSum(logits_.subspan(i, size), max_, inverse_temperature_));
    total += panels_.back();
  }
  const double target = u * total;
  double mass = 0;
  size_t panel = 0;
  while (panel + 1 < panels_.size() && mass + panels_[panel] <= target) {
    mass += panels_[panel++];
  }
  // Rounding may carry the target past the panel's end: then its last token of
  // any weight is the one, or of the last panel before it that has one.
  while (panels_[panel] == 0) --panel;
  size_t id = panel * kExpPanel, drawn = id;
  const size_t end = std::min(id + kExpPanel, logits_.size());
  for (; id < end && mass <= target; ++id) {
    const float weight =
        ExpNonPositive((logits_[id] - max_) * inverse_temperature_);
    if (weight > 0) drawn = id;
    mass += weight;
  }
  return static_cast<TokenId>(drawn);
}

TokenId Distribution::Draw(double u) {
  if (!is_cut_) return DrawFromAll(u);
  Prefix prefix = ReachMass(u * kept_.mass, /*beyond=*/true);
  // Rounding may carry the target past the last token of any weight; only the
  // last bucket has tokens of none.
  while (prefix.items == 0) prefix.items = counts_[--prefix.bucket];
  return Items(prefix.bucket)[prefix.items - 1].id;
}

}  // namespace mj
