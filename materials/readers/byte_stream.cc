#include "byte_stream.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "file_content.h"

namespace seco::materials {
namespace {

class FileBytes : public ByteStream {
 public:
  FileBytes(const std::string& path, std::uint64_t offset)
      : path_(path), file_(path, std::ios::binary) {
    file_.seekg(static_cast<std::streamoff>(offset));
  }
  void read(char* bytes, std::size_t n) override {
    if (!file_.read(bytes, static_cast<std::streamsize>(n)))
      throw std::runtime_error(
          fmt::format("{}: ends before its values do; it is truncated", path_));
  }
  void skip(std::uint64_t n) override {
    file_.seekg(static_cast<std::streamoff>(n), std::ios::cur);
  }

 private:
  std::string path_;
  std::ifstream file_;
};

class InflatedBytes : public ByteStream {
 public:
  InflatedBytes(const std::string& path, std::uint64_t offset)
      : path_(path), file_(path, std::ios::binary) {
    file_.seekg(static_cast<std::streamoff>(offset));
    constexpr int zlib_or_gzip = 15 + 32;
    if (inflateInit2(&stream_, zlib_or_gzip) != Z_OK) throw std::bad_alloc();
  }
  ~InflatedBytes() override { inflateEnd(&stream_); }
  InflatedBytes(const InflatedBytes&) = delete;
  InflatedBytes& operator=(const InflatedBytes&) = delete;

  void read(char* bytes, std::size_t n) override {
    while (n > 0) {
      constexpr std::size_t most = 1 << 30;
      const auto part = static_cast<uInt>(std::min(n, most));
      stream_.next_out = reinterpret_cast<Bytef*>(bytes);
      stream_.avail_out = part;
      while (stream_.avail_out > 0) inflate_more();
      bytes += part;
      n -= part;
    }
  }

 private:
  void inflate_more() {
    if (stream_.avail_in == 0) {
      file_.read(input_.data(), static_cast<std::streamsize>(input_.size()));
      stream_.next_in = reinterpret_cast<Bytef*>(input_.data());
      stream_.avail_in = static_cast<uInt>(file_.gcount());
    }
    const bool at_end = stream_.avail_in == 0;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_STREAM_END && stream_.avail_out > 0) {
      // gzip may append members.
      if (at_end || inflateReset(&stream_) != Z_OK) fail("its compressed values end too early");
      if (stream_.avail_in == 0 && file_.peek() == std::ifstream::traits_type::eof())
        fail("its compressed values end too early");
      return;
    }
    if (status == Z_BUF_ERROR && at_end) fail("its compressed values are truncated");
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
      fail(fmt::format("its compressed values are corrupt ({})",
                       stream_.msg ? stream_.msg : "no reason given"));
  }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", path_, what));
  }

  std::string path_;
  std::ifstream file_;
  z_stream stream_{};
  std::array<char, 1 << 16> input_{};
};

class BytesOfFiles : public ByteStream {
 public:
  BytesOfFiles(std::vector<std::string> paths, std::uint64_t offset, std::uint64_t n)
      : paths_(std::move(paths)), offset_(offset), n_(n) {}
  void read(char* bytes, std::size_t n) override {
    for_parts(n, [&](ByteStream& file, std::uint64_t part) {
      file.read(bytes, static_cast<std::size_t>(part));
      bytes += part;
    });
  }
  void skip(std::uint64_t n) override {
    for_parts(n, [](ByteStream& file, std::uint64_t part) { file.skip(part); });
  }

 private:
  template <typename Action>
  void for_parts(std::uint64_t n, const Action& action) {
    while (n > 0) {
      if (!file_ || position_ == n_) {
        file_ = std::make_unique<FileBytes>(paths_.at(next_++), offset_);
        position_ = 0;
      }
      const auto part = std::min(n, n_ - position_);
      action(*file_, part);
      position_ += part;
      n -= part;
    }
  }

  std::vector<std::string> paths_;
  std::uint64_t offset_, n_, position_ = 0;
  std::size_t next_ = 0;
  std::unique_ptr<ByteStream> file_;
};

class StreamedArray : public VoxelArray {
 public:
  StreamedArray(Description description, const ElementType& type, bool big_endian,
                std::unique_ptr<ByteStream> stream)
      : description_(std::move(description)),
        type_(type),
        big_endian_(big_endian),
        stream_(std::move(stream)) {}
  const Description& description() const override { return description_; }
  void read(int first, int last, double* values) override {
    const auto layer = static_cast<std::size_t>(description_.shape[description_.order[1]]) *
                       static_cast<std::size_t>(description_.shape[description_.order[2]]);
    stream_->skip(static_cast<std::uint64_t>(first - next_) * layer * type_.size);
    next_ = last;
    // By parts, so that the bytes of a slab need no memory of their own.
    constexpr std::size_t most = 1 << 20;
    bytes_.resize(std::min(layer, most) * type_.size);
    for (int l = first; l < last; ++l)
      for (std::size_t done = 0; done < layer;) {
        const auto part = std::min(layer - done, most);
        stream_->read(bytes_.data(), part * type_.size);
        to_numbers(bytes_.data(), part, type_, big_endian_, values);
        values += part;
        done += part;
      }
  }

 private:
  Description description_;
  ElementType type_;
  bool big_endian_;
  std::unique_ptr<ByteStream> stream_;
  std::vector<char> bytes_;
  int next_ = 0;
};

/// The numbers of a text from `offset` of a file, separated by blanks, as many as the array has and
/// no more.
std::vector<double> numbers_in_text(const VoxelArray::Description& array, const std::string& path,
                                    std::uint64_t offset) {
  const auto text = file_content(path);
  const auto n = n_bytes(array, {ElementType::Kind::unsigned_integer, 1});
  const auto refuse = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{} announces {} values, but {}", array.what,
                                         fmt::join(array.shape, "x"), what));
  };
  // A number and a blank take two bytes.
  if (n > text.size()) refuse("the text is too short for them");
  std::vector<double> numbers;
  numbers.reserve(n);
  const char* at = text.data() + std::min<std::uint64_t>(offset, text.size());
  const char* const end = text.data() + text.size();
  while (true) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t' || *at == ','))
      ++at;
    if (at == end) break;
    if (numbers.size() == n) refuse("the text goes on after them");
    double number = 0.;
    const auto [next, status] = std::from_chars(*at == '+' ? at + 1 : at, end, number);
    if (status != std::errc() || next == at)
      refuse(fmt::format("the text holds '{}' where number {} should be",
                         std::string(at, std::min<std::ptrdiff_t>(end - at, 12)), numbers.size()));
    numbers.push_back(number);
    at = next;
  }
  if (numbers.size() != n) refuse(fmt::format("the text holds {}", numbers.size()));
  return numbers;
}

}  // namespace

void ByteStream::skip(std::uint64_t n) {
  std::vector<char> ignored(std::min<std::uint64_t>(n, 1 << 20));
  while (n > 0) {
    const auto part = std::min<std::uint64_t>(n, ignored.size());
    read(ignored.data(), static_cast<std::size_t>(part));
    n -= part;
  }
}

std::uint64_t size_of_file(const std::string& path) {
  file_content(path, 0);  // refuses folders and what is missing
  return std::filesystem::file_size(path);
}

std::unique_ptr<ByteStream> file_bytes(const std::string& path, std::uint64_t offset) {
  return std::make_unique<FileBytes>(path, offset);
}

std::unique_ptr<ByteStream> inflated_bytes(const std::string& path, std::uint64_t offset) {
  return std::make_unique<InflatedBytes>(path, offset);
}

std::unique_ptr<ByteStream> bytes_of_files(const std::vector<std::string>& paths,
                                           std::uint64_t offset, std::uint64_t n) {
  return std::make_unique<BytesOfFiles>(paths, offset, n);
}

std::uint64_t n_bytes(const VoxelArray::Description& array, const ElementType& type) {
  std::uint64_t n = type.size;
  for (const auto size : array.shape) {
    constexpr std::uint64_t most = std::uint64_t{1} << 60;
    if (n > most / static_cast<std::uint64_t>(std::max(size, 1)))
      throw std::runtime_error(fmt::format("{} announces {} voxels, which no file can hold",
                                           array.what, fmt::join(array.shape, "x")));
    n *= static_cast<std::uint64_t>(size);
  }
  return n;
}

void check_bytes(const VoxelArray::Description& array, const ElementType& type,
                 const std::string& path, std::uint64_t offset, bool compressed) {
  const auto size = size_of_file(path), wanted = n_bytes(array, type);
  const auto there = size > offset ? size - offset : 0;
  if (compressed ? wanted / largest_inflation <= there : wanted <= there) return;
  throw std::runtime_error(
      fmt::format("{} announces {} values of the type {}, {} bytes, of which {} holds {}{}; it is "
                  "truncated, or "
                  "its header is wrong",
                  array.what, fmt::join(array.shape, "x"), name_of(type), wanted, path, there,
                  compressed ? ", compressed" : ""));
}

std::unique_ptr<VoxelArray> streamed_array(VoxelArray::Description description,
                                           const ElementType& type, bool big_endian,
                                           std::unique_ptr<ByteStream> stream) {
  description.precision = precision_of(type);
  return std::make_unique<StreamedArray>(std::move(description), type, big_endian,
                                         std::move(stream));
}

std::unique_ptr<VoxelArray> array_of_files(VoxelArray::Description description,
                                           const ElementType& type, bool big_endian,
                                           const std::string& header,
                                           const std::vector<std::string>& files,
                                           std::uint64_t offset) {
  const auto n_all = n_bytes(description, type);
  if (files.empty() || n_all % files.size() != 0)
    throw std::runtime_error(
        fmt::format("{}: names {} files, which cannot hold {} values of the type {} in equal parts",
                    header, files.size(), fmt::join(description.shape, "x"), name_of(type)));
  const auto n = n_all / files.size();
  for (const auto& file : files)
    if (const auto size = size_of_file(file); size != n + offset)
      throw std::runtime_error(fmt::format(
          "{}: has {} bytes; {} announces {} for each of {} files with {} values of the type {}",
          file, size, header, n + offset, files.size(), fmt::join(description.shape, "x"),
          name_of(type)));
  return streamed_array(std::move(description), type, big_endian, bytes_of_files(files, offset, n));
}

void check_no_bytes_left(const VoxelArray::Description& array, const ElementType& type,
                         const std::string& header, const char* keys, const std::string& path,
                         std::uint64_t offset) {
  const auto held = size_of_file(path) - offset;
  if (held != n_bytes(array, type))
    throw std::runtime_error(fmt::format("{}: {} announce {} bytes of values, but {} holds {}",
                                         header, keys, n_bytes(array, type), path, held));
}

std::unique_ptr<VoxelArray> array_in_text(VoxelArray::Description description,
                                          const ElementType& type, const std::string& path,
                                          std::uint64_t offset) {
  description.precision = precision_of(type);
  auto numbers = numbers_in_text(description, path, offset);
  // The digits may be those of double precision.
  if (description.precision)
    for (double& number : numbers) number = rounded(number, *description.precision);
  return array_in_memory(std::move(description), std::move(numbers));
}

}  // namespace seco::materials
