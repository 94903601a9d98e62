#include "seco/materials/write_aside.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace seco::materials {
namespace {

/// Forces a file, or the entries of a folder, to the disk. Best effort: some file systems cannot.
void force_to_disk(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

void put_in_place(const std::string& temporary, const std::string& path) {
  force_to_disk(temporary);
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error)
    throw std::runtime_error(fmt::format("{}: cannot be put in place: {}", path, error.message()));
  const auto folder = std::filesystem::path(path).parent_path();
  force_to_disk(folder.empty() ? "." : folder.string());
}

void write_aside(const std::string& path, const std::function<void(std::ostream&)>& content) {
  const std::string temporary = path + ".part";
  std::ofstream out(temporary, std::ios::binary);
  content(out);
  out.close();
  if (!out) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw std::runtime_error(
        fmt::format("{}: cannot be written; check that its folder exists and the disk is not full. "
                    "What was there before is unchanged",
                    path));
  }
  put_in_place(temporary, path);
}

}  // namespace seco::materials
