#pragma once

namespace seco::materials {

/// Precision of a type of binary floating-point numbers, double precision unless set.
struct FloatingPrecision {
  /// Digits of the mantissa, the leading one included.
  int digits = 53;
  /// Of the smallest positive number, 2^smallest_exponent.
  int smallest_exponent = -1074;
};

inline constexpr FloatingPrecision single_precision{24, -149};

/// The number of a type that is nearest to a value, of the even mantissa where two are. Exponents
/// above those of the type are kept.
double rounded(double value, const FloatingPrecision& precision);

}  // namespace seco::materials
