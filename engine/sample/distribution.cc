#include "engine/sample/distribution.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "engine/sample/exp.h"
#include "engine/sample/exp_sum.h"

namespace mj {
namespace {

// 32 nats of 128 buckets; what is below weighs nothing (exp(-32) = 1e-14) and
// shares the last bucket.
constexpr int kBuckets = 4096;
constexpr float kBucketsPerNat = 128;
constexpr int kManyHits = 16;  // of a block

// Monotone in the logit, rounding included, so buckets are in order. Bits of
// floats >= 0 are in order too, and comparing them can be vectorised.
// REQUIRES: gap >= 0 (infinity too)
int BucketOf(float gap) {
  const int32_t last = std::bit_cast<int32_t>(float{kBuckets - 1});
  const int32_t bits = std::bit_cast<int32_t>(gap * kBucketsPerNat);
  return static_cast<int>(std::bit_cast<float>(bits < last ? bits : last));
}

}  // namespace

Distribution::Distribution() : masses_(kBuckets), counts_(kBuckets) {}

void Distribution::ReadBlock(size_t first, size_t size, Block& block) const {
  for (size_t j = 0; j < size; ++j) {
    block.gaps[j] = (max_ - logits_[first + j]) * inverse_temperature_;
    block.buckets[j] = BucketOf(block.gaps[j]);
  }
}

void Distribution::Load(std::span<const float> logits, float max,
                        float temperature) {
  logits_ = logits;
  max_ = max;
  inverse_temperature_ = 1 / temperature;
  sorted_bucket_ = filled_ = -1;
  kept_ = {.bucket = kBuckets - 1};
  for (size_t i = 0; i < logits.size(); i += kExpPanel) {
    const size_t size = std::min(kExpPanel, logits.size() - i);
    kept_.mass += ExpSum(logits.subspan(i, size), max, inverse_temperature_);
  }
}

// All of n tokens whose gap is over ln(n / mass) weigh less than `mass`.
int Distribution::LastBucketBefore(double mass) const {
  const double gap = std::log(static_cast<double>(logits_.size()) / mass);
  if (!(gap * kBucketsPerNat < kBuckets - 2)) return kBuckets - 1;
  return BucketOf(static_cast<float>(std::max(0.0, gap))) + 1;
}

// Where many count it costs less to weigh all of them, by vectors.
void Distribution::CountBlock(const Block& block, size_t size, int last) {
  int hits = 0;
  for (size_t j = 0; j < size; ++j) hits += block.buckets[j] <= last;
  if (hits > kManyHits) {
    std::array<float, kBlock> weights;
    for (size_t j = 0; j < size; ++j) {
      weights[j] = ExpNonPositive(-block.gaps[j]);
    }
    for (size_t j = 0; j < size; ++j) {
      masses_[block.buckets[j]] += weights[j];
      ++counts_[block.buckets[j]];
    }
    return;
  }
  for (size_t j = 0; hits > 0; ++j) {
    if (block.buckets[j] > last) continue;
    masses_[block.buckets[j]] += ExpNonPositive(-block.gaps[j]);
    ++counts_[block.buckets[j]];
    --hits;
  }
}

void Distribution::FillBuckets(int last) {
  if (last <= filled_) return;
  filled_ = last;
  std::fill(masses_.begin(), masses_.end(), 0);
  std::fill(counts_.begin(), counts_.end(), 0);
  Block block;
  for (size_t i = 0; i < logits_.size(); i += kBlock) {
    const size_t size = std::min(kBlock, logits_.size() - i);
    ReadBlock(i, size, block);
    CountBlock(block, size, last);
  }
  if (last == kBuckets - 1 && kept_.bucket == last) {
    kept_.items = counts_.back();
    kept_.mass = std::accumulate(masses_.begin(), masses_.end(), 0.0);
  }
}

void Distribution::CollectBlock(int bucket, size_t first, size_t size) {
  Block block;
  ReadBlock(first, size, block);
  int hits = 0;
  for (size_t j = 0; j < size; ++j) hits += block.buckets[j] == bucket;
  for (size_t j = 0; hits > 0; ++j) {
    if (block.buckets[j] != bucket) continue;
    items_.push_back({logits_[first + j], static_cast<TokenId>(first + j),
                      block.gaps[j], ExpNonPositive(-block.gaps[j])});
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
  if (filled_ < kept_.bucket) return static_cast<int>(logits_.size());
  int count = kept_.items;
  for (int b = 0; b < kept_.bucket; ++b) count += counts_[b];
  return count;
}

void Distribution::KeepTopK(int k) {
  FillBuckets(kBuckets - 1);
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
  FillBuckets(LastBucketBefore((1 - p) * kept_.mass));
  const Prefix prefix = ReachMass(p * kept_.mass, /*beyond=*/false);
  if (prefix.items > 0) kept_ = prefix;
}

void Distribution::KeepMinP(double p) {
  const float limit = static_cast<float>(-std::log(p));
  Prefix prefix{.bucket = BucketOf(limit)};
  FillBuckets(prefix.bucket);
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

TokenId Distribution::Draw(double u) {
  FillBuckets(LastBucketBefore((1 - u) * kept_.mass));
  Prefix prefix = ReachMass(u * kept_.mass, /*beyond=*/true);
  // Rounding may carry the target past the last token of any weight; only the
  // last bucket has tokens of none.
  while (prefix.items == 0) prefix.items = counts_[--prefix.bucket];
  return Items(prefix.bucket)[prefix.items - 1].id;
}

}  // namespace mj
