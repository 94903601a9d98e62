#include "seco/materials/hdf5_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "file_content.h"
#include "seco/materials/write_atomically.h"

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
  // A file that could not be written, because the disk is full, cannot be closed either, and the
  // library would crash on it when the program ends.
  H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

/// Closes a file that is given up. What the library still wants to write goes into memory, since it
/// would neither close the file nor give back the disk otherwise.
void give_up(hid_t file) {
  void* handle = nullptr;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) >= 0 && handle != nullptr) {
    const int memory = memfd_create("given_up", MFD_CLOEXEC);
    if (memory >= 0) {
      dup2(memory, *static_cast<int*>(handle));
      close(memory);
    }
  }
  H5Fclose(file);
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

/// What the library found wrong in the call that failed last, the innermost of its messages; to be
/// asked for before any other call.
std::string reason_of_library() {
  std::string reason;
  const auto keep = [](unsigned n, const H5E_error2_t* error, void* target) -> herr_t {
    if (n == 0 && error->desc) *static_cast<std::string*>(target) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep, &reason);
  return reason.empty() ? "no reason given" : reason;
}

/// What to do with a file of a newer version of HDF5 than the library's.
constexpr const char* way_to_older_format =
    "write it anew with libver='v110' of h5py, or by 'h5repack --high=2 IN OUT' of the newer HDF5";

std::string library_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("HDF5 {}.{}.{}", major, minor, release);
}

/// Version of the superblock, which begins a file after a user block of 0, 512, 1024, ... bytes; -1
/// if there is none.
int superblock_version(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, 9> bytes{};
  for (std::streamoff at = 0; file.seekg(at) && file.read(bytes.data(), bytes.size());
       at = at == 0 ? 512 : 2 * at)
    if (std::equal(bytes.begin(), bytes.begin() + 8, "\x89HDF\r\n\x1a\n"))
      return static_cast<unsigned char>(bytes[8]);
  return -1;
}

/// The newest version of the superblock that HDF5 1.10 to 2.0 write.
constexpr int newest_superblock = 3;

std::string described_type(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return "integers";
    case H5T_FLOAT:
      return "floating-point numbers";
    case H5T_STRING:
      return "texts";
    case H5T_ENUM:
      return "values of an enumeration";
    case H5T_BITFIELD:
      return "bit fields";
    case H5T_COMPOUND:
      return fmt::format("records of {} members (a compound type)", H5Tget_nmembers(type));
    case H5T_ARRAY:
      return "arrays (an array type)";
    case H5T_VLEN:
      return "lists of variable length";
    case H5T_REFERENCE:
      return "references";
    default:
      return "values of an opaque or unknown type";
  }
}

/// Refuses compression that the library has no filter for.
void check_filters(const std::string& path, const std::string& name, hid_t dataset) {
  const Handle properties(H5Dget_create_plist(dataset), H5Pclose);
  const int n_filters = H5Pget_nfilters(properties);
  for (int f = 0; f < n_filters; ++f) {
    unsigned flags = 0, configuration = 0;
    std::size_t n_values = 0;
    std::array<char, 64> label{};
    const auto id = H5Pget_filter2(properties, static_cast<unsigned>(f), &flags, &n_values, nullptr,
                                   label.size(), label.data(), &configuration);
    if (id < 0 || H5Zfilter_avail(id) > 0) continue;
    label.back() = '\0';
    fail(path,
         fmt::format("dataset '{}' is compressed by the filter '{}' (number {}), which the {} of "
                     "this program does not have; write it anew with compression='gzip' of h5py, "
                     "or by 'h5repack -f GZIP=4 IN OUT' where the filter is installed",
                     name, label[0] ? label.data() : "without a name", static_cast<int>(id),
                     library_version()));
  }
}

/// The file that holds an object, another than `path` where a link leads there.
std::string file_of(hid_t object, const std::string& path) {
  const auto length = H5Fget_name(object, nullptr, 0);
  if (length <= 0) return path;
  std::string name(static_cast<std::size_t>(length) + 1, '\0');
  H5Fget_name(object, name.data(), name.size());
  name.pop_back();
  return name;
}

/// What a soft or external link names.
std::string target_of(hid_t file, const std::string& name, const H5L_info_t& link) {
  std::string value(link.u.val_size, '\0');
  if (H5Lget_val(file, name.c_str(), value.data(), value.size(), H5P_DEFAULT) < 0)
    return "something";
  if (link.type != H5L_TYPE_EXTERNAL) return fmt::format("'{}'", value.c_str());
  unsigned flags = 0;
  const char *other = nullptr, *object = nullptr;
  if (H5Lunpack_elink_val(value.data(), value.size(), &flags, &other, &object) < 0)
    return "something in another file";
  return fmt::format("'{}' in the file '{}'", object, other);
}

/// Says why an object cannot be opened as a dataset.
/// @param reason of the library
[[noreturn]] void fail_to_open(const std::string& path, hid_t file, const std::string& name,
                               const std::string& reason) {
  H5L_info_t link{};
  if (H5Lget_info(file, name.c_str(), &link, H5P_DEFAULT) >= 0 && link.type != H5L_TYPE_HARD &&
      H5Oexists_by_name(file, name.c_str(), H5P_DEFAULT) <= 0)
    fail(path, fmt::format("'{}' is a link to {} that cannot be followed; put the data themselves "
                           "into the file, as by File.copy of h5py with expand_external=True",
                           name, target_of(file, name, link)));
  H5O_info_t object{};
  if (H5Oget_info_by_name(file, name.c_str(), &object, H5P_DEFAULT) >= 0 &&
      object.type != H5O_TYPE_DATASET && object.type != H5O_TYPE_UNKNOWN)
    fail(path, fmt::format("'{}' is {}, not a dataset", name,
                           object.type == H5O_TYPE_GROUP ? "a group" : "a named type"));
  fail(path,
       fmt::format("dataset '{}' cannot be opened by the {} of this program ({}); it is of a newer "
                   "version of the format, as HDF5 2.0 writes compressed chunks with "
                   "libver='latest', or corrupt. If it is newer, {}",
                   name, library_version(), reason, way_to_older_format));
}

/// @throws std::runtime_error as `fail_to_open`
hid_t open_dataset(const std::string& path, hid_t file, const std::string& name) {
  if (H5Lexists(file, name.c_str(), H5P_DEFAULT) <= 0)
    fail(path, fmt::format("dataset '{}' is missing", name));
  const hid_t dataset = H5Dopen2(file, name.c_str(), H5P_DEFAULT);
  if (dataset < 0) fail_to_open(path, file, name, reason_of_library());
  return dataset;
}

[[noreturn]] void fail_to_read(const std::string& path, const std::string& name) {
  const auto reason = reason_of_library();
  fail(path, fmt::format("dataset '{}' cannot be read; the file is truncated or corrupt ({})", name,
                         reason));
}

std::vector<std::size_t> shape_of(hid_t space) {
  const int rank = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> extent(rank > 0 ? rank : 0);
  if (rank > 0) H5Sget_simple_extent_dims(space, extent.data(), nullptr);
  return {extent.begin(), extent.end()};
}

/// Saturates, so that no shape that a file announces overflows.
std::size_t product(const std::vector<std::size_t>& shape) {
  constexpr std::size_t largest = std::size_t{1} << 60;
  std::size_t n = 1;
  for (const auto s : shape) {
    if (s > 0 && n > largest / s) return largest;
    n *= s;
  }
  return n;
}

/// HDF5 does not store attributes above 64 KiB unless asked to.
constexpr std::size_t largest_attribute = 1 << 20;

/// A text of fixed length without its padding.
std::string without_padding(std::string value) {
  value.resize(value.find_last_not_of(std::string("\0 ", 2)) + 1);
  return value;
}

std::string described(const std::string& attribute, const std::string& object) {
  return object == "." ? fmt::format("attribute '{}'", attribute)
                       : fmt::format("attribute '{}' of '{}'", attribute, object);
}

}  // namespace

Hdf5Reader::Hdf5Reader(const std::string& path) : path_(path) {
  silence_library();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) fail(path, "no such file");
  if (std::filesystem::is_directory(path, error)) fail(path, "is a folder, not an HDF5 file");
  if (H5Fis_hdf5(path.c_str()) <= 0) fail(path, "is not an HDF5 file");
  file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file_ >= 0) return;
  const auto reason = reason_of_library();
  if (const int version = superblock_version(path); version > newest_superblock)
    fail(path, fmt::format("its superblock has the version {}, which the {} of this program does "
                           "not know (0 to {}); {}",
                           version, library_version(), newest_superblock, way_to_older_format));
  fail(path,
       fmt::format("cannot be opened; it is truncated, corrupt or not readable ({})", reason));
}

Hdf5Reader::~Hdf5Reader() {
  if (file_ >= 0) H5Fclose(file_);
}

bool Hdf5Reader::has_dataset(const std::string& name) const {
  return H5Lexists(file_, name.c_str(), H5P_DEFAULT) > 0;
}

bool Hdf5Reader::has_attribute(const std::string& name, const std::string& object) const {
  return H5Aexists_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::vector<std::string> Hdf5Reader::members(const std::string& group) const {
  std::vector<std::string> names;
  const Handle handle(H5Gopen2(file_, group.c_str(), H5P_DEFAULT), H5Gclose);
  if (!handle.valid()) return names;
  const auto append = [](hid_t, const char* name, const H5L_info_t*, void* target) -> herr_t {
    static_cast<std::vector<std::string>*>(target)->emplace_back(name);
    return 0;
  };
  H5Literate(handle, H5_INDEX_NAME, H5_ITER_INC, nullptr, append, &names);
  return names;
}

Hdf5Kind Hdf5Reader::kind(const std::string& object) const {
  if (!has_dataset(object)) return Hdf5Kind::none;
  H5O_info_t info{};
  if (H5Oget_info_by_name(file_, object.c_str(), &info, H5P_DEFAULT) < 0)
    return Hdf5Kind::unreadable;
  if (info.type == H5O_TYPE_GROUP) return Hdf5Kind::group;
  if (info.type == H5O_TYPE_NAMED_DATATYPE) return Hdf5Kind::other;
  const Handle handle(H5Dopen2(file_, object.c_str(), H5P_DEFAULT), H5Dclose);
  if (!handle.valid()) return Hdf5Kind::unreadable;
  const Handle type(H5Dget_type(handle), H5Tclose);
  const auto type_class = H5Tget_class(type);
  if (type_class == H5T_INTEGER || type_class == H5T_ENUM) return Hdf5Kind::integers;
  if (type_class == H5T_FLOAT) return Hdf5Kind::numbers;
  return type_class == H5T_STRING ? Hdf5Kind::texts : Hdf5Kind::other;
}

std::vector<std::string> Hdf5Reader::attributes() const {
  std::vector<std::string> names;
  const auto append = [](hid_t, const char* name, const H5A_info_t*, void* target) -> herr_t {
    static_cast<std::vector<std::string>*>(target)->emplace_back(name);
    return 0;
  };
  H5Aiterate2(file_, H5_INDEX_NAME, H5_ITER_INC, nullptr, append, &names);
  return names;
}

std::vector<std::size_t> Hdf5Reader::shape(const std::string& dataset) const {
  if (!has_dataset(dataset)) return {};
  const Handle handle(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (!handle.valid()) return {};
  const Handle space(H5Dget_space(handle), H5Sclose);
  return shape_of(space);
}

std::optional<FloatingPrecision> Hdf5Reader::precision(const std::string& dataset) const {
  if (kind(dataset) != Hdf5Kind::numbers) return std::nullopt;
  const Handle handle(H5Dopen2(file_, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  const Handle type(H5Dget_type(handle), H5Tclose);
  std::size_t sign = 0, exponent = 0, exponent_size = 0, mantissa = 0, mantissa_size = 0;
  if (H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0)
    return std::nullopt;
  // The leading digit is not stored where numbers are normalized so.
  const auto size = static_cast<int>(mantissa_size), bias = static_cast<int>(H5Tget_ebias(type));
  const bool implied = H5Tget_norm(type) == H5T_NORM_IMPLIED;
  return FloatingPrecision{implied ? size + 1 : size, implied ? 1 - bias - size : 2 - bias - size};
}

void Hdf5Reader::check_size(const std::string& name, std::int64_t dataset) const {
  const Handle type(H5Dget_type(dataset), H5Tclose), space(H5Dget_space(dataset), H5Sclose),
      properties(H5Dget_create_plist(dataset), H5Pclose);
  const std::size_t n = product(shape_of(space)), stored = H5Dget_storage_size(dataset),
                    size = std::filesystem::file_size(file_of(dataset, path_));
  // Chunks may be compressed.
  const std::size_t inflation = H5Pget_layout(properties) == H5D_CHUNKED ? largest_inflation : 1;
  if (H5Pget_external_count(properties) > 0 || H5Pget_layout(properties) == H5D_VIRTUAL)
    fail(path_,
         fmt::format("dataset '{}' keeps its values in {}; write them into this one", name,
                     H5Pget_layout(properties) == H5D_VIRTUAL ? "other files (a virtual dataset)"
                                                              : "another file"));
  if (n / inflation > std::min(stored, size) / std::max<std::size_t>(H5Tget_size(type), 1))
    fail(path_, fmt::format("dataset '{}' announces {} values, of which the file holds {} bytes; "
                            "it is truncated, or the values were never written",
                            name, fmt::join(shape_of(space), "x"), std::min(stored, size)));
}

template <typename Number>
Array<Number> Hdf5Reader::read(const std::string& name, std::size_t rank, bool whole,
                               std::size_t first, std::size_t count) const {
  const Handle dataset(open_dataset(path_, file_, name), H5Dclose);
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const auto type_class = H5Tget_class(type);
  // An enumeration, as the truth values of h5py, has the integers behind its names.
  const bool fits = type_class == H5T_INTEGER || type_class == H5T_ENUM ||
                    (type_class == H5T_FLOAT && std::is_floating_point_v<Number>);
  if (!fits)
    fail(path_, fmt::format("dataset '{}' does not hold {} but {}; write them as {}, as by "
                            "astype('{}') of NumPy",
                            name, type_name<Number>(), described_type(type), type_name<Number>(),
                            std::is_floating_point_v<Number> ? "float64" : "int64"));
  check_filters(path_, name, dataset);
  const Handle space(H5Dget_space(dataset), H5Sclose);
  check_size(name, dataset);
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
      fail_to_read(path_, name);
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

std::vector<std::string> Hdf5Reader::texts(const std::string& name) const {
  const Handle dataset(open_dataset(path_, file_, name), H5Dclose);
  const Handle type(H5Dget_type(dataset), H5Tclose), space(H5Dget_space(dataset), H5Sclose);
  if (H5Tget_class(type) != H5T_STRING)
    fail(path_, fmt::format("dataset '{}' does not hold texts but {}", name, described_type(type)));
  check_filters(path_, name, dataset);
  check_size(name, dataset);
  const std::size_t n = product(shape_of(space));
  std::vector<std::string> result;
  const auto check_status = [&](herr_t status) {
    if (status < 0) fail_to_read(path_, name);
  };
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> raw(n, nullptr);
    check_status(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()));
    for (const char* text : raw) result.emplace_back(text ? text : "");
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw.data());
  } else {
    const std::size_t size = H5Tget_size(type);
    std::string raw(n * size, '\0');
    check_status(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()));
    for (std::size_t i = 0; i < n; ++i)
      result.push_back(without_padding(raw.substr(i * size, size)));
  }
  return result;
}

std::vector<double> Hdf5Reader::numbers(const std::string& attribute,
                                        const std::string& object) const {
  if (!has_attribute(attribute, object))
    fail(path_, fmt::format("{} is missing", described(attribute, object)));
  const Handle handle(
      H5Aopen_by_name(file_, object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  const Handle type(H5Aget_type(handle), H5Tclose);
  if (H5Tget_class(type) != H5T_FLOAT && H5Tget_class(type) != H5T_INTEGER)
    fail(path_, fmt::format("{} does not hold numbers", described(attribute, object)));
  const Handle space(H5Aget_space(handle), H5Sclose);
  const std::size_t n = product(shape_of(space));
  if (n > largest_attribute)
    fail(path_, fmt::format("{} holds {} numbers, expected a few", described(attribute, object),
                            fmt::join(shape_of(space), "x")));
  std::vector<double> values(n);
  if (H5Aread(handle, H5T_NATIVE_DOUBLE, values.data()) < 0)
    fail(path_, fmt::format("{} cannot be read", described(attribute, object)));
  return values;
}

std::string Hdf5Reader::text(const std::string& attribute, const std::string& object) const {
  if (!has_attribute(attribute, object))
    fail(path_, fmt::format("{} is missing", described(attribute, object)));
  const Handle handle(
      H5Aopen_by_name(file_, object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT),
      H5Aclose);
  const Handle type(H5Aget_type(handle), H5Tclose);
  const Handle space(H5Aget_space(handle), H5Sclose);
  if (H5Tget_class(type) != H5T_STRING || product(shape_of(space)) != 1)
    fail(path_, fmt::format("{} does not hold one text", described(attribute, object)));
  if (H5Tis_variable_str(type) > 0) {
    char* raw = nullptr;
    if (H5Aread(handle, type, &raw) < 0 || raw == nullptr)
      fail(path_, fmt::format("{} cannot be read", described(attribute, object)));
    std::string value(raw);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, &raw);
    return value;
  }
  if (H5Tget_size(type) > largest_attribute)
    fail(path_, fmt::format("{} is too long", described(attribute, object)));
  std::string value(H5Tget_size(type), '\0');
  if (H5Aread(handle, type, value.data()) < 0)
    fail(path_, fmt::format("{} cannot be read", described(attribute, object)));
  return without_padding(value);
}

std::string Hdf5Reader::text_or(const std::string& attribute,
                                const std::string& default_value) const {
  return has_attribute(attribute) ? text(attribute) : default_value;
}

Hdf5Writer::Hdf5Writer(const std::string& path) : path_(path), temporary_(path + ".part") {
  silence_library();
  file_ = H5Fcreate(temporary_.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file_ < 0) fail(path, "cannot be written; check that its folder exists and is writable");
}

Hdf5Writer::~Hdf5Writer() {
  if (file_ < 0) return;
  give_up(file_);
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
  if (!dataset.valid()) fail(path_, fmt::format("dataset '{}' cannot be written", name));
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
  if (!handle.valid() || H5Awrite(handle, H5T_NATIVE_DOUBLE, values.data()) < 0)
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
  if (!handle.valid() || H5Awrite(handle, type, &raw) < 0)
    fail(path_, fmt::format("attribute '{}' cannot be written", attribute));
}

void Hdf5Writer::close() {
  // What fails here can be given up, which is no longer possible once the library has tried to
  // close the file.
  const bool written = H5Fflush(file_, H5F_SCOPE_LOCAL) >= 0;
  if (written) {
    const herr_t status = H5Fclose(file_);
    file_ = -1;
    if (status >= 0) return put_in_place(temporary_, path_);
  } else {
    give_up(file_);
    file_ = -1;
  }
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
  fail(path_, "cannot be written; is the disk full?");
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
