#include "engine/text/jinja_escape.h"

#include <cstdio>

#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

// Drops what lies between `open` and `close`, both included, where both are.
std::string Drop(std::string_view text, std::string_view open,
                 std::string_view close) {
  std::string out;
  while (true) {
    const size_t from = text.find(open);
    const size_t to = from == std::string_view::npos
                          ? from
                          : text.find(close, from + open.size());
    if (to == std::string_view::npos) return out.append(text);
    out += text.substr(0, from);
    text.remove_prefix(to + close.size());
  }
}

std::string Unescape(std::string_view text) {
  static constexpr std::string_view kNames[][2] = {
      {"&amp;", "&"},  {"&lt;", "<"},  {"&gt;", ">"},
      {"&#34;", "\""}, {"&#39;", "'"}, {"&quot;", "\""}};
  std::string out;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [name, character] : kNames) {
      if (!text.starts_with(name)) continue;
      out += character;
      text.remove_prefix(name.size());
      found = true;
      break;
    }
    if (found) continue;
    out += text[0];
    text.remove_prefix(1);
  }
  return out;
}

std::string JoinWords(std::string_view text) {
  std::string out;
  bool gap = false;
  for (std::string_view c : SplitCodePoints(text)) {
    if (IsSpace(DecodeAt(c, 0).value)) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
  return out;
}

}  // namespace

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\'':
        out += "&#39;";
        break;
      case '"':
        out += "&#34;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string StripTags(std::string_view text) {
  return Unescape(JoinWords(Drop(Drop(text, "<!--", "-->"), "<", ">")));
}

std::string UrlQuote(std::string_view text, bool query) {
  std::string out;
  for (const char c : text) {
    const bool safe = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                      (c >= 'a' && c <= 'z') || c == '_' || c == '.' ||
                      c == '-' || c == '~' || (c == '/' && !query);
    if (safe) {
      out += c;
    } else if (c == ' ' && query) {
      out += '+';
    } else {
      char hex[4];
      std::snprintf(hex, sizeof(hex), "%%%02X",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += hex;
    }
  }
  return out;
}

}  // namespace mj::jinja
