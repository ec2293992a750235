#include "bench/kernel_cases.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mj {
namespace {

bool Matches(const std::optional<std::string>& wanted,
             const std::string& value) {
  return !wanted || absl::EqualsIgnoreCase(*wanted, value);
}

bool Matches(const std::optional<int64_t>& wanted, int64_t value) {
  return !wanted || *wanted == value;
}

// `values`: what the cases have, in their order; empty ones are left out.
template <class T>
absl::Status CheckValue(const std::string& flag, const std::optional<T>& wanted,
                        const std::vector<T>& values) {
  std::vector<T> known;
  for (const T& value : values) {
    if (value == T() || std::count(known.begin(), known.end(), value)) continue;
    known.push_back(value);
  }
  for (const T& value : known) {
    if (Matches(wanted, value)) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("--", flag, ": no case has '",
                                                 *wanted, "'; there are ",
                                                 absl::StrJoin(known, ", ")));
}

template <class T, class Member>
absl::Status CheckMember(const std::string& flag,
                         const std::vector<KernelCase>& cases,
                         const std::optional<T>& wanted, Member member) {
  if (!wanted) return absl::OkStatus();
  std::vector<T> values;
  for (const KernelCase& c : cases) values.push_back(c.*member);
  return CheckValue(flag, wanted, values);
}

std::string Describe(const CaseFilter& filter) {
  std::string text;
  if (filter.op) absl::StrAppend(&text, " --op ", *filter.op);
  if (filter.type) absl::StrAppend(&text, " --type ", *filter.type);
  if (filter.numerics) absl::StrAppend(&text, " --numerics ", *filter.numerics);
  if (filter.rows) absl::StrAppend(&text, " --rows ", *filter.rows);
  return text;
}

}  // namespace

absl::StatusOr<std::vector<KernelCase>> SelectCases(
    const std::vector<KernelCase>& cases, const CaseFilter& filter) {
  for (const absl::Status& status :
       {CheckMember("op", cases, filter.op, &KernelCase::op),
        CheckMember("type", cases, filter.type, &KernelCase::type),
        CheckMember("numerics", cases, filter.numerics, &KernelCase::numerics),
        CheckMember("rows", cases, filter.rows, &KernelCase::rows)}) {
    if (!status.ok()) return status;
  }
  std::vector<KernelCase> selected;
  for (const KernelCase& c : cases) {
    if (Matches(filter.op, c.op) && Matches(filter.type, c.type) &&
        Matches(filter.numerics, c.numerics) && Matches(filter.rows, c.rows)) {
      selected.push_back(c);
    }
  }
  if (selected.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no case has all of", Describe(filter)));
  }
  return selected;
}

}  // namespace mj
