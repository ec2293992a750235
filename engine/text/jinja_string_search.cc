#include "engine/text/jinja_string_search.h"

#include <algorithm>

#include "engine/text/jinja_text.h"

namespace mj::jinja {
namespace {

Value NotString(Runtime& runtime, const Value& got) {
  return runtime.Fail(Cat("must be str, not ", got.TypeName()));
}

// Bytes of the code point `index`, counted from the end where negative.
size_t ByteAt(const String& text, const Value& index, size_t otherwise) {
  if (!index.is_integral()) return otherwise;
  Int i = index.as_int();
  if (i < 0) i = std::max<Int>(0, i + text.length);
  if (i >= text.length) return text.bytes.size() + (i > text.length ? 1 : 0);
  if (text.ascii()) return static_cast<size_t>(i);
  size_t pos = 0;
  for (; i > 0; --i) pos += DecodeAt(text.bytes, pos).size;
  return pos;
}

// The part [start, stop) of a text that a search looks at.
struct Window {
  size_t from;
  std::string_view text;
  bool empty_range;  // start lies behind stop: not even "" is found
};
Window MakeWindow(const String& text, const Bound& bound) {
  const size_t from = bound.has(1) ? ByteAt(text, bound[1], 0) : 0;
  const size_t size = text.bytes.size();
  const size_t to =
      std::min(bound.has(2) ? ByteAt(text, bound[2], size) : size, size);
  if (from > to) return {0, "", true};
  return {from, std::string_view(text.bytes).substr(from, to - from), false};
}

// -1: not found.
int64_t FindIn(const Value& self, const Bound& bound, bool last) {
  const Window window = MakeWindow(self.string(), bound);
  if (window.empty_range) return -1;
  const size_t at = last ? window.text.rfind(bound[0].text())
                         : window.text.find(bound[0].text());
  if (at == std::string_view::npos) return -1;
  return CountCodePoints(
      std::string_view(self.text()).substr(0, window.from + at));
}

template <bool kLast, bool kMustExist>
Value Find(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "find", "sub start= end=", args);
  if (!runtime.ok()) return Value();
  if (!bound[0].is_string()) return NotString(runtime, bound[0]);
  if (!runtime.StepSearch(self.text().size(), bound[0].text().size())) {
    return Value();
  }
  const int64_t at = FindIn(self, bound, kLast);
  if (at < 0 && kMustExist) return runtime.Fail("substring not found");
  return at;
}

Value Count(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "count", "sub start= end=", args);
  if (!runtime.ok()) return Value();
  if (!bound[0].is_string()) return NotString(runtime, bound[0]);
  const Window window = MakeWindow(self.string(), bound);
  const std::string& part = bound[0].text();
  if (!runtime.StepSearch(window.text.size(), part.size())) return Value();
  if (window.empty_range) return 0;
  if (part.empty()) return CountCodePoints(window.text) + 1;
  int64_t count = 0;
  for (size_t at = 0;
       (at = window.text.find(part, at)) != std::string_view::npos;
       at += part.size()) {
    ++count;
  }
  return count;
}

template <bool kStart>
Value Affix(Runtime& runtime, const Value& self, const Args& args) {
  const char* name = kStart ? "startswith" : "endswith";
  const Bound bound(runtime, name, "fix start= end=", args);
  if (!runtime.ok()) return Value();
  const Window window = MakeWindow(self.string(), bound);
  const auto matches = [&window](const Value& fix) {
    return !window.empty_range && (kStart ? window.text.starts_with(fix.text())
                                          : window.text.ends_with(fix.text()));
  };
  if (bound[0].is_string()) return matches(bound[0]);
  if (!bound[0].is_list() || bound[0].list().type != ListType::kTuple) {
    return runtime.Fail(Cat(name,
                            " first arg must be str or a tuple of str, not ",
                            bound[0].TypeName()));
  }
  for (const Value& fix : bound[0].list().items) {
    if (!fix.is_string()) {
      return runtime.Fail(Cat("tuple for ", name,
                              " must only contain str, not ", fix.TypeName()));
    }
    if (matches(fix)) return true;
  }
  return false;
}

Value Replace(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "replace", "old new count=", args);
  if (!runtime.ok()) return Value();
  for (size_t i = 0; i < 2; ++i) {
    if (!bound[i].is_string()) {
      return runtime.Fail(Cat("replace() argument ", i + 1,
                              " must be str, not ", bound[i].TypeName()));
    }
  }
  if (!runtime.StepSearch(self.text().size(), bound[0].text().size())) {
    return Value();
  }
  const Int count =
      bound.has(2) && bound[2].is_integral() ? bound[2].as_int() : Int{-1};
  return runtime.MakeString(
      Replaced(self.text(), bound[0].text(), bound[1].text(), count,
               runtime.limits().object_bytes),
      self.string().markup);
}

template <bool kLast>
Value Partition(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "partition", "sep", args);
  if (!runtime.ok()) return Value();
  if (!bound[0].is_string()) return NotString(runtime, bound[0]);
  const std::string& text = self.text();
  const std::string& separator = bound[0].text();
  if (separator.empty()) return runtime.Fail("empty separator");
  if (!runtime.StepSearch(text.size(), separator.size())) return Value();
  const size_t at = kLast ? text.rfind(separator) : text.find(separator);
  std::string parts[3];
  if (at == std::string::npos) {
    parts[kLast ? 2 : 0] = text;
  } else {
    parts[0] = text.substr(0, at);
    parts[1] = separator;
    parts[2] = text.substr(at + separator.size());
  }
  std::vector<Value> out;
  for (std::string& part : parts) {
    out.push_back(runtime.MakeString(std::move(part)));
  }
  return runtime.MakeTuple(std::move(out));
}

using Parts = std::vector<std::string_view>;

Parts SplitAt(std::string_view text, std::string_view separator, Int most) {
  Parts parts;
  while (most-- != 0) {
    const size_t at = text.find(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

Parts SplitAtLast(std::string_view text, std::string_view separator, Int most) {
  Parts parts;
  while (most-- != 0) {
    const size_t at = text.rfind(separator);
    if (at == std::string_view::npos) break;
    parts.push_back(text.substr(at + separator.size()));
    text = text.substr(0, at);
  }
  parts.push_back(text);
  std::reverse(parts.begin(), parts.end());
  return parts;
}

Parts SplitWords(std::string_view text, Int most) {
  Parts parts;
  text = StripLeft(text);
  while (!text.empty()) {
    if (most-- == 0) {
      parts.push_back(StripRight(text));
      break;
    }
    size_t size = 0;
    while (size < text.size() && !IsSpace(DecodeAt(text, size).value)) {
      size += DecodeAt(text, size).size;
    }
    parts.push_back(text.substr(0, size));
    text = StripLeft(text.substr(size));
  }
  return parts;
}

Parts SplitLastWords(std::string_view text, Int most) {
  const Parts words = SplitWords(text, -1);
  const auto count = static_cast<Int>(words.size());
  if (most < 0 || count <= most + 1) return SplitWords(text, most);
  const auto head = static_cast<size_t>(count - most - 1);
  const char* end = words[head].data() + words[head].size();
  const std::string_view rest = StripLeft(text);
  Parts parts = {rest.substr(0, end - rest.data())};
  parts.insert(parts.end(), words.begin() + head + 1, words.end());
  return parts;
}

template <bool kLast>
Value Split(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "split", "sep= maxsplit=", args);
  if (!runtime.ok() || !runtime.Charge(self.text().size())) return Value();
  const Int most =
      bound.has(1) && bound[1].is_integral() ? bound[1].as_int() : Int{-1};
  Parts parts;
  if (!bound.has(0) || bound[0].is_none()) {
    parts = kLast ? SplitLastWords(self.text(), most)
                  : SplitWords(self.text(), most);
  } else if (!bound[0].is_string()) {
    return NotString(runtime, bound[0]);
  } else if (bound[0].text().empty()) {
    return runtime.Fail("empty separator");
  } else if (runtime.StepSearch(self.text().size(), bound[0].text().size())) {
    parts = kLast ? SplitAtLast(self.text(), bound[0].text(), most)
                  : SplitAt(self.text(), bound[0].text(), most);
  }
  std::vector<Value> out;
  for (std::string_view part : parts) {
    if (!runtime.ok()) break;
    out.push_back(runtime.MakeString(std::string(part), self.string().markup));
  }
  return runtime.MakeList(std::move(out));
}

Value Lines(Runtime& runtime, const Value& self, const Args& args) {
  const Bound bound(runtime, "splitlines", "keepends=", args);
  std::vector<Value> out;
  for (std::string_view line : SplitLines(self.text(), bound.Flag(0, false))) {
    if (!runtime.ok()) break;
    out.push_back(runtime.MakeString(std::string(line), self.string().markup));
  }
  return runtime.MakeList(std::move(out));
}

struct NamedMethod {
  std::string_view name;
  MethodFn function;
};

constexpr NamedMethod kMethods[] = {
    {"find", Find<false, false>},
    {"rfind", Find<true, false>},
    {"index", Find<false, true>},
    {"rindex", Find<true, true>},
    {"count", Count},
    {"startswith", Affix<true>},
    {"endswith", Affix<false>},
    {"replace", Replace},
    {"partition", Partition<false>},
    {"rpartition", Partition<true>},
    {"split", Split<false>},
    {"rsplit", Split<true>},
    {"splitlines", Lines},
};

}  // namespace

MethodFn FindSearchMethod(std::string_view name) {
  for (const NamedMethod& method : kMethods) {
    if (method.name == name) return method.function;
  }
  return nullptr;
}

std::string Replaced(std::string_view text, std::string_view from,
                     std::string_view to, Int count, size_t max_bytes) {
  std::string out;
  while (count-- != 0 && out.size() <= max_bytes) {
    const size_t at = text.find(from);
    if (at == std::string_view::npos) break;
    out += text.substr(0, at);
    out += to;
    text.remove_prefix(at + from.size());
    if (!from.empty()) continue;
    if (text.empty()) return out;
    const size_t size = DecodeAt(text, 0).size;  // "" lies between characters
    out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return out.append(text);
}

std::vector<std::string_view> SplitLines(std::string_view text,
                                         bool keep_ends) {
  std::vector<std::string_view> lines;
  size_t from = 0;
  for (size_t pos = 0; pos < text.size();) {
    const CodePoint c = DecodeAt(text, pos);
    size_t end = pos + c.size;
    if (IsLineEnd(c.value)) {
      if (c.value == '\r' && end < text.size() && text[end] == '\n') ++end;
      lines.push_back(text.substr(from, (keep_ends ? end : pos) - from));
      from = end;
    }
    pos = end;
  }
  if (from < text.size()) lines.push_back(text.substr(from));
  return lines;
}

}  // namespace mj::jinja
