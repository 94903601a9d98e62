#include "run_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <vector>

#include "parameter_value.h"
#include "seco/materials/fnv_hash.h"

namespace seco::macro {
namespace {

namespace fs = std::filesystem;

void add_content(const fs::path& file, materials::FnvHash& hash) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 1 << 16> buffer;
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0)
    hash.add(buffer.data(), static_cast<std::size_t>(in.gcount()));
}

/// Hash of a file, or of the files of a folder; empty if there is neither.
std::string content_of(const fs::path& path) {
  std::error_code error;
  materials::FnvHash hash;
  if (fs::is_regular_file(path, error)) {
    add_content(path, hash);
  } else if (fs::is_directory(path, error)) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path, error))
      if (entry.is_regular_file(error)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      const auto name = file.filename().string();
      hash.add(name.data(), name.size());
      add_content(file, hash);
    }
  } else {
    return "";
  }
  return fmt::format("{:016x}", hash.value());
}

bool is_utf8(const std::string& text) {
  try {
    return !nlohmann::json(text).dump().empty();
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

/// A text as JSON can hold it. A file name, for example, in another encoding than UTF-8 stays
/// distinguishable from every other one: all bytes outside of ASCII are written as \xNN.
std::string json_text(const std::string& text) {
  if (is_utf8(text)) return text;
  std::string result = "no UTF-8: ";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 127 || c == '\\')
      result += fmt::format("\\x{:02x}", byte);
    else
      result += c;
  }
  return result;
}

std::string described(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return fmt::format("key '{}' at the top level", path);
  return fmt::format("key '{}' in section '{}'", path.substr(slash + 1), path.substr(0, slash));
}

/// Whether a parameter has the same value in both runs, however it is written. A file or a folder
/// is what it holds; the ending of its name may tell how to read it.
bool is_same_value(const std::string& path, const nlohmann::json& kept, const nlohmann::json& now) {
  const auto find = [&](const nlohmann::json& identity, const char* list) {
    const auto& entries = identity.at(list);
    return entries.contains(path) ? std::optional(entries[path].get<std::string>()) : std::nullopt;
  };
  const auto before = find(kept, "parameters"), after = find(now, "parameters");
  if (!before || !after) return false;
  if (comparable_value(*before) == comparable_value(*after)) return true;
  const auto content = find(kept, "contents");
  return content && content == find(now, "contents") &&
         fs::path(*before).extension() == fs::path(*after).extension();
}

}  // namespace

nlohmann::json run_identity(const plugin::ParameterTexts& values,
                            const plugin::ParameterTraits& traits, const std::string& folder) {
  nlohmann::json parameters = nlohmann::json::object(), contents = nlohmann::json::object();
  for (const auto& [name, value] : values) {
    const auto& [section, key] = name;
    const auto tags = traits.find(name);
    if (tags != traits.end() && tags->second.changeable_on_restart) continue;
    const auto path = section.empty() ? key : section + "/" + key;
    parameters[path] = json_text(value);
    if (value.empty() || tags == traits.end() || !tags->second.is_path) continue;
    const auto hash = content_of(fs::path(folder) / value);
    if (!hash.empty()) contents[path] = hash;
  }
  return {{"seco", SECO_VERSION}, {"parameters", parameters}, {"contents", contents}};
}

std::string difference(const nlohmann::json& kept, const nlohmann::json& now) {
  if (kept.at("seco") != now.at("seco"))
    return fmt::format("it was written by seco {}, and this is seco {}",
                       kept.at("seco").get<std::string>(), now.at("seco").get<std::string>());
  const auto text = [](const nlohmann::json& list, const std::string& path) {
    return list.contains(path) ? fmt::format("'{}'", list[path].get<std::string>())
                               : std::string("not known");
  };
  for (const auto* list : {"parameters", "contents"}) {
    std::set<std::string> paths;
    for (const auto* identity : {&kept, &now})
      for (const auto& [path, value] : identity->at(list).items()) paths.insert(path);
    for (const auto& path : paths) {
      const auto before = text(kept.at(list), path), after = text(now.at(list), path);
      if (before == after) continue;
      if (list == std::string("parameters") && is_same_value(path, kept, now)) continue;
      if (list == std::string("contents"))
        return fmt::format("what {} names, {}, has another content than in the run that wrote it",
                           described(path), text(now.at("parameters"), path));
      return fmt::format("{} is {}, and {} in the run that wrote it", described(path), after,
                         before);
    }
  }
  return "";
}

}  // namespace seco::macro
