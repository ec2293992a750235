#include "engine/prefix_reuse.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/kv/sliding_window.h"
#include "engine/step_batch.h"
#include "hw_backends/backend.h"

namespace mj {
namespace {

constexpr int kSpareBlocks = 8;

// Blocks of `s` that it may have from others.
int NumShareable(const Sequence& s) { return FirstWantedRow(s) / kBlockSize; }

}  // namespace

PrefixReuse::PrefixReuse(BlockHasher hasher, PrefixRegions regions, int window,
                         BlockPool& pool)
    : hasher_(std::move(hasher)),
      regions_(std::move(regions)),
      window_(window),
      pool_(pool),
      cache_(kBlockSize, pool) {}

// Tags keep a tenant and a region of one name apart.
std::string PrefixReuse::RegionOf(const std::string& tenant) const {
  const auto region = regions_.find(tenant);
  return region == regions_.end() ? absl::StrCat("tenant:", tenant)
                                  : absl::StrCat("region:", region->second);
}

void PrefixReuse::Begin(Sequence& s) {
  s.chain.root = hasher_.Root(RegionOf(s.request->request.tenant));
}

void PrefixReuse::Find(Sequence& s) {
  s.chain.ExtendTo(s.num_tokens() / kBlockSize, s.tokens, kBlockSize, hasher_);
  found_.clear();
  for (int i = 0; i < s.blocks.size(); ++i) found_.push_back(s.blocks.At(i));
  const int most = std::max(s.blocks.size(), NumShareable(s));
  cache_.Extend(std::span(s.chain.keys).first(most), s.tokens, found_);
}

// The sequence goes on with block `num_blocks`: does an earlier one already?
bool PrefixReuse::Follows(const Sequence& s, int num_blocks) {
  if (!s.findable || num_blocks >= static_cast<int>(s.chain.keys.size())) {
    return false;
  }
  const bool is_first = coming_.insert(s.chain.keys[num_blocks]).second;
  return !is_first && num_blocks < NumShareable(s);
}

PrefixReuse::Start PrefixReuse::Probe(Sequence& waiting) {
  Find(waiting);
  Start start{.num_blocks = static_cast<int>(found_.size())};
  if (window_ > 0) {
    start.num_released =
        FirstNeeded(start.num_blocks * kBlockSize, window_, kBlockSize);
  }
  for (BlockId id : std::span(found_).subspan(start.num_released)) {
    start.num_idle += pool_.is_idle(id) ? 1 : 0;
  }
  start.follows = Follows(waiting, start.num_blocks);
  if (start.follows) return start;
  const PrefixCache::Partial partial = PartlyEqual(waiting);
  start.num_copied = partial.count;
  if (partial.count > 0) start.num_idle += pool_.is_idle(partial.id) ? 1 : 0;
  return start;
}

// What may be copied behind the blocks of found_. An idle block is held for
// that while the sequence gets its own: not where blocks are scarce.
PrefixCache::Partial PrefixReuse::PartlyEqual(const Sequence& s) const {
  const int first = static_cast<int>(found_.size()) * kBlockSize;
  const int most = std::min(kBlockSize, FirstWantedRow(s) - first);
  if (most <= 0) return {};
  const PrefixCache::Partial partial =
      cache_.PartlyEqual(s.chain, s.tokens, found_, most);
  const int wanted = s.num_tokens() / kBlockSize + 1 + kSpareBlocks;
  if (partial.count > 0 && pool_.is_idle(partial.id) &&
      pool_.num_free() < wanted) {
    return {};
  }
  return partial;
}

bool PrefixReuse::Follow(Sequence& running) {
  const bool between_blocks = running.num_computed % kBlockSize == 0;
  if (between_blocks && running.findable) {
    Find(running);
    Share(running);
  }
  return Follows(running, running.num_computed / kBlockSize) && between_blocks;
}

void PrefixReuse::Attach(Sequence& starting) {
  Find(starting);
  if (!std::exchange(starting.looked_up, true)) CountStart(starting);
  const PrefixCache::Partial partial = PartlyEqual(starting);
  Share(starting);
  if (partial.count == 0) return;
  pool_.Retain(partial.id);
  copying_.push_back({&starting, partial});
}

void PrefixReuse::Copy(std::vector<BlockCopy>& copies) {
  for (const auto& [sequence, from] : copying_) {
    Sequence& s = *sequence;
    const int i = s.num_computed / kBlockSize;
    if (i < s.blocks.size()) {
      copies.push_back({static_cast<int32_t>(from.id), s.blocks.ids()[i]});
      const int first = s.num_computed;
      s.num_computed += from.count;
      stats_.copied += from.count;
      CountShared(s, first);
    }
    pool_.Release(from.id);
  }
  copying_.clear();
}

void PrefixReuse::CountStart(Sequence& s) {
  const size_t found = found_.size();
  stats_.queried += s.num_tokens();
  const std::span<const BlockKey> keys = s.chain.keys;
  stats_.lost_evicted +=
      kBlockSize *
      cache_.NumEvicted(keys.first(NumShareable(s)), static_cast<int>(found));
  // Every row but the last could be shared if nobody wanted its logits.
  const size_t others = (s.num_tokens() - 1) / kBlockSize;
  if (others <= static_cast<size_t>(NumShareable(s))) return;
  cache_.Extend(keys.first(others), s.tokens, found_);
  stats_.lost_scored +=
      static_cast<int64_t>(found_.size() - found) * kBlockSize;
  found_.resize(found);
}

void PrefixReuse::Share(Sequence& s) {
  const int held = s.blocks.size();
  const int added = static_cast<int>(found_.size()) - held;
  if (added == 0) return;
  s.blocks.Share(std::span(found_).subspan(held), pool_);
  s.num_computed += added * kBlockSize;
  s.num_findable += added;
  CountShared(s, held * kBlockSize);
}

// Has from others what is computed from `from` on. What it had computed before
// does not count again.
void PrefixReuse::CountShared(Sequence& s, int from) {
  const int first = std::max(from, s.num_recomputed_until);
  const int count = s.num_computed - first;
  if (count <= 0) return;
  shared_.push_back({first, count});
  stats_.hit += count;
  if (s.choice == 0) s.request->usage.cached_tokens += count;
}

void PrefixReuse::NoteComputed(Sequence& s) {
  const int complete = s.num_computed / kBlockSize;
  if (!s.findable || complete <= s.num_findable) return;
  s.chain.ExtendTo(complete, s.tokens, kBlockSize, hasher_);
  for (int i = s.num_findable; i < complete; ++i) {
    const PrefixCache::Addition addition =
        cache_.Add(s.chain, s.tokens, s.blocks.ids().first(i + 1));
    if (addition.how == PrefixCache::Added::kCollision) ++stats_.collisions;
    if (addition.how != PrefixCache::Added::kNew &&
        addition.how != PrefixCache::Added::kKnown) {
      s.findable = false;
      return;
    }
    // Two computed the same at once: one of the two is enough.
    if (addition.id != s.blocks.At(i)) s.blocks.Replace(i, addition.id, pool_);
    s.num_findable = i + 1;
  }
}

void PrefixReuse::NotePreempted(Sequence& s) { s.num_findable = 0; }

std::span<const SharedTokens> PrefixReuse::TakeShared() {
  taken_.clear();
  std::swap(taken_, shared_);
  return taken_;
}

}  // namespace mj
