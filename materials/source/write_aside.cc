#include "seco/materials/write_aside.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace seco::materials {

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
  std::filesystem::rename(temporary, path);
}

}  // namespace seco::materials
