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

StopPatterns MakeStopPatterns(const std::vector<std::string>& strings) {
  auto patterns = std::make_shared<std::vector<StopPattern>>();
  for (const std::string& s : strings) patterns->push_back({s, Failures(s)});
  return patterns;
}

StopMatcher::StopMatcher(StopPatterns patterns, bool include_match)
    : patterns_(std::move(patterns)),
      matched_(patterns_->size(), 0),
      include_match_(include_match) {}

void StopMatcher::Advance(size_t pattern, char byte) {
  const auto& [string, failure] = (*patterns_)[pattern];
  int& matched = matched_[pattern];
  while (matched > 0 && string[matched] != byte) matched = failure[matched - 1];
  if (string[matched] == byte) ++matched;
}

void StopMatcher::NoteMatch() {
  for (size_t i = 0; i < matched_.size(); ++i) {
    const std::string& string = (*patterns_)[i].string;
    const bool complete = matched_[i] == static_cast<int>(string.size());
    if (complete && (!match_ || string.size() > match_->size())) {
      match_ = string;
    }
  }
}

std::string StopMatcher::Push(std::string_view piece) {
  if (match_) return "";
  if (matched_.empty()) return std::string(piece);
  for (char byte : piece) {
    held_.push_back(byte);
    for (size_t i = 0; i < matched_.size(); ++i) Advance(i, byte);
    NoteMatch();
    if (!match_) continue;
    if (!include_match_) held_.resize(held_.size() - match_->size());
    return std::exchange(held_, "");
  }
  int open = 0;  // bytes that may begin a match
  for (int matched : matched_) open = std::max(open, matched);
  std::string released = held_.substr(0, held_.size() - open);
  held_.erase(0, released.size());
  return released;
}

std::string StopMatcher::Flush() { return std::exchange(held_, ""); }

}  // namespace mj
