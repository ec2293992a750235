// Finds stop strings in a text that comes in pieces, and holds back what may
// still become one.
//
// The match is the one that ends first; of several that end there, the
// longest. So it does not depend on how the text is cut. Each string runs the
// automaton of Knuth, Morris and Pratt (1977): O(bytes * strings).
#ifndef MILLIJOULE_ENGINE_REQUEST_STOP_MATCHER_H_
#define MILLIJOULE_ENGINE_REQUEST_STOP_MATCHER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mj {

struct StopPattern {
  std::string string;
  std::vector<int> failure;  // [i]: longest border of the first i + 1 bytes
};
// Immutable, so that all choices of a request share one copy.
using StopPatterns = std::shared_ptr<const std::vector<StopPattern>>;

// REQUIRES: no string is empty.
StopPatterns MakeStopPatterns(const std::vector<std::string>& strings);

class StopMatcher final {
 public:
  // `include_match`: released text ends behind the match rather than before
  // it.
  StopMatcher(StopPatterns patterns, bool include_match);
  StopMatcher(const std::vector<std::string>& strings, bool include_match)
      : StopMatcher(MakeStopPatterns(strings), include_match) {}

  // Takes the next piece; returns the text that is released by it: all but
  // what may be the beginning of a match. Nothing after a match.
  std::string Push(std::string_view piece);
  // The text ends: releases what was held back.
  std::string Flush();

  // The string that matched.
  const std::optional<std::string>& match() const { return match_; }

 private:
  void Advance(size_t pattern, char byte);
  // After a byte: notes a match, the longest there is.
  void NoteMatch();

  StopPatterns patterns_;
  std::vector<int> matched_;  // bytes of each pattern that the text ends with
  bool include_match_;
  std::string held_;
  std::optional<std::string> match_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_STOP_MATCHER_H_
