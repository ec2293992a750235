// Physical quantities as types, so that milliwatts never pass for watts.
#ifndef MILLIJOULE_HW_BACKENDS_QUANTITIES_H_
#define MILLIJOULE_HW_BACKENDS_QUANTITIES_H_

#include <chrono>
#include <compare>

namespace mj {

using Seconds = std::chrono::duration<double>;

// A double in one SI unit. `.value()` is for text and APIs.
template <class Unit>
class Quantity {
 public:
  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : value_(value) {}
  constexpr double value() const { return value_; }

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity& operator+=(Quantity o) {
    value_ += o.value_;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity o) {
    value_ -= o.value_;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value_ + b.value_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value_ - b.value_);
  }
  friend constexpr Quantity operator*(Quantity a, double k) {
    return Quantity(a.value_ * k);
  }
  friend constexpr Quantity operator*(double k, Quantity a) { return a * k; }
  friend constexpr Quantity operator/(Quantity a, double k) {
    return Quantity(a.value_ / k);
  }
  friend constexpr double operator/(Quantity a, Quantity b) {
    return a.value_ / b.value_;
  }

 private:
  double value_ = 0;
};

using Joules = Quantity<struct JouleUnit>;
using Watts = Quantity<struct WattUnit>;
using Hertz = Quantity<struct HertzUnit>;

constexpr Joules operator*(Watts p, Seconds t) {
  return Joules(p.value() * t.count());
}
constexpr Joules operator*(Seconds t, Watts p) { return p * t; }
constexpr Watts operator/(Joules e, Seconds t) {
  return Watts(e.value() / t.count());
}

}  // namespace mj

#endif  // MILLIJOULE_HW_BACKENDS_QUANTITIES_H_
