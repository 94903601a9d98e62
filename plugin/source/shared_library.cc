#include "seco/plugin/shared_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include "seco/plugin/registration.h"

#define SECO_TEXT_OF(symbol) #symbol
#define SECO_TEXT(symbol) SECO_TEXT_OF(symbol)

namespace seco::plugin {
namespace {

namespace fs = std::filesystem;

/// Brought the engine s-eco, which seco_surrogate registers itself.
constexpr const char* former_library = "libseco_s_eco.so";

fs::path folder_of_this_library() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&load_shared_library), &info) == 0) return {};
  return fs::path(info.dli_fname).parent_path();
}

bool is_shared_library(const fs::path& path) {
  std::array<char, 4> magic{};
  std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
  return magic == std::array<char, 4>{'\x7f', 'E', 'L', 'F'};
}

/// The file a name stands for; empty if the dynamic linker has to look for it.
fs::path find(const std::string& name, const std::string& folder,
              std::vector<std::string>& places) {
  const fs::path path(name);
  std::vector<fs::path> candidates;
  if (path.is_absolute())
    candidates = {path};
  else
    candidates = {fs::path(folder) / path};
  if (!path.has_parent_path()) candidates.push_back(folder_of_this_library() / path);
  for (const auto& candidate : candidates) {
    places.push_back(fs::absolute(candidate).lexically_normal().string());
    if (fs::exists(candidate)) return fs::absolute(candidate).lexically_normal();
  }
  return {};
}

[[noreturn]] void explain(const std::string& name, const std::string& error,
                          const std::vector<std::string>& places) {
  const auto fail = [&](const std::string& what) {
    throw std::invalid_argument(fmt::format("shared library '{}': {}", name, what));
  };
  const auto symbol = error.find("undefined symbol: ");
  if (symbol != std::string::npos) {
    const auto missing = error.substr(symbol + 18);
    if (missing.rfind("seco_plugin_interface_", 0) == 0)
      fail(fmt::format(
          "was built for another version of the plugin interface or of deal.II ({}), this "
          "program has {}; rebuild it against this version",
          missing.substr(0, missing.find_first_of(" \t")), SECO_TEXT(SECO_ABI_SYMBOL)));
    fail(fmt::format(
        "cannot be bound, because no library defines the symbol {}; is a library missing "
        "from its link line?",
        missing));
  }
  if (error.find("No such file") != std::string::npos && error.rfind(name, 0) == 0)
    fail(
        fmt::format("there is no such file; looked for {} and along the path of the dynamic linker",
                    fmt::join(places, ", ")));
  throw std::invalid_argument(
      fmt::format("shared library '{}': cannot be loaded: {}", name, error));
}

}  // namespace

std::string load_shared_library(const std::string& name, const std::string& folder) {
  if (fs::path(name).filename() == former_library)
    return fmt::format(
        "shared library '{}' is not needed any more: the engine s-eco is always there", name);
  static std::set<std::string> loaded;
  std::vector<std::string> places;
  const fs::path path = find(name, folder, places);
  const auto fail = [&](const std::string& what) {
    throw std::invalid_argument(fmt::format("shared library '{}': {}", name, what));
  };
  if (path.empty() && fs::path(name).has_parent_path())
    fail(fmt::format("there is no such file; looked for {}", fmt::join(places, ", ")));
  if (!path.empty()) {
    if (fs::is_directory(path)) fail(fmt::format("{} is a folder", path.string()));
    if (access(path.c_str(), R_OK) != 0)
      fail(fmt::format("{} cannot be read; check its permissions", path.string()));
    if (!is_shared_library(path)) fail(fmt::format("{} is not a shared library", path.string()));
  }
  const std::string target = path.empty() ? name : path.string();
  if (loaded.count(target)) return "";
  const auto before = n_registrations();
  // Global, because LibTorch and the materials' type information must be shared with the program.
  if (dlopen(target.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* error = dlerror();
    explain(name, error ? error : "unknown error", places);
  }
  check_registrations();
  if (n_registrations() == before)
    fail(
        "registers no material and no engine; it is not a plugin, or it is linked into the program "
        "already");
  loaded.insert(target);
  return "";
}

}  // namespace seco::plugin
