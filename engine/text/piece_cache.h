// Token ids of the pieces that one text has shown so far: words repeat, and
// a repeated one needs no merging. One call's scratch.
#ifndef MILLIJOULE_ENGINE_TEXT_PIECE_CACHE_H_
#define MILLIJOULE_ENGINE_TEXT_PIECE_CACHE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "engine/text/absl_text.h"
#include "engine/text/vocabulary.h"

namespace mj {

class PieceCache final {
 public:
  // Appends the ids of `piece`; false if it is new.
  bool Append(std::string_view piece, std::vector<TokenId>& ids) const {
    if (piece.size() > kLongest) return false;
    const auto found = spans_.find(piece);
    if (found == spans_.end()) return false;
    const Span span = found->second;
    for (size_t i = 0; i < span.size; ++i) ids.push_back(ids[span.begin + i]);
    return true;
  }

  // Remembers that ids[begin, end) are those of `piece`.
  void Record(std::string_view piece, size_t begin, size_t end) {
    if (piece.size() > kLongest || spans_.size() >= kMost) return;
    spans_.try_emplace(std::string(piece), Span{begin, end - begin});
  }

 private:
  struct Span {
    size_t begin, size;  // in the output of this call
  };
  static constexpr size_t kLongest = 32;    // bytes: longer ones rarely repeat
  static constexpr size_t kMost = 1 << 16;  // bounds the memory of one call

  absl::flat_hash_map<std::string, Span, TextHash, TextEqual> spans_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_TEXT_PIECE_CACHE_H_
