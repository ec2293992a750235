// Finds stop strings in a text that comes in pieces, and holds back what may
// still become one.
//
// The match is the one that ends first; of several that end there, the
// longest. So it does not depend on how the text is cut. Each string runs the
// automaton of Knuth, Morris and Pratt (1977): O(bytes * strings).
#ifndef MILLIJOULE_ENGINE_REQUEST_STOP_MATCHER_H_
#define MILLIJOULE_ENGINE_REQUEST_STOP_MATCHER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mj {

class StopMatcher final {
 public:
  // REQUIRES: no string is empty. `include_match`: released text ends behind
  // the match rather than before it.
  StopMatcher(std::vector<std::string> strings, bool include_match);

  // Takes the next piece; returns the text that is released by it: all but
  // what may be the beginning of a match. Nothing after a match.
  std::string Push(std::string_view piece);
  // The text ends: releases what was held back.
  std::string Flush();

  // The string that matched.
  const std::optional<std::string>& match() const { return match_; }

 private:
  struct Automaton {
    std::string string;
    std::vector<int> failure;  // [i]: longest border of the first i + 1 bytes
    int matched = 0;           // bytes of `string` that the text ends with
  };
  void Advance(Automaton& automaton, char byte) const;
  // After a byte: notes a match, the longest there is.
  void NoteMatch();

  std::vector<Automaton> automata_;
  bool include_match_;
  std::string held_;
  std::optional<std::string> match_;
};

}  // namespace mj

#endif  // MILLIJOULE_ENGINE_REQUEST_STOP_MATCHER_H_
