#include "hw_backends/cim/cell_noise.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mj {
namespace {

constexpr float kLeast = 1e-7f;  // of what a logarithm is taken of

constexpr std::pair<CellKind, std::string_view> kNames[] = {
    {CellKind::kIdeal, "ideal"},
    {CellKind::kPcm, "pcm"},
    {CellKind::kHermesSingle, "hermes-1"},
    {CellKind::kHermesPair, "hermes-2"}};

struct Times {
  double drift_start = 1, read = 1;  // s: t0, tr
};
Times TimesOf(CellKind kind) {
  switch (kind) {
    case CellKind::kIdeal:
      return {};
    case CellKind::kPcm:
      return {20, 250e-9};
    case CellKind::kHermesSingle:
      return {200, 512e-9};
    case CellKind::kHermesPair:
      return {300, 512e-9};
  }
  return {};
}

// Both HERMES kinds drift alike on average.
float HermesDriftMean(float target, float log) {
  if (target < 0.0945f) {
    return std::clamp(-0.0387f * log - 0.0182f, 0.0720f, 0.13f);
  }
  return (-0.0436f * target - 0.0126f) * target + 0.0736f;
}

}  // namespace

std::optional<CellKind> ParseCellKind(std::string_view name) {
  for (const auto& [kind, known] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

std::string_view CellKindName(CellKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "";
}

// Polynomials in microsiemens, over the largest conductance.
float ProgrammingDeviation(CellKind kind, float g) {
  switch (kind) {
    case CellKind::kIdeal:
      return 0;
    case CellKind::kPcm:
      return ((-1.1731f * g + 1.9650f) * g + 0.26348f) / 25;
    case CellKind::kHermesSingle:
      return (((0.68841818f * g - 2.16310839f) * g + 2.32443916f) * g +
              0.15781817f) /
             10.35f;
    case CellKind::kHermesPair:
      return (((4.68961419f * g - 8.48101252f) * g + 4.71806468f) * g +
              0.16603222f) /
             20.7f;
  }
  return 0;
}

DriftExponent DriftExponentOf(CellKind kind, float g) {
  const float log = std::log(std::max(g, kLeast));
  switch (kind) {
    case CellKind::kIdeal:
      return {};
    case CellKind::kPcm:
      return {std::clamp(-0.0155f * log + 0.0244f, 0.049f, 0.1f),
              std::clamp(-0.0125f * log - 0.0059f, 0.008f, 0.045f)};
    case CellKind::kHermesSingle:
      return {HermesDriftMean(g, log),
              g < 0.3039f ? std::clamp(-0.0120f * log - 0.0023f, 0.0124f, 0.04f)
                          : (-0.0165f * g + 0.0116f) * g + 0.0104f};
    case CellKind::kHermesPair:
      return {HermesDriftMean(g, log),
              g < 0.3055f ? std::clamp(-0.0117f * log - 0.0057f, 0.0091f, 0.04f)
                          : (-0.0118f * g + 0.0093f) * g + 0.0073f};
  }
  return {};
}

float ReadDeviation(CellKind kind, float g) {
  const auto log = [g] { return std::log(std::max(g, kLeast)); };
  switch (kind) {
    case CellKind::kIdeal:
      return 0;
    case CellKind::kPcm:
      return std::min(0.0088f / std::max(std::exp(0.65f * log()), 1e-3f), 0.2f);
    case CellKind::kHermesSingle:
      return g < 0.1591f
                 ? std::clamp(-0.0078f * log() + 0.0038f, 0.0179f, 0.04f)
                 : ((0.0664f * g - 0.1352f) * g + 0.0768f) * g + 0.0088f;
    case CellKind::kHermesPair:
      return g < 0.16f ? std::clamp(-0.0117f * log() - 0.0069f, 0.015f, 0.04f)
                       : ((0.0069f * g - 0.0280f) * g + 0.0211f) * g + 0.0123f;
  }
  return 0;
}

CellsAt::CellsAt(CellKind kind, Seconds age) : kind_(kind) {
  const Times times = TimesOf(kind);
  const auto factor = [&](double since) {
    return static_cast<float>(
        std::sqrt(std::log((since + times.read) / (2 * times.read))));
  };
  const double since = age.count() + times.drift_start;
  log_time_ = static_cast<float>(std::log(since / times.drift_start));
  fresh_factor_ = factor(times.drift_start);
  read_factor_ = factor(since);
}

CellsAt::Reads CellsAt::Read(float target, const Draws& draws) const {
  if (kind_ == CellKind::kIdeal) return {target, target};
  const float programmed = std::max(
      0.0f, target + ProgrammingDeviation(kind_, target) * draws.programming);
  const float deviation = ReadDeviation(kind_, programmed);
  const auto at = [&](float left, float factor) {
    return std::max(0.0f, left + left * deviation * factor * draws.read);
  };
  const float fresh = at(programmed, fresh_factor_);
  if (!drifts()) return {fresh, fresh};
  const DriftExponent exponent = DriftExponentOf(kind_, target);
  const float left = std::exp(
      -log_time_ * std::abs(exponent.mean + exponent.deviation * draws.drift));
  return {fresh, at(programmed * left, read_factor_)};
}

}  // namespace mj
