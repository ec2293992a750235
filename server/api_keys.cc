#include "server/api_keys.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace mj {

absl::StatusOr<ApiKeys::Entry> ApiKeys::ParseLine(absl::string_view line) {
  const size_t colon = line.find(':');
  if (colon == absl::string_view::npos || colon == 0) {
    return absl::InvalidArgumentError("expected name:sha256-of-key");
  }
  const absl::string_view hex =
      absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (hex.size() != 64 ||
      !std::all_of(hex.begin(), hex.end(), absl::ascii_isxdigit)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the key's SHA-256 has ", hex.size(),
                     " characters, expected 64 hexadecimal digits"));
  }
  Entry entry;
  entry.tenant = std::string(absl::StripAsciiWhitespace(line.substr(0, colon)));
  const std::string bytes = absl::HexStringToBytes(hex);
  std::copy(bytes.begin(), bytes.end(), entry.digest.begin());
  return entry;
}

absl::StatusOr<ApiKeys> ApiKeys::Parse(std::string_view text) {
  ApiKeys keys;
  int number = 0;
  const absl::string_view view(text.data(), text.size());
  for (absl::string_view raw : absl::StrSplit(view, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line.front() == '#') continue;
    absl::StatusOr<Entry> entry = ParseLine(line);
    if (!entry.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", entry.status().message()));
    }
    keys.entries_.push_back(*std::move(entry));
  }
  if (keys.entries_.empty()) {
    return absl::InvalidArgumentError("no key in it: nobody could call");
  }
  return keys;
}

absl::StatusOr<ApiKeys> ApiKeys::Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::NotFoundError(
        absl::StrCat("API keys: cannot read '", path, "'"));
  }
  absl::StatusOr<ApiKeys> keys = Parse(text.str());
  if (keys.ok()) return keys;
  return absl::InvalidArgumentError(
      absl::StrCat("API keys '", path, "': ", keys.status().message()));
}

bool ApiKeys::HasTenant(std::string_view tenant) const {
  if (!required()) return tenant == kDefaultTenant;
  for (const Entry& entry : entries_) {
    if (entry.tenant == tenant) return true;
  }
  return false;
}

std::optional<std::string> ApiKeys::TenantOf(
    std::string_view authorization) const {
  if (!required()) return std::string(kDefaultTenant);
  constexpr absl::string_view kScheme = "bearer ";
  const absl::string_view header(authorization.data(), authorization.size());
  if (!absl::StartsWithIgnoreCase(header, kScheme)) return std::nullopt;
  return TenantOfKey(absl::StripAsciiWhitespace(header.substr(kScheme.size())));
}

std::optional<std::string> ApiKeys::TenantOfBasic(
    std::string_view authorization) const {
  if (!required()) return std::string(kDefaultTenant);
  constexpr absl::string_view kScheme = "basic ";
  const absl::string_view header(authorization.data(), authorization.size());
  if (!absl::StartsWithIgnoreCase(header, kScheme)) return std::nullopt;
  std::string pair;
  if (!absl::Base64Unescape(
          absl::StripAsciiWhitespace(header.substr(kScheme.size())), &pair)) {
    return std::nullopt;
  }
  const size_t colon = pair.find(':');
  if (colon == std::string::npos) return std::nullopt;
  std::optional<std::string> tenant = TenantOfKey(pair.substr(colon + 1));
  if (tenant && *tenant != pair.substr(0, colon)) return std::nullopt;
  return tenant;
}

std::optional<std::string> ApiKeys::TenantOfKey(absl::string_view key) const {
  Digest digest;
  SHA256(reinterpret_cast<const uint8_t*>(key.data()), key.size(),
         digest.data());
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {  // all of them, whichever matches
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) {
      found = &entry;
    }
  }
  if (found == nullptr) return std::nullopt;
  return found->tenant;
}

}  // namespace mj
