#include "seco/materials/parameter_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// Without blanks at the ends, and with single blanks inside.
std::string normalized(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (!std::isspace(static_cast<unsigned char>(c)))
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

std::string joined(const std::vector<std::string>& sections) {
  return fmt::format("{}", fmt::join(sections, "/"));
}

std::string where(const std::string& section) {
  return section.empty() ? "at the top level" : fmt::format("in section '{}'", section);
}

}  // namespace

bool is_inside(const std::string& section, const std::string& other) {
  return other.empty() || section == other || section.starts_with(other + "/");
}

ParameterFile ParameterFile::read(const std::string& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    throw std::invalid_argument(fmt::format("{}: cannot be read; is there such a file?", path));
  std::stringstream text;
  text << file.rdbuf();
  return {text.str(), path};
}

ParameterFile::ParameterFile(const std::string& text, const std::string& origin) : origin_(origin) {
  std::vector<std::string> sections;
  // Numbers of the blocks around a line; that of the top level changes with every section.
  std::vector<int> blocks{0};
  int n_blocks = 1;
  std::map<std::pair<int, std::string>, int> first_lines;
  std::istringstream stream(text);
  std::string line, pending;
  int number = 0, first_line = 1;
  const auto fail = [&](const std::string& what) {
    throw std::invalid_argument(fmt::format("{}:{}: {}", origin_, first_line, what));
  };
  while (std::getline(stream, line)) {
    ++number;
    if (pending.empty()) first_line = number;
    line = line.substr(0, line.find('#'));
    auto content = normalized(line);
    // A last line that goes on ends with the file, as in deal.II.
    const bool last = stream.peek() == std::istringstream::traits_type::eof();
    if (!content.empty() && content.back() == '\\') {
      content.back() = ' ';
      pending += content;
      if (!last) continue;
      content.clear();
    }
    content = normalized(pending + content);
    pending.clear();
    if (content.empty()) continue;
    const auto word = content.substr(0, content.find(' '));
    const auto rest = word.size() < content.size() ? content.substr(word.size() + 1) : "";
    if (word == "subsection") {
      if (rest.empty()) fail("'subsection' needs a name");
      sections.push_back(rest);
      blocks.push_back(n_blocks++);
    } else if (word == "end") {
      if (!rest.empty()) fail(fmt::format("unexpected '{}' after 'end'", rest));
      if (sections.empty()) fail("'end' without 'subsection'");
      sections.pop_back();
      blocks.pop_back();
      if (sections.empty()) blocks.back() = n_blocks++;
    } else if (word == "set") {
      const auto equal = rest.find('=');
      if (equal == std::string::npos) fail(fmt::format("'{}' has no '='", content));
      const auto key = normalized(rest.substr(0, equal));
      if (key.empty()) fail("'set' needs a key before '='");
      const auto section = joined(sections);
      const auto [first, is_new] = first_lines.try_emplace({blocks.back(), key}, first_line);
      if (!is_new) repeats_.push_back({{section, key}, first->second, first_line});
      entries_[{section, key}] = {normalized(rest.substr(equal + 1)), first_line};
    } else {
      fail(
          fmt::format("'{}' is not understood; lines are 'subsection NAME', 'set Key = value' or "
                      "'end'",
                      content));
    }
  }
  if (!sections.empty()) {
    first_line = number;
    fail(fmt::format("section '{}' is not closed by 'end'", joined(sections)));
  }
}

std::string ParameterFile::ask(const std::string& section, const std::string& key,
                               const std::string& default_value, const std::string& help,
                               const KeyTraits& traits) {
  for (const auto& former : traits.former_names) use_present_name(section, former, key);
  declared_[{section, key}] = {default_value, help};
  const auto entry = entries_.find({section, key});
  return entry == entries_.end() ? default_value : entry->second.text;
}

std::string ParameterFile::value_of(const std::string& section, const std::string& key) const {
  const auto entry = entries_.find({section, key});
  return entry == entries_.end() ? "" : entry->second.text;
}

std::string ParameterFile::origin_of(const std::string& section, const std::string& key) const {
  const auto entry = entries_.find({section, key});
  return located(entry == entries_.end() ? 0 : entry->second.line);
}

std::string ParameterFile::located(int line) const {
  return line > 0 ? fmt::format("{}:{}: ", origin_, line) : origin_ + ": ";
}

void ParameterFile::change(const std::string& section, const std::string& key,
                           const std::string& value) {
  entries_[{normalized(section), normalized(key)}] = {normalized(value), 0};
}

void ParameterFile::use_present_name(const std::string& section, const std::string& former,
                                     const std::string& key) {
  const auto entry = entries_.find({section, former});
  if (entry == entries_.end()) return;
  const auto value = entry->second;
  entries_.erase(entry);
  if (has(section, key))
    throw ParameterError(section, former, value.text,
                         fmt::format("it is the former name of '{}', which is set as well; allowed "
                                     "is one of them",
                                     key),
                         located(value.line));
  entries_[{section, key}] = value;
  notes_.push_back(fmt::format("{}'{}' is now called '{}'", located(value.line), former, key));
}

std::string ParameterFile::folder() const {
  return std::filesystem::path(origin_).parent_path().string();
}

std::vector<ParameterFile::Entry> ParameterFile::entries() const {
  std::vector<Entry> result;
  for (const auto& [key, value] : entries_)
    result.push_back({key.first, key.second, value.text, value.line});
  return result;
}

bool ParameterFile::has(const std::string& section, const std::string& key) const {
  return entries_.count({section, key}) > 0;
}

void ParameterFile::check_all_used(const std::string& section) const {
  for (const auto& repeat : repeats_)
    if (is_inside(repeat.key.first, section))
      throw std::invalid_argument(fmt::format(
          "{}key '{}' {} is set a second time, first in line {}; allowed is one value",
          located(repeat.line), repeat.key.second, where(repeat.key.first), repeat.first_line));
  for (const auto& [key, entry] : entries_) {
    if (!is_inside(key.first, section) || declared_.count(key)) continue;
    std::vector<std::string> keys, sections, elsewhere;
    for (const auto& [known, unused] : declared_) {
      if (known.first == key.first) keys.push_back(known.second);
      if (known.second == key.second) elsewhere.push_back(known.first);
      if (!known.first.empty() && (sections.empty() || sections.back() != known.first))
        sections.push_back(known.first);
    }
    const auto fail = [&, line = entry.line](const std::string& what) {
      throw std::invalid_argument(located(line) + what);
    };
    const auto& name = key.first;
    if (keys.empty() && !name.empty())
      fail(fmt::format("section '{}' is not known; known are {}{}", name, fmt::join(sections, ", "),
                       did_you_mean(name, sections, true)));
    auto message = fmt::format("key '{}' {} is not known", key.second, where(name));
    if (elsewhere.size() == 1 && !elsewhere.front().empty())
      fail(fmt::format("{}; it belongs in section '{}'", message, elsewhere.front()));
    if (keys.empty())
      fail(fmt::format("{}; all keys stand in sections, {}", message, fmt::join(sections, ", ")));
    fail(fmt::format("{}; known are {}{}", message, fmt::join(keys, ", "),
                     did_you_mean(key.second, keys, true)));
  }
}

std::string ParameterFile::documentation() const {
  std::string result, section;
  for (const auto& [key, declared] : declared_) {
    if (key.first != section) {
      if (!section.empty()) result += "end\n";
      section = key.first;
      result += fmt::format("subsection {}\n", section);
    }
    result += fmt::format("{0}# {1}\n{0}set {2} = {3}\n", section.empty() ? "" : "  ",
                          declared.help, key.second, declared.default_value);
  }
  return section.empty() ? result : result + "end\n";
}

}  // namespace seco::materials
