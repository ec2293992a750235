#include "engine/request/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace mj {
namespace {

std::vector<int> Failures(std::string_view s) {
  std::vector<int> failure(s.size(), 0);
  for (size_t i = 1; i < s.size(); ++i) {
    int k = failure[i - 1];
    while (k > 0 && s[i] != s[k]) k = failure[k - 1];
    failure[i] = s[i] == s[k] ? k + 1 : 0;
  }
  return failure;
}

}  // namespace

StopMatcher::StopMatcher(std::vector<std::string> strings, bool include_match)
    : include_match_(include_match) {
  for (std::string& s : strings) {
    std::vector<int> failure = Failures(s);
    automata_.push_back({std::move(s), std::move(failure)});
  }
}

void StopMatcher::Advance(Automaton& a, char byte) const {
  while (a.matched > 0 && a.string[a.matched] != byte) {
    a.matched = a.failure[a.matched - 1];
  }
  if (a.string[a.matched] == byte) ++a.matched;
}

void StopMatcher::NoteMatch() {
  for (const Automaton& a : automata_) {
    const bool complete = a.matched == static_cast<int>(a.string.size());
    if (complete && (!match_ || a.string.size() > match_->size())) {
      match_ = a.string;
    }
  }
}

std::string StopMatcher::Push(std::string_view piece) {
  if (match_) return "";
  if (automata_.empty()) return std::string(piece);
  for (char byte : piece) {
    held_.push_back(byte);
    for (Automaton& a : automata_) Advance(a, byte);
    NoteMatch();
    if (!match_) continue;
    if (!include_match_) held_.resize(held_.size() - match_->size());
    return std::exchange(held_, "");
  }
  int open = 0;  // bytes that may begin a match
  for (const Automaton& a : automata_) open = std::max(open, a.matched);
  std::string released = held_.substr(0, held_.size() - open);
  held_.erase(0, released.size());
  return released;
}

std::string StopMatcher::Flush() { return std::exchange(held_, ""); }

}  // namespace mj
