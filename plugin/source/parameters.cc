#include "seco/plugin/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "seco/materials/names.h"

namespace seco::plugin {
namespace {

std::vector<std::string> split(const std::string& section) {
  std::vector<std::string> parts;
  std::stringstream stream(section);
  for (std::string part; std::getline(stream, part, '/');) parts.push_back(part);
  return parts;
}

/// Enters a section for the life of this object.
class Entered {
 public:
  Entered(dealii::ParameterHandler& handler, const std::string& section) : handler_(handler) {
    for (const auto& part : split(section)) {
      handler_.enter_subsection(part);
      ++depth_;
    }
  }
  ~Entered() {
    while (depth_-- > 0) handler_.leave_subsection();
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  dealii::ParameterHandler& handler_;
  int depth_ = 0;
};

/// The names of a ParameterHandler's JSON output have all characters but letters and digits
/// replaced by an underscore and their hexadecimal code.
std::string demangled(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] == '_' && i + 2 < text.size()) {
      result += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  return result;
}

/// The description of the pattern of every declared entry, by section and key.
std::map<std::pair<std::string, std::string>, std::string> declared_entries(
    const dealii::ParameterHandler& handler) {
  std::stringstream text;
  handler.print_parameters(text, dealii::ParameterHandler::JSON);
  std::map<std::pair<std::string, std::string>, std::string> entries;
  const std::function<void(const nlohmann::json&, const std::string&)> visit =
      [&](const nlohmann::json& node, const std::string& section) {
        for (const auto& [name, child] : node.items()) {
          if (!child.is_object()) continue;
          const auto plain = demangled(name);
          if (child.contains("pattern_description") && child.contains("value"))
            entries[{section, plain}] = child["pattern_description"].get<std::string>();
          else
            visit(child, section.empty() ? plain : section + "/" + plain);
        }
      };
  visit(nlohmann::json::parse(text.str()), "");
  return entries;
}

}  // namespace

HandlerParameters::HandlerParameters(dealii::ParameterHandler& handler, Mode mode,
                                     const std::string& folder)
    : handler_(handler), mode_(mode), folder_(folder) {}

bool HandlerParameters::has(const std::string&, const std::string&) const {
  // A handler does not tell a default from a value; both are read the same way.
  return mode_ == Mode::read;
}

std::string HandlerParameters::ask(const std::string& section, const std::string& key,
                                   const std::string& otherwise, const std::string& help) {
  const Entered entered(handler_, section);
  if (mode_ == Mode::read) return handler_.get(key);
  handler_.declare_entry(key, otherwise, dealii::Patterns::Anything(), help);
  return otherwise;
}

std::string HandlerParameters::value_of(const std::string& section, const std::string& key) const {
  const Entered entered(handler_, section);
  return handler_.get(key);
}

std::string HandlerParameters::origin_of(const std::string&, const std::string&) const {
  return "";
}

std::string location(const materials::ParameterFile& file, const std::string& section,
                     const std::string& key) {
  for (const auto& entry : file.entries())
    if (entry.section == section && entry.key == key)
      return fmt::format("{}:{}: ", file.origin(), entry.line);
  return file.origin() + ": ";
}

void set_parameters(dealii::ParameterHandler& handler, const materials::ParameterFile& file,
                    const std::string& section) {
  const auto declared = declared_entries(handler);
  for (const auto& entry : file.entries()) {
    if (!materials::is_inside(entry.section, section)) continue;
    const auto fail = [&](const std::string& what) {
      throw std::invalid_argument(fmt::format("{}:{}: {}", file.origin(), entry.line, what));
    };
    const auto where = entry.section.empty() ? std::string("at the top level")
                                             : fmt::format("in section '{}'", entry.section);
    const auto known = declared.find({entry.section, entry.key});
    if (known == declared.end()) {
      std::vector<std::string> keys, sections;
      for (const auto& [name, pattern] : declared) {
        if (name.first == entry.section) keys.push_back(name.second);
        if (sections.empty() || sections.back() != name.first) sections.push_back(name.first);
      }
      if (keys.empty())
        fail(fmt::format("section '{}' is not known; did you mean '{}'?", entry.section,
                         materials::nearest_match(entry.section, sections)));
      fail(fmt::format("key '{}' {} is not known; did you mean '{}'? Known keys are {}", entry.key,
                       where, materials::nearest_match(entry.key, keys), fmt::join(keys, ", ")));
    }
    const Entered entered(handler, entry.section);
    try {
      handler.set(entry.key, entry.value);
    } catch (const dealii::ExceptionBase&) {
      fail(fmt::format("key '{}' {} is '{}'; allowed is {}", entry.key, where, entry.value,
                       known->second));
    }
  }
}

}  // namespace seco::plugin
