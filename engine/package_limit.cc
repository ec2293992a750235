#include "engine/package_limit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mj {

std::optional<Watts> LimitUnder(std::optional<Watts> cap,
                                const ActuatorInfo<Watts>& packages) {
  if (!cap || *cap >= packages.high) return std::nullopt;
  return std::max(*cap, packages.low);
}

PackageLimit::PackageLimit(PackageControl control, const Clock& time)
    : why_not_(std::move(control.why_not)),
      driver_(control.limit ? std::make_unique<ActuatorDriver<Watts>>(
                                  *std::move(control.limit), time)
                            : nullptr) {}

void PackageLimit::Follow(std::optional<Watts> cap) {
  if (driver_ != nullptr) driver_->Want(LimitUnder(cap, driver_->info()));
}

PackageLimit::State PackageLimit::state() const {
  if (driver_ == nullptr) {
    return {.works = false,
            .note = absl::StrCat("packages not limited: ", why_not_)};
  }
  const ActuatorDriver<Watts>::State state = driver_->state();
  const ActuatorDriver<Watts>::View view = driver_->view();
  return {view.works,    state.requested, state.achieved,
          state.changes, state.errors,    NoteOn(state, view)};
}

std::string PackageLimit::NoteOn(
    const ActuatorDriver<Watts>::State& state,
    const ActuatorDriver<Watts>::View& view) const {
  if (!view.works) {
    return absl::StrCat("packages not limited: ",
                        state.problem.empty()
                            ? driver_->info().name + " does not answer"
                            : state.problem);
  }
  if (!state.requested) {
    return absl::StrCat("packages limited to ",
                        QuantityText(driver_->info().high), ", as found");
  }
  return absl::StrCat(view.settled ? "packages limited to "
                                   : "packages about to be limited to ",
                      QuantityText(*state.requested));
}

}  // namespace mj
