#include "seco/materials/hdf5_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>

#include <filesystem>
#include <limits>
#include <stdexcept>
#include <type_traits>

namespace seco::materials {
namespace {

/// Closes an HDF5 handle at the end of its scope.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }
  bool valid() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

void silence_library() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

template <typename Number>
hid_t native_type() {
  if constexpr (std::is_same_v<Number, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<Number, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<Number, std::uint16_t>) return H5T_NATIVE_UINT16;
  if constexpr (std::is_same_v<Number, std::int64_t>) return H5T_NATIVE_INT64;
}

template <typename Number>
std::string type_name() {
  return std::is_floating_point_v<Number> ? "numbers" : "integers";
}

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", path, what));
}

std::vector<std::size_t> shape_of(hid_t space) {
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> extent(rank > 0 ? rank : 0);
  if (rank > 0) H5Sget_simple_extent_dims(space, extent.data(), nullptr);
  return {extent.begin(), extent.end()};
}

std::size_t product(const std::vector<std::size_t>& shape) {
  std::size_t n = 1;
  for (const auto s : shape) n *= s;
  return n;
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::string& path) : path_(path) {
  silence_library();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) fail(path, "no such file");
  if (std::filesystem::is_directory(path, error)) fail(path, "is a folder, not an HDF5 file");
  if (H5Fis_hdf5(path.c_str()) <= 0) fail(path, "is not an HDF5 file");
  file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ < 0) fail(path, "cannot be opened; it is truncated, corrupt or not readable");
}

Hdf5Reader::~Hdf5Reader() {
  if (file_ >= 0) H5Fclose(file_);
}

bool Hdf5Reader::has_dataset(const std::string& name) const {
  return H5Lexists(file_, name.c_str(), H5P_DEFAULT) > 0;
}

bool Hdf5Reader::has_attribute(const std::string& name) const {
  return H5Aexists(file_, name.c_str()) > 0;
}

template <typename Number>
Array<Number> Hdf5Reader::read(const std::string& name, std::size_t rank, bool whole,
                               std::size_t first, std::size_t count) const {
  if (!has_dataset(name)) fail(path_, fmt::format("dataset '{}' is missing", name));
  const Handle dataset(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.valid()) fail(path_, fmt::format("'{}' is not a dataset", name));
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const auto type_class = H5Tget_class(type);
  const bool fits =
      type_class == H5T_INTEGER || (type_class == H5T_FLOAT && std::is_floating_point_v<Number>);
  if (!fits) fail(path_, fmt::format("dataset '{}' does not hold {}", name, type_name<Number>()));
  const Handle space(H5Dget_space(dataset), H5Sclose);
  Array<Number> result;
  result.shape = shape_of(space);
  if (rank > 0 && result.shape.size() != rank)
    fail(path_, fmt::format("dataset '{}' has {} axes ({}), expected {}", name, result.shape.size(),
                            fmt::join(result.shape, "x"), rank));
  if (!whole) {
    if (result.shape.empty() || first + count > result.shape[0])
      fail(path_, fmt::format("dataset '{}' has shape {}, entries {} to {} were asked for", name,
                              fmt::join(result.shape, "x"), first, first + count));
    std::vector<hsize_t> start(result.shape.size(), 0);
    std::vector<hsize_t> extent(result.shape.begin(), result.shape.end());
    start[0] = first;
    extent[0] = count;
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr);
    result.shape[0] = count;
  }
  const std::vector<hsize_t> extent(result.shape.begin(), result.shape.end());
  const Handle memory(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                      H5Sclose);
  const auto read_as = [&]<typename Wide>(Wide) {
    std::vector<Wide> values(product(result.shape));
    if (H5Dread(dataset, native_type<Wide>(), memory, space, H5P_DEFAULT, values.data()) < 0)
      fail(path_,
           fmt::format("dataset '{}' cannot be read; the file is truncated or corrupt", name));
    return values;
  };
  if constexpr (std::is_same_v<Number, std::uint16_t>) {
    // HDF5 would clip silently.
    const auto wide = read_as(std::int64_t{});
    result.values.reserve(wide.size());
    for (std::size_t i = 0; i < wide.size(); ++i) {
      if (wide[i] < 0 || wide[i] > std::numeric_limits<std::uint16_t>::max())
        fail(path_, fmt::format("dataset '{}' holds {} at position {}, allowed are 0 to 65535",
                                name, wide[i], i));
      result.values.push_back(static_cast<std::uint16_t>(wide[i]));
    }
  } else {
    result.values = read_as(Number{});
  }
  return result;
}

template <typename Number>
Array<Number> Hdf5Reader::dataset(const std::string& name, std::size_t rank) const {
  return read<Number>(name, rank, true, 0, 0);
}

template <typename Number>
Array<Number> Hdf5Reader::slice(const std::string& name, std::size_t first,
                                std::size_t count) const {
  return read<Number>(name, 0, false, first, count);
}

std::vector<double> Hdf5Reader::numbers(const std::string& attribute) const {
  if (!has_attribute(attribute)) fail(path_, fmt::format("attribute '{}' is missing", attribute));
  const Handle handle(H5Aopen(file_, attribute.c_str(), H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(handle), H5Tclose);
  if (H5Tget_class(type) != H5T_FLOAT && H5Tget_class(type) != H5T_INTEGER)
    fail(path_, fmt::format("attribute '{}' does not hold numbers", attribute));
  const Handle space(H5Aget_space(handle), H5Sclose);
  std::vector<double> values(product(shape_of(space)));
  if (H5Aread(handle, H5T_NATIVE_DOUBLE, values.data()) < 0)
    fail(path_, fmt::format("attribute '{}' cannot be read", attribute));
  return values;
}

std::string Hdf5Reader::text(const std::string& attribute) const {
  if (!has_attribute(attribute)) fail(path_, fmt::format("attribute '{}' is missing", attribute));
  const Handle handle(H5Aopen(file_, attribute.c_str(), H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(handle), H5Tclose);
  const Handle space(H5Aget_space(handle), H5Sclose);
  if (H5Tget_class(type) != H5T_STRING || product(shape_of(space)) != 1)
    fail(path_, fmt::format("attribute '{}' does not hold one text", attribute));
  if (H5Tis_variable_str(type) > 0) {
    char* raw = nullptr;
    if (H5Aread(handle, type, &raw) < 0 || raw == nullptr)
      fail(path_, fmt::format("attribute '{}' cannot be read", attribute));
    std::string value(raw);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, &raw);
    return value;
  }
  std::string value(H5Tget_size(type), '\0');
  if (H5Aread(handle, type, value.data()) < 0)
    fail(path_, fmt::format("attribute '{}' cannot be read", attribute));
  value.resize(value.find_last_not_of(std::string("\0 ", 2)) + 1);
  return value;
}

std::string Hdf5Reader::text_or(const std::string& attribute, const std::string& otherwise) const {
  return has_attribute(attribute) ? text(attribute) : otherwise;
}

Hdf5Writer::Hdf5Writer(const std::string& path) : path_(path), temporary_(path + ".part") {
  silence_library();
  file_ = H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file_ < 0) fail(path, "cannot be written; check that its folder exists and is writable");
}

Hdf5Writer::~Hdf5Writer() {
  if (file_ < 0) return;
  H5Fclose(file_);
  std::error_code error;
  std::filesystem::remove(temporary_, error);
}

template <typename Number>
void Hdf5Writer::create(const std::string& name, const std::vector<std::size_t>& shape) {
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  const Handle space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                     H5Sclose);
  const Handle dataset(H5Dcreate2(file_, name.c_str(), native_type<Number>(), space, H5P_DEFAULT,
                                  H5P_DEFAULT, H5P_DEFAULT),
                       H5Dclose);
  if (!dataset.valid()) fail(path_, fmt::format("dataset '{}' cannot be written", name));
}

template <typename Number>
void Hdf5Writer::write_slice(const std::string& name, std::size_t first, std::size_t count,
                             const Number* values) {
  const Handle dataset(H5Dopen2(file_, name.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle space(H5Dget_space(dataset), H5Sclose);
  const auto shape = shape_of(space);
  std::vector<hsize_t> start(shape.size(), 0), extent(shape.begin(), shape.end());
  if (!shape.empty()) {
    start[0] = first;
    extent[0] = count;
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr);
  }
  const Handle memory(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                      H5Sclose);
  if (H5Dwrite(dataset, native_type<Number>(), memory, space, H5P_DEFAULT, values) < 0)
    fail(path_, fmt::format("dataset '{}' cannot be written; is the disk full?", name));
}

template <typename Number>
void Hdf5Writer::dataset(const std::string& name, const std::vector<std::size_t>& shape,
                         const Number* values) {
  create<Number>(name, shape);
  write_slice(name, 0, shape.empty() ? 1 : shape[0], values);
}

void Hdf5Writer::numbers(const std::string& attribute, const std::vector<double>& values) {
  const hsize_t extent = values.size();
  const Handle space(H5Screate_simple(1, &extent, nullptr), H5Sclose);
  const Handle handle(
      H5Acreate2(file_, attribute.c_str(), H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  if (H5Awrite(handle, H5T_NATIVE_DOUBLE, values.data()) < 0)
    fail(path_, fmt::format("attribute '{}' cannot be written", attribute));
}

void Hdf5Writer::text(const std::string& attribute, const std::string& value) {
  const Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type, H5T_VARIABLE);
  H5Tset_cset(type, H5T_CSET_UTF8);
  const Handle space(H5Screate(H5S_SCALAR), H5Sclose);
  const Handle handle(H5Acreate2(file_, attribute.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                      H5Aclose);
  const char* raw = value.c_str();
  if (H5Awrite(handle, type, &raw) < 0)
    fail(path_, fmt::format("attribute '{}' cannot be written", attribute));
}

void Hdf5Writer::close() {
  const herr_t status = H5Fclose(file_);
  file_ = -1;
  std::error_code error;
  if (status < 0) {
    std::filesystem::remove(temporary_, error);
    fail(path_, "cannot be written; is the disk full?");
  }
  std::filesystem::rename(temporary_, path_, error);
  if (error) fail(path_, "cannot be put in place: " + error.message());
}

#define SECO_INSTANTIATE(Number)                                                                 \
  template Array<Number> Hdf5Reader::dataset<Number>(const std::string&, std::size_t) const;     \
  template Array<Number> Hdf5Reader::slice<Number>(const std::string&, std::size_t, std::size_t) \
      const;                                                                                     \
  template void Hdf5Writer::create<Number>(const std::string&, const std::vector<std::size_t>&); \
  template void Hdf5Writer::write_slice<Number>(const std::string&, std::size_t, std::size_t,    \
                                                const Number*);                                  \
  template void Hdf5Writer::dataset<Number>(const std::string&, const std::vector<std::size_t>&, \
                                            const Number*);
SECO_INSTANTIATE(double)
SECO_INSTANTIATE(float)
SECO_INSTANTIATE(std::uint16_t)
SECO_INSTANTIATE(std::int64_t)
#undef SECO_INSTANTIATE

}  // namespace seco::materials
