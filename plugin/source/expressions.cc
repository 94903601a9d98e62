#include "seco/plugin/expressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iostream>
#include <map>
#include <regex>
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

/// What is wrong with commas and signs of equality that the parser takes without a word: a comma
/// outside of the arguments of a function drops what stands before it, so that 0,5 is 5, and a
/// single = assigns. Empty if there is nothing.
std::string misunderstood(const std::string& text) {
  std::vector<bool> in_arguments{false};
  bool after_name = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i], next = i + 1 < text.size() ? text[i + 1] : ' ';
    if (std::isspace(static_cast<unsigned char>(c))) continue;
    if (c == '(') in_arguments.push_back(after_name);
    if (c == ')' && in_arguments.size() > 1) in_arguments.pop_back();
    if (c == ',' && !in_arguments.back())
      return "a comma outside of the arguments of a function; decimals have a point, as in 0.5, "
             "and "
             "components are separated by ;";
    if (c == '=' && next == '=') {
      ++i;
    } else if (c == '=' && (i == 0 || std::string("<>!").find(text[i - 1]) == std::string::npos)) {
      return "a single =; compare by ==";
    }
    // Names start with a letter; what follows a digit is a number, as 2e or 1e5.
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) || c == '_';
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) || c == '.';
    const bool goes_on = i > 0 && !std::isspace(static_cast<unsigned char>(text[i - 1]));
    after_name = letter ? true : digit && goes_on && after_name;
  }
  return "";
}

}  // namespace

template <int dim>
std::shared_ptr<dealii::FunctionParser<dim>> parse_expressions(
    const std::vector<std::string>& expressions, bool of_time) {
  const std::string variables =
      dealii::FunctionParser<dim>::default_variable_names() + (of_time ? ",t" : "");
  const std::map<std::string, double> constants{{"pi", M_PI}};
  // One at a time, so that the wrong one is known.
  for (const auto& expression : expressions) {
    if (const auto what = misunderstood(expression); !what.empty())
      throw std::invalid_argument(fmt::format("'{}' has {}", expression, what));
    const SilentErrors errors;
    try {
      dealii::FunctionParser<dim> function(1);
      function.initialize(variables, expression, constants, of_time);
      function.value(dealii::Point<dim>());
    } catch (const dealii::ExceptionBase& error) {
      const auto text = expression.empty() ? "it is empty" : reason(error);
      throw std::invalid_argument(
          fmt::format("'{}' is not understood{}{}", expression, text.empty() ? "" : ": ", text));
    }
  }
  auto function = std::make_shared<dealii::FunctionParser<dim>>(expressions.size());
  function->initialize(variables, expressions, constants, of_time);
  return function;
}

bool mention_time(const std::vector<std::string>& expressions) {
  const auto in_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
  };
  for (const auto& text : expressions)
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool begins = i == 0 || !in_name(text[i - 1]);
      const bool ends = i + 1 == text.size() || !in_name(text[i + 1]);
      if (text[i] == 't' && begins && ends) return true;
    }
  return false;
}

std::vector<double> times_in(const std::vector<std::string>& expressions) {
  const std::string number = "([0-9]*\\.?[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+\\.)",
                    compare = "(?:<=|>=|==|!=|<|>)", begin = "(?:^|[(,?:&|!])",
                    end = "(?=$|[),?:&|])";
  const std::regex patterns[] = {std::regex(begin + "t" + compare + number + end),
                                 std::regex(begin + number + compare + "t" + end),
                                 std::regex("\\b(?:min|max)\\(t," + number + "\\)"),
                                 std::regex("\\b(?:min|max)\\(" + number + ",t\\)"),
                                 std::regex("\\babs\\(t-" + number + "\\)"),
                                 std::regex("\\babs\\(" + number + "-t\\)")};
  std::vector<double> times;
  for (auto text : expressions) {
    std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
    for (const auto& pattern : patterns)
      for (std::sregex_iterator hit(text.begin(), text.end(), pattern), none; hit != none; ++hit)
        times.push_back(std::stod((*hit)[1].str()));
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

template std::shared_ptr<dealii::FunctionParser<2>> parse_expressions<2>(
    const std::vector<std::string>&, bool);
template std::shared_ptr<dealii::FunctionParser<3>> parse_expressions<3>(
    const std::vector<std::string>&, bool);

}  // namespace seco::plugin
