#include "engine/speculate/exit_head_file.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "engine/model/invalid.h"
#include "engine/speculate/sealed_file.h"

namespace mj {
namespace {

constexpr const char* kWhat = "exit head";
constexpr std::string_view kMagic = "MJEXITHD";
constexpr uint32_t kVersion = 2;
constexpr size_t kFingerprintBytes = 64, kNameBytes = 16;
constexpr size_t kNamesAt = 8 + 6 * 4 + 4 * 8;
constexpr size_t kHeadBytes = kNamesAt + kFingerprintBytes + 4 * kNameBytes;
// Beyond all models this build reads, and far below what overflows.
constexpr uint32_t kMaxHidden = 1 << 14, kMaxVocab = 1 << 22, kMaxLayers = 4096;

struct Sizes {
  uint32_t hidden = 0, vocab = 0, num_layers = 0, layer = 0, listed = 0;
};

size_t FileBytes(const Sizes& sizes) {
  const size_t hidden = sizes.hidden;
  return kHeadBytes + 4 * (sizes.listed + hidden * hidden + 2 * hidden) +
         kSealBytes;
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

absl::Status CheckValues(const ExitHead& head) {
  if (!IsSha256(head.fingerprint)) {
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
  for (const std::string& name :
       {head.version, head.backend, head.isa, head.numerics}) {
    AppendText(name, kNameBytes, out);
  }
  AppendAll(head.vocabulary, out);
  AppendAll(head.map.weights, out);
  AppendAll(head.map.bias, out);
  AppendAll(head.map.input_power, out);
  return Seal(std::move(out));
}

absl::StatusOr<ExitHead> ParseExitHead(std::span<const std::byte> bytes) {
  if (absl::Status status = CheckVersion(kWhat, bytes, kMagic, kVersion);
      !status.ok()) {
    return status;
  }
  if (bytes.size() < kHeadBytes) {
    return Invalid("exit head: ", bytes.size(), " bytes, needs ", kHeadBytes,
                   " before its weights: it is cut off");
  }
  Cursor cursor(bytes.subspan(kMagic.size() + sizeof(kVersion)));
  Sizes sizes;
  for (uint32_t* size : {&sizes.hidden, &sizes.vocab, &sizes.num_layers,
                         &sizes.layer, &sizes.listed}) {
    *size = cursor.Take<uint32_t>();
  }
  if (absl::Status status = CheckSizes(sizes); !status.ok()) return status;
  if (absl::Status status = CheckSeal(kWhat, bytes, FileBytes(sizes));
      !status.ok()) {
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
  for (std::string* name :
       {&head.version, &head.backend, &head.isa, &head.numerics}) {
    *name = cursor.TakeText(kNameBytes);
  }
  head.vocabulary = cursor.TakeAll<int32_t>(sizes.listed);
  head.map.weights = cursor.TakeAll<float>(hidden * hidden);
  head.map.bias = cursor.TakeAll<float>(hidden);
  head.map.input_power = cursor.TakeAll<float>(hidden);
  if (absl::Status status = CheckValues(head); !status.ok()) return status;
  absl::StatusOr<std::string> checksum =
      ChecksumOf({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!checksum.ok()) return checksum.status();
  head.checksum = *std::move(checksum);
  return head;
}

absl::Status NoteChecksum(ExitHead& head) {
  const absl::StatusOr<std::string> bytes = FormatExitHead(head);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<std::string> checksum = ChecksumOf(*bytes);
  if (!checksum.ok()) return checksum.status();
  head.checksum = *std::move(checksum);
  return absl::OkStatus();
}

absl::Status WriteExitHead(const ExitHead& head, const std::string& path) {
  const absl::StatusOr<std::string> bytes = FormatExitHead(head);
  if (!bytes.ok()) return bytes.status();
  return ReplaceFile(path, *bytes);
}

absl::StatusOr<ExitHead> ReadExitHead(const std::string& path) {
  const Sizes largest{.hidden = kMaxHidden, .listed = kMaxVocab};
  const absl::StatusOr<std::string> bytes =
      ReadSealedFile(path, FileBytes(largest));
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<ExitHead> head =
      ParseExitHead(std::as_bytes(std::span(*bytes)));
  if (!head.ok()) return WithPath(path, head.status());
  return head;
}

}  // namespace mj
