#pragma once

#include <deal.II/base/function_parser.h>

#include <memory>
#include <string>
#include <vector>

namespace seco::plugin {

/// A function of position, given by one expression per component in the variables x, y (and z in
/// 3D) and the constant pi. Commas are allowed between the arguments of functions only, so that 0,5
/// is refused.
/// @param of_time whether the expressions may also use the time t, which `set_time` of the function
///   sets; 0 at first
/// @throws std::invalid_argument with the expression that is not understood and what in it
template <int dim>
std::shared_ptr<dealii::FunctionParser<dim>> parse_expressions(
    const std::vector<std::string>& expressions, bool of_time = false);

/// Whether one of the expressions has the variable t.
bool mention_time(const std::vector<std::string>& expressions);

/// Times at which expressions may have a kink or a jump, as far as they say so by numbers: those
/// that t alone is compared with (`t < 0.5`), or of which it is the smaller or larger one (`min(t,
/// 0.5)`) or the distance (`abs(t - 0.5)`). Sorted, each once.
std::vector<double> times_in(const std::vector<std::string>& expressions);

}  // namespace seco::plugin
