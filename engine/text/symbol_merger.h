// The merge loop that byte-pair and SentencePiece tokenizers share: take the
// best mergeable pair of neighbours, the leftmost of equals, until none is
// left. A linked list and a heap: O(n log n) for any text.
#ifndef MILLIJOULE_ENGINE_TEXT_SYMBOL_MERGER_H_
#define MILLIJOULE_ENGINE_TEXT_SYMBOL_MERGER_H_

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/text/vocabulary.h"

namespace mj {

// A stretch of the text that is one token so far.
struct Symbol {
  uint32_t begin, size;  // bytes
  TokenId id;            // -1: no token has this text
};

struct SymbolMerge {
  uint32_t cost;  // lower goes first
  TokenId id;     // of the merged symbol
};

// Reusable scratch for one thread.
class SymbolMerger final {
 public:
  void Clear() { nodes_.clear(); }
  void Add(Symbol symbol) {
    const int32_t index = static_cast<int32_t>(nodes_.size());
    if (index > 0) nodes_.back().next = index;
    nodes_.push_back({symbol, index - 1, -1});
  }

  // `find(left, right)` gives std::optional<SymbolMerge>.
  template <typename FindMerge>
  void Merge(const FindMerge& find) {
    heap_.clear();
    for (int32_t i = 1; i < static_cast<int32_t>(nodes_.size()); ++i) {
      if (const auto candidate = Propose(i - 1, i, find)) {
        heap_.push_back(*candidate);
      }
    }
    std::make_heap(heap_.begin(), heap_.end(), GoesLater);
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end(), GoesLater);
      const Candidate best = heap_.back();
      heap_.pop_back();
      if (!IsCurrent(best)) continue;
      Join(best);
      const int32_t left = best.left();
      Push(Propose(nodes_[left].prev, left, find));
      Push(Propose(left, nodes_[left].next, find));
    }
  }

  // Calls `visit(symbol)` for what is left, in order.
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (int32_t i = nodes_.empty() ? -1 : 0; i >= 0; i = nodes_[i].next) {
      visit(nodes_[i].symbol);
    }
  }

 private:
  struct Node {
    Symbol symbol;  // size 0: merged into another
    int32_t prev, next;
  };
  struct Candidate {
    uint64_t key;   // cost << 32 | index of the left node
    uint32_t size;  // of both when proposed: tells a stale candidate
    TokenId id;

    int32_t left() const { return static_cast<int32_t>(key & 0xFFFFFFFFu); }
  };

  static bool GoesLater(const Candidate& a, const Candidate& b) {
    return a.key > b.key;
  }

  void Push(const std::optional<Candidate>& candidate) {
    if (!candidate) return;
    heap_.push_back(*candidate);
    std::push_heap(heap_.begin(), heap_.end(), GoesLater);
  }

  template <typename FindMerge>
  std::optional<Candidate> Propose(int32_t left, int32_t right,
                                   const FindMerge& find) const {
    if (left < 0 || right < 0) return std::nullopt;
    const Symbol& l = nodes_[left].symbol;
    const Symbol& r = nodes_[right].symbol;
    const std::optional<SymbolMerge> merge = find(l, r);
    if (!merge) return std::nullopt;
    const uint64_t cost = merge->cost;
    return Candidate{cost << 32 | static_cast<uint32_t>(left), l.size + r.size,
                     merge->id};
  }

  bool IsCurrent(const Candidate& c) const {
    const Node& left = nodes_[c.left()];
    return left.symbol.size > 0 && left.next >= 0 &&
           left.symbol.size + nodes_[left.next].symbol.size == c.size;
  }

  void Join(const Candidate& c) {
    Node& left = nodes_[c.left()];
    Node& right = nodes_[left.next];
    left.symbol.size = c.size;
    left.symbol.id = c.id;
    left.next = right.next;
    right.symbol.size = 0;
    if (right.next >= 0) nodes_[right.next].prev = c.left();
  }

  std::vector<Node> nodes_;
  std::vector<Candidate> heap_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_SYMBOL_MERGER_H_
