#include "server/openai/json_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/request/request_error.h"

namespace mj {
namespace {

// One pass before parsing that bounds what parsing may cost: nesting, members
// of one object and values of the document.
class LimitScan final {
 public:
  absl::Status Check(std::string_view text) {
    for (char c : text) {
      if (in_string_) {
        StringByte(c);
        continue;
      }
      if (absl::Status status = StructureByte(c); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  void StringByte(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
  }

  absl::Status StructureByte(char c) {
    switch (c) {
      case '"':
        in_string_ = true;
        return absl::OkStatus();
      case '{':
      case '[':
        open_.push_back({.is_object = c == '{'});
        if (open_.size() > kMaxJsonDepth)
          return Over("nests deeper than", kMaxJsonDepth);
        return absl::OkStatus();
      case '}':
      case ']':
        if (!open_.empty()) open_.pop_back();
        return absl::OkStatus();
      case ',':
        return Comma();
      default:
        return absl::OkStatus();
    }
  }

  absl::Status Comma() {
    if (++values_ >= kMaxJsonValues) {
      return Over("has more values than", kMaxJsonValues);
    }
    if (open_.empty() || !open_.back().is_object) return absl::OkStatus();
    if (++open_.back().commas >= kMaxJsonMembers) {
      return Over("has an object with more members than", kMaxJsonMembers);
    }
    return absl::OkStatus();
  }

  static absl::Status Over(const char* what, int limit) {
    return absl::InvalidArgumentError(
        absl::StrCat("the JSON ", what, " ", limit));
  }

  struct Open {
    bool is_object = false;
    int commas = 0;
  };
  std::vector<Open> open_;
  int values_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

// A whole number, also written as 3.0 or 3e0.
std::optional<int64_t> WholeNumber(const Json& value) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  if (value.is_number_unsigned()) {
    const uint64_t number = value.get<uint64_t>();
    return number > uint64_t{kMax} ? kMax : static_cast<int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (std::trunc(number) != number || std::abs(number) > 9e15) {
    return std::nullopt;
  }
  return static_cast<int64_t>(number);
}

}  // namespace

absl::StatusOr<Json> ParseJson(std::string_view text) {
  if (absl::Status limits = LimitScan().Check(text); !limits.ok()) {
    return limits;
  }
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {  // nlohmann reports by throwing
    // What follows is the body's text: a prompt, which goes into no log.
    constexpr size_t kMaxShown = 160;
    const std::string_view what = error.what();
    const size_t end = std::min(what.find("; last read"), kMaxShown);
    return absl::InvalidArgumentError(absl::StrCat(
        "the body is not JSON: ", std::string(what.substr(0, end))));
  }
}

std::string DumpJson(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::Status FieldError(const std::string& field, const std::string& problem) {
  return RequestError(field, absl::StrCat("'", field, "': ", problem));
}

std::string Quoted(const Json& value) {
  constexpr size_t kMaxShown = 60;
  if (value.is_array() && value.size() > kMaxShown) {
    return absl::StrCat("an array of ", value.size());
  }
  std::string text = DumpJson(value);
  if (text.size() > kMaxShown) text = text.substr(0, kMaxShown) + "...";
  return text;
}

FieldReader::FieldReader(const Json& object, std::string prefix)
    : object_(object), prefix_(std::move(prefix)) {}

const Json* FieldReader::Find(const char* name) const {
  const auto it = object_.find(name);
  if (it == object_.end() || it->is_null()) return nullptr;
  return &*it;
}

void FieldReader::Fail(const std::string& name, const std::string& problem) {
  status_.Update(FieldError(absl::StrCat(prefix_, name), problem));
}

void FieldReader::Read(const char* name, bool& out) {
  const Json* value = Find(name);
  if (value == nullptr) return;
  if (!value->is_boolean()) {
    return Fail(name, absl::StrCat(Quoted(*value), " is not true or false"));
  }
  out = value->get<bool>();
}

void FieldReader::Read(const char* name, std::string& out) {
  const Json* value = Find(name);
  if (value == nullptr) return;
  if (!value->is_string()) {
    return Fail(name, absl::StrCat(Quoted(*value), " is not a string"));
  }
  out = value->get<std::string>();
}

void FieldReader::Read(const char* name, int min, int max,
                       std::optional<int>& out) {
  const Json* value = Find(name);
  if (value == nullptr) return;
  const std::optional<int64_t> number = WholeNumber(*value);
  if (!number || *number < min || *number > max) {
    return Fail(
        name, absl::StrCat(Quoted(*value), " is not a whole number from ", min,
                           " to ", max));
  }
  out = static_cast<int>(*number);
}

void FieldReader::Read(const char* name, int min, int max, int& out) {
  std::optional<int> value;
  Read(name, min, max, value);
  if (value) out = *value;
}

void FieldReader::ReadUint64(const char* name, std::optional<uint64_t>& out) {
  const Json* value = Find(name);
  if (value == nullptr) return;
  if (value->is_number_unsigned()) {
    out = value->get<uint64_t>();
    return;
  }
  const std::optional<int64_t> number = WholeNumber(*value);
  if (!number) {
    return Fail(name, absl::StrCat(Quoted(*value), " is not a whole number"));
  }
  out = static_cast<uint64_t>(*number);  // -1 is a seed like any other
}

void FieldReader::Read(const char* name, double min, double max, float& out) {
  const Json* value = Find(name);
  if (value == nullptr) return;
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!(number >= min && number <= max)) {
    return Fail(name, absl::StrCat(Quoted(*value), " is not a number from ",
                                   min, " to ", max));
  }
  out = static_cast<float>(number);
}

absl::StatusOr<std::vector<int32_t>> ReadIds(const Json& array,
                                             const std::string& field) {
  if (!array.is_array()) {
    return FieldError(
        field, absl::StrCat(Quoted(array), " is not a list of token ids"));
  }
  std::vector<int32_t> ids;
  ids.reserve(array.size());
  for (const Json& value : array) {
    const std::optional<int64_t> id = WholeNumber(value);
    if (!id || *id < 0 || *id > std::numeric_limits<int32_t>::max()) {
      return FieldError(field,
                        absl::StrCat(Quoted(value), " is not a token id"));
    }
    ids.push_back(static_cast<int32_t>(*id));
  }
  return ids;
}

}  // namespace mj
