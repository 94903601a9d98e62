#include "file_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace seco::materials {

std::string file_content(const std::string& path, std::size_t largest) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw std::runtime_error(fmt::format("{}: no such file", path));
  if (!std::filesystem::is_regular_file(path, error))
    throw std::runtime_error(fmt::format("{}: is a folder or device, not a file", path));
  std::ifstream file(path, std::ios::binary);
  const auto size = std::filesystem::file_size(path, error);
  std::string content(std::min<std::size_t>(error ? 0 : size, largest), '\0');
  if (!file || error || !file.read(content.data(), static_cast<std::streamsize>(content.size())))
    throw std::runtime_error(fmt::format("{}: cannot be read", path));
  return content;
}

}  // namespace seco::materials
