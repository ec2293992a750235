#include "engine/speculate/exit_head_file.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <type_traits>

#include "engine/model/invalid.h"
#include "engine/model/sha256.h"

namespace mj {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "MJEXITHD";
constexpr uint32_t kVersion = 1;
constexpr size_t kFingerprintBytes = 64, kNumericsBytes = 16;
constexpr size_t kNamesAt = 8 + 6 * 4 + 4 * 8;
constexpr size_t kHeadBytes = kNamesAt + kFingerprintBytes + kNumericsBytes;
// Beyond all models this build reads, and far below what overflows.
constexpr uint32_t kMaxHidden = 1 << 14, kMaxVocab = 1 << 22, kMaxLayers = 4096;

struct Sizes {
  uint32_t hidden = 0, vocab = 0, num_layers = 0, layer = 0, listed = 0;
};

size_t FileBytes(const Sizes& sizes) {
  const size_t hidden = sizes.hidden;
  return kHeadBytes + 4 * (sizes.listed + hidden * hidden + 2 * hidden) +
         Sha256::kBytes;
}

absl::Status CheckRange(const char* what, uint32_t value, uint32_t low,
                        uint32_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Invalid("exit head: ", what, " is ", value, "; it must be from ", low,
                 " to ", high);
}

absl::Status CheckSizes(const Sizes& sizes) {
  for (absl::Status status :
       {CheckRange("the hidden size", sizes.hidden, 1, kMaxHidden),
        CheckRange("the vocabulary", sizes.vocab, 1, kMaxVocab),
        CheckRange("the number of layers", sizes.num_layers, 1, kMaxLayers),
        CheckRange("the layer", sizes.layer, 1, sizes.num_layers),
        CheckRange("the draft vocabulary", sizes.listed, 0, sizes.vocab)}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

bool IsFingerprint(std::string_view text) {
  return text.size() == kFingerprintBytes &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

template <class T>
void Append(T value, std::string& out) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T>
void AppendAll(const std::vector<T>& values, std::string& out) {
  out.append(reinterpret_cast<const char*>(values.data()),
             values.size() * sizeof(T));
}

// Reads values one after the other; the caller has checked that they are there.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : left_(bytes) {}

  template <class T>
  T Take() {
    T value;
    std::memcpy(&value, left_.data(), sizeof(value));
    left_ = left_.subspan(sizeof(value));
    return value;
  }
  template <class T>
  std::vector<T> TakeAll(size_t count) {
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), left_.data(), count * sizeof(T));
    left_ = left_.subspan(count * sizeof(T));
    return values;
  }
  std::string TakeText(size_t size) {
    std::string text(reinterpret_cast<const char*>(left_.data()), size);
    left_ = left_.subspan(size);
    return text;
  }

 private:
  std::span<const std::byte> left_;
};

absl::StatusOr<std::string> DigestOf(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.Add(bytes);
  return hash.Digest();
}

// The bytes are those of the sizes, and whole.
absl::Status CheckBytes(std::span<const std::byte> bytes, const Sizes& sizes) {
  if (absl::Status status = CheckSizes(sizes); !status.ok()) return status;
  const size_t wanted = FileBytes(sizes);
  if (bytes.size() != wanted) {
    return Invalid("exit head: ", bytes.size(), " bytes, needs ", wanted, ": ",
                   bytes.size() < wanted ? "it is cut off" : "it is too long");
  }
  const absl::StatusOr<std::string> digest =
      DigestOf(bytes.first(wanted - Sha256::kBytes));
  if (!digest.ok()) return digest.status();
  const auto stored = std::as_bytes(std::span(*digest));
  if (!std::ranges::equal(bytes.last(Sha256::kBytes), stored)) {
    return Invalid("exit head: its checksum is not that of its bytes");
  }
  return absl::OkStatus();
}

bool IsFinite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
}

absl::Status CheckValues(const ExitHead& head) {
  if (!IsFingerprint(head.fingerprint)) {
    return Invalid("exit head: fingerprint ", Quoted(head.fingerprint),
                   " is not a SHA-256 in hex");
  }
  int32_t least = 0;
  for (int32_t token : head.vocabulary) {
    if (token < least || token >= head.vocab) {
      return Invalid("exit head: token ", token,
                     " of the draft vocabulary is out of order or range");
    }
    least = token + 1;
  }
  const LinearMap& map = head.map;
  if (!IsFinite(map.weights) || !IsFinite(map.bias) ||
      !IsFinite(map.input_power)) {
    return Invalid("exit head: a weight is not finite");
  }
  if (head.tokens < 0 || !std::isfinite(head.lambda) ||
      !std::isfinite(head.agreement) || !std::isfinite(map.noise)) {
    return Invalid("exit head: a number of its training is out of range");
  }
  return absl::OkStatus();
}

Sizes SizesOf(const ExitHead& head) {
  return {
      static_cast<uint32_t>(head.map.inputs), static_cast<uint32_t>(head.vocab),
      static_cast<uint32_t>(head.num_layers), static_cast<uint32_t>(head.layer),
      static_cast<uint32_t>(head.vocabulary.size())};
}

absl::Status WithPath(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), Concat(path, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::string> FormatExitHead(const ExitHead& head) {
  const Sizes sizes = SizesOf(head);
  if (absl::Status status = CheckSizes(sizes); !status.ok()) return status;
  if (absl::Status status = CheckValues(head); !status.ok()) return status;
  std::string out(kMagic);
  out.reserve(FileBytes(sizes));
  for (uint32_t number : {kVersion, sizes.hidden, sizes.vocab, sizes.num_layers,
                          sizes.layer, sizes.listed}) {
    Append(number, out);
  }
  Append(head.tokens, out);
  for (double number : {head.lambda, head.agreement, head.map.noise}) {
    Append(number, out);
  }
  out += head.fingerprint;
  std::string numerics = head.numerics;
  numerics.resize(kNumericsBytes, '\0');
  out += numerics;
  AppendAll(head.vocabulary, out);
  AppendAll(head.map.weights, out);
  AppendAll(head.map.bias, out);
  AppendAll(head.map.input_power, out);
  const absl::StatusOr<std::string> digest =
      DigestOf(std::as_bytes(std::span(out)));
  if (!digest.ok()) return digest.status();
  return out + *digest;
}

absl::StatusOr<ExitHead> ParseExitHead(std::span<const std::byte> bytes) {
  Cursor cursor(bytes);
  if (bytes.size() < kMagic.size() + sizeof(kVersion) ||
      cursor.TakeText(kMagic.size()) != kMagic) {
    return Invalid("not an exit head: it does not start with ", kMagic);
  }
  if (const auto version = cursor.Take<uint32_t>(); version != kVersion) {
    return Invalid("exit head of another build: version ", version,
                   ", this one reads version ", kVersion);
  }
  if (bytes.size() < kHeadBytes) {
    return Invalid("exit head: ", bytes.size(), " bytes, needs ", kHeadBytes,
                   " before its weights: it is cut off");
  }
  Sizes sizes;
  for (uint32_t* size : {&sizes.hidden, &sizes.vocab, &sizes.num_layers,
                         &sizes.layer, &sizes.listed}) {
    *size = cursor.Take<uint32_t>();
  }
  if (absl::Status status = CheckBytes(bytes, sizes); !status.ok()) {
    return status;
  }
  const size_t hidden = sizes.hidden;
  ExitHead head{.vocab = static_cast<int>(sizes.vocab),
                .num_layers = static_cast<int>(sizes.num_layers),
                .layer = static_cast<int>(sizes.layer)};
  head.map.inputs = head.map.outputs = static_cast<int>(hidden);
  head.tokens = cursor.Take<int64_t>();
  head.lambda = cursor.Take<double>();
  head.agreement = cursor.Take<double>();
  head.map.noise = cursor.Take<double>();
  head.fingerprint = cursor.TakeText(kFingerprintBytes);
  head.numerics = cursor.TakeText(kNumericsBytes).c_str();  // to the first zero
  head.vocabulary = cursor.TakeAll<int32_t>(sizes.listed);
  head.map.weights = cursor.TakeAll<float>(hidden * hidden);
  head.map.bias = cursor.TakeAll<float>(hidden);
  head.map.input_power = cursor.TakeAll<float>(hidden);
  if (absl::Status status = CheckValues(head); !status.ok()) return status;
  Sha256 sum;
  sum.Add(bytes);
  absl::StatusOr<std::string> checksum = sum.Hex();
  if (!checksum.ok()) return checksum.status();
  head.checksum = *std::move(checksum);
  return head;
}

absl::Status WriteExitHead(const ExitHead& head, const std::string& path) {
  const absl::StatusOr<std::string> bytes = FormatExitHead(head);
  if (!bytes.ok()) return bytes.status();
  const std::string unfinished = path + ".part";
  std::ofstream file(unfinished, std::ios::binary);
  file << *bytes;
  file.close();
  if (!file.good() || std::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int error = errno;
    std::remove(unfinished.c_str());
    return absl::ErrnoToStatus(error, Concat(path, ": cannot be written"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExitHead> ReadExitHead(const std::string& path) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), Concat(path, ": cannot be read"));
  }
  const Sizes largest{.hidden = kMaxHidden, .listed = kMaxVocab};
  if (size > FileBytes(largest)) {
    return Invalid(path, ": ", size, " bytes are more than any exit head has");
  }
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
    return absl::NotFoundError(Concat(path, ": cannot be read"));
  }
  absl::StatusOr<ExitHead> head =
      ParseExitHead(std::as_bytes(std::span(bytes)));
  if (!head.ok()) return WithPath(path, head.status());
  return head;
}

}  // namespace mj
