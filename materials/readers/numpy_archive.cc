#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <algorithm>
#include <stdexcept>

#include "byte_stream.h"
#include "file_content.h"
#include "numpy_array.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// An archive that is open for reading.
class ZipArchive {
 public:
  explicit ZipArchive(const std::string& path) : path_(path) {
    int status = 0;
    archive_ = zip_open(path.c_str(), ZIP_RDONLY, &status);
    if (archive_) return;
    zip_error_t error;
    zip_error_init_with_code(&error, status);
    const std::string reason = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw std::runtime_error(fmt::format(
        "{}: the ZIP archive cannot be read: {}; it is truncated or corrupt", path, reason));
  }
  ~ZipArchive() { zip_discard(archive_); }
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;
  zip_t* get() const { return archive_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  zip_t* archive_ = nullptr;
};

/// The content of an entry of an archive.
class ZipBytes : public ByteStream {
 public:
  ZipBytes(std::shared_ptr<ZipArchive> archive, zip_uint64_t index, const std::string& what)
      : archive_(std::move(archive)),
        what_(what),
        file_(zip_fopen_index(archive_->get(), index, 0)) {
    if (!file_)
      throw std::runtime_error(
          fmt::format("{} cannot be opened: {}", what, zip_strerror(archive_->get())));
  }
  ~ZipBytes() override { zip_fclose(file_); }
  ZipBytes(const ZipBytes&) = delete;
  ZipBytes& operator=(const ZipBytes&) = delete;

  void read(char* bytes, std::size_t n) override {
    while (n > 0) {
      const auto done = zip_fread(file_, bytes, n);
      if (done <= 0)
        throw std::runtime_error(fmt::format(
            "{} cannot be read: {}; the archive is truncated or corrupt", what_,
            done == 0 ? "it ends too early" : zip_error_strerror(zip_file_get_error(file_))));
      bytes += done;
      n -= static_cast<std::size_t>(done);
    }
  }

 private:
  std::shared_ptr<ZipArchive> archive_;
  std::string what_;
  zip_file_t* file_;
};

/// The array that the options name, or the only one.
zip_uint64_t chosen_entry(const ZipArchive& archive, const std::string& array) {
  std::vector<std::string> names;
  std::vector<zip_uint64_t> indices;
  const auto n = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < n; ++i) {
    const char* name = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
    std::string text = name ? name : "";
    if (!text.ends_with(".npy")) continue;
    text.resize(text.size() - 4);
    names.push_back(text);
    indices.push_back(static_cast<zip_uint64_t>(i));
  }
  const auto found = array.empty() && names.size() == 1
                         ? names.begin()
                         : std::find(names.begin(), names.end(), array);
  if (found != names.end()) return indices[static_cast<std::size_t>(found - names.begin())];
  const auto all = names.empty() ? "no array" : fmt::format("{}", fmt::join(names, ", "));
  if (array.empty())
    throw std::runtime_error(
        fmt::format("{}: holds {}; say which array holds the phases or grey levels (--array, "
                    "'Array')",
                    archive.path(), all));
  throw std::runtime_error(
      fmt::format("{}: array '{}' (--array, 'Array') is missing; the file holds "
                  "{}{}",
                  archive.path(), array, all, did_you_mean(array, names, true)));
}

std::unique_ptr<VoxelArray> open_numpy_archive(const std::string& path,
                                               const MicrostructureOptions& options) {
  const auto archive = std::make_shared<ZipArchive>(path);
  const auto index = chosen_entry(*archive, options.array);
  zip_stat_t entry;
  zip_stat_init(&entry);
  zip_stat_index(archive->get(), index, 0, &entry);
  const auto what = fmt::format("{}: array '{}'", path, entry.name ? entry.name : "");
  constexpr auto needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
  if ((entry.valid & needed) != needed || entry.comp_size > size_of_file(path) ||
      entry.size / largest_inflation > entry.comp_size)
    throw std::runtime_error(
        fmt::format("{} announces {} bytes in {} compressed ones, which the file cannot hold", what,
                    entry.size, entry.comp_size));
  auto bytes = std::make_unique<ZipBytes>(archive, index, what);
  std::string first(numpy_preamble, '\0');
  if (entry.size < first.size()) numpy_header("", what);
  bytes->read(first.data(), first.size());
  // The length of the header is in its first bytes, of which version 1 has two less.
  const auto of_version_1 = static_cast<unsigned char>(first[6]) == 1;
  std::size_t length =
      (of_version_1 ? 10 : 12) + (static_cast<unsigned char>(first[8]) |
                                  std::size_t{static_cast<unsigned char>(first[9])} << 8);
  length = std::min<std::size_t>(
      {std::max(length, first.size()), longest_numpy_header, static_cast<std::size_t>(entry.size)});
  first.resize(length);
  bytes->read(first.data() + numpy_preamble, length - numpy_preamble);
  const auto header = numpy_header(first, what);
  auto array = description_of(header, path, what, options);
  if (header.size != length || entry.size != header.size + n_bytes(array, header.type))
    throw std::runtime_error(
        fmt::format("{} has {} bytes, but {} values of the type {} after a header of {} are {}",
                    what, entry.size, fmt::join(header.shape, "x"), name_of(header.type),
                    header.size, header.size + n_bytes(array, header.type)));
  return streamed_array(std::move(array), header.type, header.big_endian, std::move(bytes));
}

bool begins_as_zip(const std::string& first) {
  return first.starts_with("PK\x03\x04") && first.find(".npy") != std::string::npos;
}

constexpr FileKind zip_archives{"a set of NumPy arrays (.npz)", "sets of NumPy arrays",
                                begins_as_zip, "libzip"};

}  // namespace

const MicrostructureReader& numpy_archive_reader() {
  static const MicrostructureReader reader{
      {"npz",
       "arrays of NumPy in a ZIP archive",
       {".npz"},
       "numpy.savez, numpy.savez_compressed",
       "as npy; --array names one of several",
       "seco import scan.npz --array phase --axes zyx --spacing 0.5 --stiffness \"1 = Al\" "
       "--out rve.h5"},
      &zip_archives,
      options_of_arrays({ReadOption::array, ReadOption::axes}),
      nullptr,
      nullptr,
      open_numpy_archive};
  return reader;
}

}  // namespace seco::materials
