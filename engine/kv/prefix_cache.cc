#include "engine/kv/prefix_cache.h"

#include <algorithm>

namespace mj {

PrefixCache::PrefixCache(int block_size, BlockPool& pool)
    : block_size_(block_size),
      pool_(pool),
      entries_(pool.num_blocks()),
      tokens_(static_cast<size_t>(pool.num_blocks()) * block_size) {}

std::span<const int32_t> PrefixCache::TokensOf(
    int i, std::span<const int32_t> tokens) const {
  return tokens.subspan(static_cast<size_t>(i) * block_size_, block_size_);
}

bool PrefixCache::IsLive(int32_t block) const {
  const Entry& entry = entries_[block];
  return entry.generation != 0 &&
         entry.generation == pool_.generation(BlockId{block});
}

bool PrefixCache::Follows(int32_t block, int32_t before) const {
  const Entry& entry = entries_[block];
  if (!IsLive(block) || entry.before != before) return false;
  return before < 0 ||
         entry.before_generation == pool_.generation(BlockId{before});
}

// What stood before it when it was added has been taken, or is cut itself.
bool PrefixCache::IsCut(int32_t block) const {
  const int32_t before = entries_[block].before;
  return before >= 0 && !(IsLive(before) && Follows(block, before));
}

bool PrefixCache::Holds(int32_t block, int32_t before,
                        std::span<const int32_t> tokens) const {
  return Follows(block, before) && std::equal(tokens.begin(), tokens.end(),
                                              TokensOf(block, tokens_).begin());
}

void PrefixCache::Extend(std::span<const BlockKey> keys,
                         std::span<const int32_t> tokens,
                         std::vector<BlockId>& chain) const {
  int32_t before = chain.empty() ? -1 : static_cast<int32_t>(chain.back());
  for (size_t i = chain.size(); i < keys.size(); ++i) {
    const auto found = blocks_.find(keys[i]);
    if (found == blocks_.end()) return;
    if (!Holds(found->second, before, TokensOf(i, tokens))) return;
    before = found->second;
    chain.push_back(BlockId{before});
  }
}

PrefixCache::Partial PrefixCache::PartlyEqual(const BlockChain& keys,
                                              std::span<const int32_t> tokens,
                                              std::span<const BlockId> chain,
                                              int most) const {
  const size_t n = chain.size();
  const auto found = latest_after_.find(n == 0 ? keys.root : keys.keys[n - 1]);
  const int32_t before = n == 0 ? -1 : static_cast<int32_t>(chain.back());
  if (found == latest_after_.end() || !Follows(found->second, before)) {
    return {};
  }
  const std::span<const int32_t> own = tokens.subspan(n * block_size_, most);
  const std::span<const int32_t> held = TokensOf(found->second, tokens_);
  const auto differs = std::ranges::mismatch(own, held).in1;
  return {BlockId{found->second}, static_cast<int>(differs - own.begin())};
}

int PrefixCache::NumEvicted(std::span<const BlockKey> keys,
                            int num_blocks) const {
  int i = num_blocks;
  for (; i < static_cast<int>(keys.size()); ++i) {
    if (!IsGone(keys[i])) break;
  }
  return i - num_blocks;
}

// Taken for something that is complete, or not yet.
bool PrefixCache::IsGone(const BlockKey& key) const {
  const auto found = blocks_.find(key);
  return found == blocks_.end() ? gone_.contains(key) : !IsLive(found->second);
}

// What the block held in an earlier life, unless another holds it by now.
void PrefixCache::Forget(int32_t block) {
  const auto latest = latest_after_.find(entries_[block].key_before);
  if (latest != latest_after_.end() && latest->second == block) {
    latest_after_.erase(latest);
  }
  const auto old = blocks_.find(entries_[block].key);
  if (old == blocks_.end() || old->second != block) return;
  blocks_.erase(old);
  if (gone_order_.size() < entries_.size()) gone_order_.resize(entries_.size());
  BlockKey& oldest = gone_order_[next_gone_];
  gone_.erase(oldest);
  gone_.insert(oldest = entries_[block].key);
  next_gone_ = (next_gone_ + 1) % gone_order_.size();
}

PrefixCache::Addition PrefixCache::Add(const BlockChain& keys,
                                       std::span<const int32_t> tokens,
                                       std::span<const int32_t> chain) {
  const BlockKey* const key_of = keys.keys.data();
  const int i = static_cast<int>(chain.size()) - 1;
  const int32_t block = chain[i], before = i == 0 ? -1 : chain[i - 1];
  if (before >= 0 && !IsLive(before)) return {Added::kCut, {}};
  const auto found = blocks_.find(key_of[i]);
  if (found != blocks_.end() && IsLive(found->second)) {
    const BlockId id{found->second};
    if (Holds(found->second, before, TokensOf(i, tokens))) {
      return {Added::kKnown, id};
    }
    if (!IsCut(found->second)) return {Added::kCollision, id};
    entries_[found->second].generation = 0;  // this one takes its place
  }
  if (entries_[block].generation != 0) Forget(block);
  blocks_[key_of[i]] = block;
  gone_.erase(key_of[i]);
  const BlockKey& key_before = i == 0 ? keys.root : key_of[i - 1];
  latest_after_[key_before] = block;
  entries_[block] = {key_of[i], key_before, pool_.generation(BlockId{block}),
                     before,
                     before < 0 ? 0 : pool_.generation(BlockId{before})};
  std::ranges::copy(TokensOf(i, tokens),
                    tokens_.begin() + static_cast<size_t>(block) * block_size_);
  pool_.Keep(BlockId{block});
  return {Added::kNew, BlockId{block}};
}

int PrefixCache::num_cached() const {
  int live = 0;
  for (size_t block = 0; block < entries_.size(); ++block) {
    live += IsLive(static_cast<int32_t>(block)) ? 1 : 0;
  }
  return live;
}

}  // namespace mj
