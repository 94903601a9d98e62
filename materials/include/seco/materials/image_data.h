#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace seco::materials {

/// VTK image data (.vti, XML) and rectilinear grids with equal steps (.vtr), as written by VTK,
/// ParaView, DAMASK and `write_image`, and image data in several files (.pvti): ascii, inline
/// base64 and appended raw or base64 arrays, not compressed or compressed by zlib, LZ4 or LZMA,
/// either byte order, 32 and 64 bit headers, one or more pieces. Follows "VTK file formats" of the
/// VTK user's guide. Every error is a std::runtime_error that names the file and the array, what
/// was found and what is expected; nothing is allocated that the file cannot fill.
class ImageData {
  struct Content;

 public:
  struct ArrayDescription {
    std::string name;
    /// As VTK calls it, for example "Int64".
    std::string type;
    std::size_t n_components = 1;
    /// Values belong to the points, not to the cells.
    bool on_points = false;
    /// The scalars of its cells or points that VTK calls active (attribute `Scalars`).
    bool active = false;
  };

  static ImageData read(const std::string& path);
  /// @param origin names the file in messages
  ImageData(std::string content, const std::string& origin);

  const std::string& origin() const;
  const std::array<double, 3>& spacing() const;
  /// Arrays of the cells, then of the points, in their order on file.
  const std::vector<ArrayDescription>& arrays() const;
  /// Number of values of an array along each axis: cells, or points.
  std::array<int, 3> shape(const ArrayDescription& array) const;
  /// The values of an array with one component, n1 x n2 x n3 with the last axis fastest (VTK keeps
  /// the first axis fastest). Integers beyond 2^53 are rounded.
  std::vector<double> values(const ArrayDescription& array) const;

  /// Reads an array with one component by layers along axis 2. Keeps the file.
  class Layers {
   public:
    Layers(const ImageData& image, const ArrayDescription& array);
    ~Layers();
    Layers(Layers&&) noexcept;
    /// Writes the layers from `first` to before `last`, the first axis fastest. Layers are asked
    /// for in ascending order, none twice.
    void read(int first, int last, double* values);

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  std::shared_ptr<const Content> content_;
};

}  // namespace seco::materials
