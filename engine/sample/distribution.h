// The distribution a token is drawn from: the soft maximum of a row, cut by
// top-k, top-p (nucleus sampling, Holtzman et al. 2020) and min-p (Nguyen et
// al. 2024), then inverted at a uniform number.
//
// Tokens are ordered by (logit descending, id ascending); each filter keeps a
// prefix of that order, and so does the draw. The order is never sorted whole:
// tokens are counted and weighed in buckets of nearly equal logits, as far down
// as the prefix can reach, and only the bucket in which it ends is sorted.
// Three passes over the row, at the most, whatever its shape.
#ifndef MILLIJOULE_ENGINE_SAMPLE_DISTRIBUTION_H_
#define MILLIJOULE_ENGINE_SAMPLE_DISTRIBUTION_H_

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/request/request.h"

namespace mj {

// Keeps its memory from row to row. One thread.
class Distribution final {
 public:
  Distribution();

  // Weights exp((x - max) / temperature). `logits` must live until the draw.
  // REQUIRES: max is the largest of them and finite; temperature > 0; no NaN.
  void Load(std::span<const float> logits, float max, float temperature);

  void KeepTopK(int k);     // REQUIRES: k > 0
  void KeepTopP(double p);  // the shortest prefix with p of what is kept
  void KeepMinP(double p);  // weights of at least p times the largest
  TokenId Draw(double u);   // REQUIRES: 0 <= u < 1
  int num_kept() const;     // tokens that may still be drawn

 private:
  struct Item {
    float logit;
    TokenId id;
    float gap;     // (max - logit) / temperature
    float weight;  // exp(-gap)
  };
  // A prefix: all of the buckets before `bucket`, and `items` tokens of it.
  struct Prefix {
    int bucket = 0;
    int items = 0;
    double mass = 0;  // of all its tokens
  };

  // Tokens that vectorised inner loops take together.
  static constexpr size_t kBlock = 256;
  struct Block {
    std::array<float, kBlock> gaps;
    std::array<int, kBlock> buckets;
  };

  void ReadBlock(size_t first, size_t size, Block& block) const;
  void CountBlock(const Block& block, size_t size, int last);
  // Buckets up to `last`; those after it may miss tokens.
  void FillBuckets(int last);
  // After it there is less than `mass`. (Any, if that is not positive.)
  int LastBucketBefore(double mass) const;
  // The tokens of a bucket in order; sorted when first asked for.
  const std::vector<Item>& Items(int bucket);
  void CollectBlock(int bucket, size_t first, size_t size);
  // The shortest prefix within `kept_` whose mass reaches `target`, or passes
  // it where `beyond`.
  Prefix ReachMass(double target, bool beyond);

  std::span<const float> logits_;
  float max_ = 0;
  float inverse_temperature_ = 1;
  int filled_ = -1;             // the last bucket that is
  std::vector<double> masses_;  // [buckets]
  std::vector<int> counts_;     // [buckets]
  Prefix kept_;
  int sorted_bucket_ = -1;
  std::vector<Item> items_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_SAMPLE_DISTRIBUTION_H_
