#include "result_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <type_traits>

#include "seco/materials/fnv_hash.h"

namespace seco::surrogate {
namespace {

constexpr std::string_view magic = "seco result 2\n";
constexpr std::uint32_t byte_order = 0x01020304;
/// A file of most_results_in_file results has less than 16 KiB, but for messages.
constexpr std::streamoff largest_file = 1 << 20;

std::uint64_t checksum(std::string_view bytes) {
  materials::FnvHash hash;
  hash.add(bytes.data(), bytes.size());
  return hash.value();
}

class Writer {
 public:
  template <typename Number>
  requires std::is_arithmetic_v<Number>
  void add(Number value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void add(const std::string& text) {
    add(static_cast<std::uint32_t>(text.size()));
    bytes += text;
  }
  void add(const materials::MandelMatrix& matrix) {
    for (Eigen::Index i = 0; i < matrix.size(); ++i) add(matrix.data()[i]);
  }
  std::string bytes;
};

class Reader {
 public:
  Reader(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}
  std::string_view take(std::size_t n) {
    if (n > bytes_.size()) refuse("is shorter than it says");
    const auto part = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return part;
  }
  template <typename Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string text() { return std::string(take(number<std::uint32_t>())); }
  materials::MandelMatrix matrix(Eigen::Index m) {
    materials::MandelMatrix matrix(m, m);
    for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = number<double>();
    return matrix;
  }
  bool empty() const { return bytes_.empty(); }
  [[noreturn]] void refuse(const std::string& what) const {
    throw std::invalid_argument(fmt::format("{}: this file of a result cache {}", path_, what));
  }

 private:
  std::string_view bytes_;
  const std::string& path_;
};

KeptResult read_result(Reader& reader) {
  KeptResult kept;
  auto& result = kept.result;
  kept.tolerance = reader.number<double>();
  kept.max_iterations = reader.number<std::uint32_t>();
  result.iterations = reader.number<std::uint32_t>();
  const auto status = reader.number<std::uint32_t>();
  if (status >= static_cast<std::uint32_t>(Status::failed))
    reader.refuse(fmt::format("has status {}", status));
  result.status = static_cast<Status>(status);
  const auto m = reader.number<std::uint32_t>();
  if (m != 3 && m != 6)
    reader.refuse(fmt::format("has matrices of {0}x{0}, expected 3x3 or 6x6", m));
  result.gap = reader.number<double>();
  result.residual = reader.number<double>();
  result.seconds = reader.number<double>();
  result.stiffness = reader.matrix(m);
  result.lower = reader.matrix(m);
  result.upper = reader.matrix(m);
  const auto n_out = reader.number<std::uint32_t>();
  if (n_out != 0 && (n_out != 3 || m != 3))
    reader.refuse(fmt::format("has {} rows of stresses out of the plane", n_out));
  if (n_out == 3) result.out_of_plane = reader.matrix(3);
  result.engine = reader.text();
  result.message = reader.text();
  if (!result.out_of_plane.allFinite() || !result.stiffness.allFinite() ||
      !result.lower.allFinite() || !result.upper.allFinite() || !std::isfinite(result.gap))
    reader.refuse("holds NaN or infinite values");
  return kept;
}

}  // namespace

std::string to_bytes(const ResultFile& file) {
  Writer writer;
  writer.bytes = magic;
  writer.add(byte_order);
  writer.add(file.key.fingerprint);
  for (const auto part : file.key.rve) writer.add(part);
  writer.add(static_cast<std::uint32_t>(file.results.size()));
  for (const auto& [tolerance, max_iterations, result] : file.results) {
    writer.add(tolerance);
    writer.add(static_cast<std::uint32_t>(max_iterations));
    writer.add(static_cast<std::uint32_t>(result.iterations));
    writer.add(static_cast<std::uint32_t>(result.status));
    writer.add(static_cast<std::uint32_t>(result.stiffness.rows()));
    writer.add(result.gap);
    writer.add(result.residual);
    writer.add(result.seconds);
    writer.add(result.stiffness);
    writer.add(result.lower);
    writer.add(result.upper);
    writer.add(static_cast<std::uint32_t>(result.out_of_plane.rows()));
    writer.add(result.out_of_plane);
    writer.add(result.engine);
    writer.add(result.message);
  }
  writer.add(checksum(writer.bytes));
  return writer.bytes;
}

ResultFile read_result_file(const std::string& path, const ResultFileKey& key) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return {};
  in.seekg(0, std::ios::end);
  std::string bytes(std::clamp<std::streamoff>(in.tellg(), 0, largest_file), '\0');
  in.seekg(0);
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));

  Reader reader(bytes, path);
  if (bytes.size() < magic.size() + sizeof(std::uint64_t) || reader.take(magic.size()) != magic)
    reader.refuse("does not start as version 2 does");
  const auto content = bytes.substr(0, bytes.size() - sizeof(std::uint64_t));
  std::uint64_t stated = 0;
  std::memcpy(&stated, bytes.data() + content.size(), sizeof stated);
  if (stated != checksum(content)) reader.refuse("is damaged: its checksum does not fit");
  if (reader.number<std::uint32_t>() != byte_order)
    reader.refuse("was written by a machine of another byte order");
  ResultFile file;
  file.key.fingerprint = reader.number<std::uint64_t>();
  for (auto& part : file.key.rve) part = reader.number<std::uint64_t>();
  if (file.key != key) reader.refuse("belongs to another RVE or engine than its name says");
  const auto n = reader.number<std::uint32_t>();
  if (n > most_results_in_file) reader.refuse(fmt::format("holds {} results", n));
  for (std::uint32_t i = 0; i < n; ++i) file.results.push_back(read_result(reader));
  reader.take(sizeof stated);
  if (!reader.empty()) reader.refuse("is longer than it says");
  return file;
}

}  // namespace seco::surrogate
