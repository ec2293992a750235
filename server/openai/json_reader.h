// JSON from clients, bounded: parsed whole, then read field by field.
//
// Key order is kept, for chat templates print it. Immutable values: any
// thread may call.
#ifndef MILLIJOULE_SERVER_OPENAI_JSON_READER_H_
#define MILLIJOULE_SERVER_OPENAI_JSON_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace mj {

using Json = nlohmann::ordered_json;

inline constexpr int kMaxJsonDepth = 64;
inline constexpr int kMaxJsonMembers = 1024;      // of one object: lookup in
                                                  // ordered JSON is linear
inline constexpr int kMaxJsonValues = 1'000'000;  // of a document

// INVALID_ARGUMENT: not JSON, not UTF-8, or over a limit above (named).
absl::StatusOr<Json> ParseJson(std::string_view text);

// `text` as one line; bytes that are not UTF-8 become U+FFFD.
std::string DumpJson(const Json& json);

// A RequestError whose message names the field.
absl::Status FieldError(const std::string& field, const std::string& problem);

// Reads an object's fields into variables. A missing field and null leave the
// variable as it is. The first error is kept and the rest are skipped, so a
// function can read everything and ask status() once.
class FieldReader final {
 public:
  // `prefix` names the object in errors: "stream_options.".
  explicit FieldReader(const Json& object, std::string prefix = "");

  void Read(const char* name, bool& out);
  void Read(const char* name, std::string& out);
  // Whole numbers; 3.0 counts as 3.
  void Read(const char* name, int min, int max, int& out);
  void Read(const char* name, int min, int max, std::optional<int>& out);
  void ReadUint64(const char* name, std::optional<uint64_t>& out);
  // Within [min, max].
  void Read(const char* name, double min, double max, float& out);
  // The value itself, or null where it is absent.
  const Json* Find(const char* name) const;

  void Fail(const std::string& name, const std::string& problem);
  void Fail(absl::Status status) { status_.Update(status); }
  bool ok() const { return status_.ok(); }
  const absl::Status& status() const { return status_; }

 private:
  const Json& object_;
  const std::string prefix_;
  absl::Status status_;
};

// An array of token ids, each a whole number >= 0 and at most 2^31 - 1.
absl::StatusOr<std::vector<int32_t>> ReadIds(const Json& array,
                                             const std::string& field);

// A value as errors quote it: its JSON, cut to 60 characters.
std::string Quoted(const Json& value);

}  // namespace mj

#endif  // MILLIJOULE_SERVER_OPENAI_JSON_READER_H_
