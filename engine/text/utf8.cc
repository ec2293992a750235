#include "engine/text/utf8.h"

#include <cassert>
#include <cstdint>

namespace mj {
namespace {

struct LeadByte {
  int length;         // 0: not a lead byte
  uint8_t low, high;  // range of the second byte
  char32_t payload;
};

LeadByte ClassifyLead(uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0, byte};
  if (byte < 0xC2) return {0, 0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF, byte & 0x1Fu};
  if (byte < 0xF0) {
    const uint8_t low = byte == 0xE0 ? 0xA0 : 0x80;   // no overlong form
    const uint8_t high = byte == 0xED ? 0x9F : 0xBF;  // no surrogate
    return {3, low, high, byte & 0x0Fu};
  }
  if (byte < 0xF5) {
    const uint8_t low = byte == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = byte == 0xF4 ? 0x8F : 0xBF;  // up to U+10FFFF
    return {4, low, high, byte & 0x07u};
  }
  return {0, 0, 0, 0};
}

}  // namespace

Utf8Step DecodeUtf8(std::string_view bytes) {
  assert(!bytes.empty());
  const LeadByte lead = ClassifyLead(static_cast<uint8_t>(bytes[0]));
  if (lead.length == 0) return {Utf8State::kInvalid, 0xFFFD, 1};
  char32_t code_point = lead.payload;
  for (int i = 1; i < lead.length; ++i) {
    if (i == static_cast<int>(bytes.size())) {
      return {Utf8State::kTruncated, 0xFFFD, i};
    }
    const uint8_t byte = static_cast<uint8_t>(bytes[i]);
    const uint8_t low = i == 1 ? lead.low : 0x80;
    const uint8_t high = i == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {Utf8State::kInvalid, 0xFFFD, i};
    code_point = code_point << 6 | (byte & 0x3Fu);
  }
  return {Utf8State::kValid, code_point, lead.length};
}

void AppendUtf8(char32_t c, std::string& out) {
  const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

bool IsValidUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    if (static_cast<uint8_t>(bytes[0]) < 0x80) {
      bytes.remove_prefix(1);
      continue;
    }
    const Utf8Step step = DecodeUtf8(bytes);
    if (step.state != Utf8State::kValid) return false;
    bytes.remove_prefix(step.length);
  }
  return true;
}

std::string ReplaceInvalidUtf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Utf8Step step = DecodeUtf8(bytes);
    const bool valid = step.state == Utf8State::kValid;
    const int length = valid ? step.length : 1;
    out += valid ? bytes.substr(0, length) : kReplacementCharacter;
    bytes.remove_prefix(length);
  }
  return out;
}

bool IsUnicodeSpace(char32_t c) {
  return (c >= 0x9 && c <= 0xD) || c == 0x20 || c == 0x85 || c == 0xA0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

}  // namespace mj
