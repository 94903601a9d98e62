#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "seco/materials/floating_precision.h"

namespace seco::materials {

/// A dense array with its shape, last axis fastest.
template <typename Number>
struct Array {
  std::vector<std::size_t> shape;
  std::vector<Number> values;
};

/// What an object of an HDF5 file is; `integers` are also those behind the names of an enumeration,
/// `unreadable` is what this version of the library cannot open.
enum class Hdf5Kind { none, group, integers, numbers, texts, other, unreadable };

/// Reads datasets and attributes of an HDF5 file. Every error is a std::runtime_error that names
/// the file, the dataset or attribute, what was found and what was expected.
class Hdf5Reader {
 public:
  explicit Hdf5Reader(const std::string& path);
  ~Hdf5Reader();
  Hdf5Reader(const Hdf5Reader&) = delete;
  Hdf5Reader& operator=(const Hdf5Reader&) = delete;

  const std::string& path() const { return path_; }
  bool has_dataset(const std::string& name) const;
  bool has_attribute(const std::string& name, const std::string& object = ".") const;
  /// What the group or dataset is; `none` if there is no such.
  Hdf5Kind kind(const std::string& object) const;
  /// Names of the datasets and groups of a group, in alphabetical order; empty if it is no group.
  std::vector<std::string> members(const std::string& group = "/") const;

  /// Names of the attributes of the file, in alphabetical order.
  std::vector<std::string> attributes() const;

  /// Number of entries along each axis of a dataset; empty if there is no such dataset.
  std::vector<std::size_t> shape(const std::string& dataset) const;
  /// Of the floating-point numbers of a dataset as they are on file; none if it has others.
  std::optional<FloatingPrecision> precision(const std::string& dataset) const;
  /// The whole dataset, converted to Number; integers are refused for floating-point data on file
  /// and values outside Number's range are refused, as are datasets larger than the file can fill.
  /// Number is double, float, std::uint16_t or std::int64_t.
  /// @param rank expected number of axes, 0 for any.
  template <typename Number>
  Array<Number> dataset(const std::string& name, std::size_t rank = 0) const;
  /// Entries [first, first + count) of the first axis.
  template <typename Number>
  Array<Number> slice(const std::string& name, std::size_t first, std::size_t count) const;

  /// The texts of a dataset with one axis.
  std::vector<std::string> texts(const std::string& dataset) const;

  /// Attributes, of the file unless `object` names a group or dataset.
  std::vector<double> numbers(const std::string& attribute, const std::string& object = ".") const;
  std::string text(const std::string& attribute, const std::string& object = ".") const;
  std::string text_or(const std::string& attribute, const std::string& default_value) const;

 private:
  /// Throws for a dataset that is larger than its file can fill.
  void check_size(const std::string& name, std::int64_t dataset) const;
  template <typename Number>
  Array<Number> read(const std::string& name, std::size_t rank, bool whole, std::size_t first,
                     std::size_t count) const;

  std::string path_;
  std::int64_t file_ = -1;
};

/// Writes an HDF5 file beside its name and renames it into place on `close`, so that a file under
/// the final name is always complete.
class Hdf5Writer {
 public:
  explicit Hdf5Writer(const std::string& path);
  /// Without `close`, nothing is left behind.
  ~Hdf5Writer();
  Hdf5Writer(const Hdf5Writer&) = delete;
  Hdf5Writer& operator=(const Hdf5Writer&) = delete;

  /// Number is double, float, std::uint16_t or std::int64_t.
  template <typename Number>
  void dataset(const std::string& name, const std::vector<std::size_t>& shape,
               const Number* values);
  /// Creates a dataset to be filled slice by slice along its first axis.
  template <typename Number>
  void create(const std::string& name, const std::vector<std::size_t>& shape);
  template <typename Number>
  void write_slice(const std::string& name, std::size_t first, std::size_t count,
                   const Number* values);
  void numbers(const std::string& attribute, const std::vector<double>& values);
  void text(const std::string& attribute, const std::string& value);
  void close();

 private:
  std::string path_, temporary_;
  std::int64_t file_ = -1;
};

}  // namespace seco::materials
