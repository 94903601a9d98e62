#include "seco/materials/write_atomically.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace seco::materials {
namespace {

bool out_of_space(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

/// Forces a file, or the entries of a folder, to the disk. Some file systems cannot, which is no
/// error; others say only now that the disk is full. @return the error, or 0
int force_to_disk(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  return error == EIO || out_of_space(error) ? error : 0;
}

[[noreturn]] void give_up(const std::string& temporary, const std::string& path, int error) {
  std::error_code ignored;
  std::filesystem::remove(temporary, ignored);
  throw std::runtime_error(fmt::format(
      "{}: cannot be written{}; check that its folder exists and the disk is not full. What was "
      "there before is unchanged",
      path, error == 0 ? "" : fmt::format(" ({})", std::generic_category().message(error))));
}

}  // namespace

void put_in_place(const std::string& temporary, const std::string& path) {
  if (const int failed = force_to_disk(temporary); failed != 0) give_up(temporary, path, failed);
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error)
    throw std::runtime_error(fmt::format("{}: cannot be put in place: {}", path, error.message()));
  const auto folder = std::filesystem::path(path).parent_path();
  force_to_disk(folder.empty() ? "." : folder.string());
}

void write_atomically(const std::string& path, const std::function<void(std::ostream&)>& content) {
  const std::string temporary = path + ".part";
  errno = 0;
  std::ofstream out(temporary, std::ios::binary);
  content(out);
  out.close();
  // A stream does not tell why it failed, and the number may be of something before.
  if (!out) give_up(temporary, path, out_of_space(errno) ? errno : 0);
  put_in_place(temporary, path);
}

}  // namespace seco::materials
