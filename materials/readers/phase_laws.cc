#include "seco/materials/phase_laws.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>

namespace seco::materials {
namespace {

/// "0, 2 to 5": runs of at least three by their ends, since a polycrystal has many phases.
std::string listed(const std::set<std::size_t>& numbers) {
  std::vector<std::string> parts;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first, end = std::next(first);
    while (end != numbers.end() && *end == *last + 1) last = end++;
    if (*last - *first > 1) {
      parts.push_back(fmt::format("{} to {}", *first, *last));
      first = end;
    } else {
      parts.push_back(fmt::format("{}", *first++));
    }
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string section_of(const ParameterFile& file, const std::set<std::string>& sections,
                       std::size_t phase) {
  auto own = fmt::format("Phase {}", phase);
  if (sections.contains(own)) return own;
  if (sections.contains("All phases")) return "All phases";
  throw std::invalid_argument(
      fmt::format("{}: phase {} of the microstructure has no law; add a subsection '{}', or 'All "
                  "phases' for all that have none of their own",
                  file.origin(), phase, own));
}

bool is_phase_section(const std::string& section) {
  return section.starts_with("Phase ") || section == "All phases";
}

std::vector<std::shared_ptr<const Law>> read_known_laws(ParameterFile& file, const Rve& rve,
                                                        bool has_stiffnesses) {
  auto laws = read_phase_laws(file, rve, has_stiffnesses);
  for (const auto& entry : file.entries())
    if (is_phase_section(entry.section)) file.check_all_used(entry.section);
  return laws;
}

/// Notes which of its keys are paths.
class FileOfPaths : public ParameterFile {
 public:
  explicit FileOfPaths(const ParameterFile& file) : ParameterFile(file) {}

  /// The value of an entry, absolute if it is a path.
  std::string absolute(const Entry& entry) const {
    if (entry.value.empty() || !paths_.contains({entry.section, entry.key})) return entry.value;
    return std::filesystem::absolute(std::filesystem::path(folder()) / entry.value)
        .lexically_normal()
        .string();
  }

 protected:
  std::string ask(const std::string& section, const std::string& key,
                  const std::string& default_value, const std::string& help,
                  const KeyTraits& traits) override {
    if (traits.is_path) paths_.emplace(section, key);
    return ParameterFile::ask(section, key, default_value, help, traits);
  }

 private:
  std::set<std::pair<std::string, std::string>> paths_;
};

}  // namespace

std::vector<std::shared_ptr<const Law>> read_phase_laws(ParameterFile& file, const Rve& rve,
                                                        bool has_stiffnesses) {
  register_builtin_laws();
  std::set<std::string> sections;
  for (const auto& entry : file.entries()) sections.insert(entry.section);
  const std::set<std::size_t> used(rve.phase.begin(), rve.phase.end());
  std::vector<std::shared_ptr<const Law>> laws(*used.rbegin() + 1);
  for (const auto phase : used) {
    LawContext context;
    context.unit = rve.unit;
    if (phase < rve.orientation.size()) {
      const auto& angles = rve.orientation[phase];
      context.orientation = from_euler(angles[0], angles[1], angles[2]);
    }
    if (phase < rve.stiffness.size() && has_stiffnesses)
      context.stiffness = spatial_stiffness(rve, phase);
    if (context.stiffness && context.stiffness->isZero()) context.stiffness.reset();
    laws[phase] = read_law(file, section_of(file, sections, phase), context);
  }
  for (const auto& section : sections) {
    if (!section.starts_with("Phase ")) continue;
    const bool occurs = std::any_of(used.begin(), used.end(), [&](std::size_t phase) {
      return section == fmt::format("Phase {}", phase);
    });
    if (!occurs)
      throw std::invalid_argument(
          fmt::format("{}: section '{}': the microstructure has the phases {}; 'All phases' is for "
                      "those without a section of their own",
                      file.origin(), section, listed(used)));
  }
  return laws;
}

std::vector<std::shared_ptr<const Law>> laws_of_file(const ParameterFile& file, const Rve& rve,
                                                     bool has_stiffnesses) {
  // What is asked of a copy leaves nothing behind for the next RVE.
  auto copy = file;
  return read_known_laws(copy, rve, has_stiffnesses);
}

std::string laws_as_text(const ParameterFile& file, const Rve& rve, bool has_stiffnesses) {
  FileOfPaths copy(file);
  read_known_laws(copy, rve, has_stiffnesses);
  std::string text, section;
  for (const auto& entry : copy.entries()) {
    if (!is_phase_section(entry.section)) continue;
    if (entry.section != section) {
      if (!section.empty()) text += "end\n";
      section = entry.section;
      text += "subsection " + section + "\n";
    }
    text += fmt::format("  set {} = {}\n", entry.key, copy.absolute(entry));
  }
  return section.empty() ? text : text + "end\n";
}

}  // namespace seco::materials
