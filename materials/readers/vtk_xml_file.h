#pragma once

#include <memory>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "element_type.h"
#include "vtk_bytes.h"

namespace seco::materials {

/// A VTK XML file whose arrays are not read yet. Errors are std::runtime_error naming the file.
class VtkXmlFile {
 public:
  /// @param content of the file, which is kept
  /// @param types of the dataset that are read, as `ImageData`
  VtkXmlFile(std::string content, std::string origin, const std::vector<std::string>& types);
  VtkXmlFile(const VtkXmlFile&) = delete;
  VtkXmlFile& operator=(const VtkXmlFile&) = delete;

  const std::string& origin() const { return origin_; }
  /// The element of the dataset, of the name `type()`.
  pugi::xml_node dataset() const { return dataset_; }
  const std::string& type() const { return type_; }
  /// Values that the file can hold at most.
  std::size_t most_values() const;

  /// The numbers of an array, from the first to the last.
  class Values {
   public:
    virtual ~Values() = default;
    /// Writes the next n numbers.
    virtual void read(double* values, std::size_t n) = 0;
    virtual void skip(std::size_t n) = 0;
    /// @throws std::runtime_error if numbers are left
    virtual void check_end() = 0;
  };
  /// @param node a DataArray of this file
  /// @param n numbers that it must hold
  std::unique_ptr<Values> values(const pugi::xml_node& node, std::size_t n) const;

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void read_header(const pugi::xml_node& file, const std::vector<std::string>& types);

  std::string origin_, text_, type_;
  pugi::xml_document document_;
  pugi::xml_node dataset_;
  /// Bytes after the underscore of the appended section.
  std::string_view appended_;
  VtkEncoding encoding_;
  bool appended_base64_ = false;
};

/// The type that a file names, as `Int64`.
std::optional<ElementType> vtk_type_of(const std::string& name);

/// The numbers of a text separated by blanks, at most `largest` of them; empty if one is not a
/// number or there are more.
std::vector<double> vtk_numbers_of(std::string_view text, std::size_t largest);

}  // namespace seco::materials
