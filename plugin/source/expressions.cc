#include "seco/plugin/expressions.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace seco::plugin {
namespace {

/// Drops what is written to std::cerr during its life: deal.II prints what its parser says there
/// before it throws the same.
class SilentErrors {
 public:
  SilentErrors() : before_(std::cerr.rdbuf(text_.rdbuf())) {}
  ~SilentErrors() { std::cerr.rdbuf(before_); }
  SilentErrors(const SilentErrors&) = delete;
  SilentErrors& operator=(const SilentErrors&) = delete;

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

/// What the parser says of an expression, without the words of deal.II around it.
std::string reason(const dealii::ExceptionBase& error) {
  std::ostringstream info;
  error.print_info(info);
  auto text = info.str();
  const std::string said = "The parser said: ";
  const auto start = text.find(said);
  if (start == std::string::npos) return "";
  text = text.substr(start + said.size());
  text = text.substr(0, text.find('\n'));
  const std::string unknown = "Unexpected token \"";
  if (text.starts_with(unknown)) {
    const auto token = text.substr(unknown.size());
    return fmt::format("'{}' is not known", token.substr(0, token.find('"')));
  }
  if (!text.empty() && text.back() == '.') text.pop_back();
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(text[0]));
  return text;
}

}  // namespace

template <int dim>
std::shared_ptr<dealii::FunctionParser<dim>> parse_expressions(
    const std::vector<std::string>& expressions) {
  const std::string variables = dealii::FunctionParser<dim>::default_variable_names();
  const std::map<std::string, double> constants{{"pi", M_PI}};
  // One at a time, so that the wrong one is known.
  for (const auto& expression : expressions) {
    const SilentErrors errors;
    try {
      dealii::FunctionParser<dim> function(1);
      function.initialize(variables, expression, constants);
      function.value(dealii::Point<dim>());
    } catch (const dealii::ExceptionBase& error) {
      const auto text = expression.empty() ? "it is empty" : reason(error);
      throw std::invalid_argument(
          fmt::format("'{}' is not understood{}{}", expression, text.empty() ? "" : ": ", text));
    }
  }
  auto function = std::make_shared<dealii::FunctionParser<dim>>(expressions.size());
  function->initialize(variables, expressions, constants);
  return function;
}

template std::shared_ptr<dealii::FunctionParser<2>> parse_expressions<2>(
    const std::vector<std::string>&);
template std::shared_ptr<dealii::FunctionParser<3>> parse_expressions<3>(
    const std::vector<std::string>&);

}  // namespace seco::plugin
