#include "seco/plugin/parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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

/// What a ParameterHandler's JSON output says of every declared entry, by section and key.
/// @param what "default_value" or "pattern_description" of parameters, or "alias" of former names,
///   the present one; not what a user wrote, whose bytes outside of ASCII, in whatever encoding,
///   are not kept
ParameterTexts entries_of(const dealii::ParameterHandler& handler, const std::string& what) {
  std::stringstream text;
  handler.print_parameters(text, dealii::ParameterHandler::JSON);
  ParameterTexts entries;
  const std::function<void(const nlohmann::json&, const std::string&)> visit =
      [&](const nlohmann::json& node, const std::string& section) {
        for (const auto& [name, child] : node.items()) {
          if (!child.is_object()) continue;
          const auto plain = demangled(name);
          const bool is_entry = child.contains("alias") ||
                                (child.contains("pattern_description") && child.contains("value"));
          if (is_entry && child.contains(what))
            entries[{section, plain}] = child[what].get<std::string>();
          else if (!is_entry)
            visit(child, section.empty() ? plain : section + "/" + plain);
        }
      };
  auto ascii = text.str();
  std::replace_if(
      ascii.begin(), ascii.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }, '?');
  visit(nlohmann::json::parse(ascii), "");
  return entries;
}

constexpr const char* changeable_tag = "may change on restart";
constexpr const char* path_tag = "file or folder";

/// Any text; its description carries the tags of its key through the handler.
class TaggedText : public dealii::Patterns::PatternBase {
 public:
  explicit TaggedText(const materials::KeyTraits& traits) : traits_(traits) {}
  bool match(const std::string&) const override { return true; }
  std::string description(OutputStyle) const override {
    std::string text = "Anything";
    if (traits_.changeable_on_restart) text += fmt::format(", {}", changeable_tag);
    if (traits_.is_path) text += fmt::format(", {}", path_tag);
    return fmt::format("[{}]", text);
  }
  std::unique_ptr<PatternBase> clone() const override {
    return std::make_unique<TaggedText>(traits_);
  }

 private:
  materials::KeyTraits traits_;
};

materials::KeyTraits traits_from(const std::string& description) {
  const auto says = [&](const char* tag) { return description.find(tag) != std::string::npos; };
  materials::KeyTraits traits;
  traits.changeable_on_restart = says(changeable_tag);
  traits.is_path = says(path_tag) || says("[FileName") || says("[DirectoryName");
  return traits;
}

/// What is wrong with an entry that is not declared.
std::string unknown(const ParameterTexts& declared, const std::string& section,
                    const std::string& key, const std::string& where) {
  std::vector<std::string> keys, sections;
  for (const auto& [name, pattern] : declared) {
    if (name.first == section) keys.push_back(name.second);
    if (sections.empty() || sections.back() != name.first) sections.push_back(name.first);
  }
  if (keys.empty())
    return fmt::format("section '{}' is not known; did you mean '{}'?", section,
                       materials::nearest_match(section, sections));
  return fmt::format("key '{}' {} is not known; did you mean '{}'? Known keys are {}", key, where,
                     materials::nearest_match(key, keys), fmt::join(keys, ", "));
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
                                   const std::string& default_value, const std::string& help,
                                   const materials::KeyTraits& traits) {
  const Entered entered(handler_, section);
  if (mode_ == Mode::read) return handler_.get(key);
  handler_.declare_entry(key, default_value, TaggedText(traits), help);
  for (const auto& former : traits.former_names) handler_.declare_alias(key, former, true);
  return default_value;
}

std::string HandlerParameters::value_of(const std::string& section, const std::string& key) const {
  const Entered entered(handler_, section);
  return handler_.get(key);
}

std::string HandlerParameters::origin_of(const std::string&, const std::string&) const {
  return "";
}

ParameterTraits parameter_traits(const dealii::ParameterHandler& handler) {
  ParameterTraits traits;
  for (const auto& [name, description] : entries_of(handler, "pattern_description"))
    traits[name] = traits_from(description);
  for (const auto& [former, key] : entries_of(handler, "alias"))
    traits[{former.first, key}].former_names.push_back(former.second);
  return traits;
}

std::vector<ParameterProblem> use_present_names(materials::ParameterFile& file,
                                                const ParameterTraits& traits) {
  std::vector<ParameterProblem> problems;
  for (const auto& [name, tags] : traits)
    for (const auto& former : tags.former_names) try {
        file.use_present_name(name.first, former, name.second);
      } catch (const materials::ParameterError& error) {
        problems.push_back({error.section, error.key, error.what()});
      }
  return problems;
}

std::string location(const materials::ParameterFile& file, const std::string& section,
                     const std::string& key) {
  for (const auto& entry : file.entries())
    if (entry.section == section && entry.key == key)
      return fmt::format("{}:{}: ", file.origin(), entry.line);
  return file.origin() + ": ";
}

ParameterTexts parameter_values(dealii::ParameterHandler& handler) {
  auto entries = entries_of(handler, "default_value");
  for (auto& [name, text] : entries) {
    const Entered entered(handler, name.first);
    text = handler.get(name.second);
  }
  return entries;
}

void set_parameters(dealii::ParameterHandler& handler, const materials::ParameterFile& file,
                    const std::string& section) {
  const auto problems = set_known_parameters(handler, file, section);
  if (!problems.empty()) throw std::invalid_argument(problems.front().text);
}

std::vector<ParameterProblem> set_known_parameters(dealii::ParameterHandler& handler,
                                                   const materials::ParameterFile& file,
                                                   const std::string& section) {
  const auto declared = entries_of(handler, "pattern_description");
  std::vector<ParameterProblem> problems;
  for (const auto& entry : file.entries()) {
    if (!materials::is_inside(entry.section, section)) continue;
    const auto note = [&](const std::string& what) {
      problems.push_back(
          {entry.section, entry.key, fmt::format("{}:{}: {}", file.origin(), entry.line, what)});
    };
    const auto where = entry.section.empty() ? std::string("at the top level")
                                             : fmt::format("in section '{}'", entry.section);
    const auto known = declared.find({entry.section, entry.key});
    if (known == declared.end()) {
      note(unknown(declared, entry.section, entry.key, where));
      continue;
    }
    const Entered entered(handler, entry.section);
    try {
      handler.set(entry.key, entry.value);
    } catch (const dealii::ExceptionBase&) {
      note(fmt::format("key '{}' {} is '{}'; allowed is {}", entry.key, where, entry.value,
                       known->second));
    }
  }
  return problems;
}

bool reset_parameter(dealii::ParameterHandler& handler, const std::string& section,
                     const std::string& key) {
  const auto defaults = entries_of(handler, "default_value");
  const auto entry = defaults.find({section, key});
  if (entry == defaults.end()) return false;
  const Entered entered(handler, section);
  handler.set(key, entry->second);
  return true;
}

}  // namespace seco::plugin
