#include "seco/materials/image_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace seco::materials {
namespace {

struct Layout {
  std::size_t n1, n2, n3;
  std::size_t n_voxels() const { return n1 * n2 * n3; }
};

std::size_t n_components(const VoxelField& field) {
  return std::max<std::size_t>(field.components.size(), 1);
}

std::size_t n_bytes(const VoxelField& field) {
  return field.values.size() *
         (field.type == VoxelField::Type::uint16 ? sizeof(std::uint16_t) : sizeof(float));
}

// VTK runs through the first axis fastest, our arrays through the last, and keeps the components of
// a voxel together.
template <typename Number>
void write_values(std::ostream& out, const VoxelField& field, const Layout& layout) {
  const std::size_t n_values = n_components(field);
  std::vector<Number> row(layout.n1 * n_values);
  for (std::size_t k = 0; k < layout.n3; ++k)
    for (std::size_t j = 0; j < layout.n2; ++j) {
      for (std::size_t i = 0; i < layout.n1; ++i)
        for (std::size_t c = 0; c < n_values; ++c)
          row[i * n_values + c] = static_cast<Number>(
              field.values[c * layout.n_voxels() + (i * layout.n2 + j) * layout.n3 + k]);
      out.write(reinterpret_cast<const char*>(row.data()),
                static_cast<std::streamsize>(row.size() * sizeof(Number)));
    }
}

std::string description(const VoxelField& field, std::size_t offset) {
  std::string text =
      fmt::format("        <DataArray type=\"{}\" Name=\"{}\" NumberOfComponents=\"{}\"",
                  field.type == VoxelField::Type::uint16 ? "UInt16" : "Float32", field.name,
                  n_components(field));
  for (std::size_t c = 0; c < field.components.size(); ++c)
    text += fmt::format(" ComponentName{}=\"{}\"", c, field.components[c]);
  return text + fmt::format(" format=\"appended\" offset=\"{}\"/>\n", offset);
}

}  // namespace

void write_image(const std::string& path, const std::vector<int>& shape,
                 const std::vector<double>& lengths, const std::vector<VoxelField>& fields) {
  const bool solid = shape.size() == 3;
  const Layout layout{static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1]),
                      solid ? static_cast<std::size_t>(shape[2]) : 1};
  for (const auto& field : fields)
    if (field.values.size() != n_components(field) * layout.n_voxels())
      throw std::invalid_argument(
          fmt::format("{}: field '{}' has {} values, expected {} components of {} voxels", path,
                      field.name, field.values.size(), n_components(field), layout.n_voxels()));
  const double h1 = lengths[0] / shape[0], h2 = lengths[1] / shape[1],
               h3 = solid ? lengths[2] / shape[2] : h2;
  const std::string extent = fmt::format("0 {} 0 {} 0 {}", layout.n1, layout.n2, layout.n3);
  const std::string temporary = path + ".part";
  {
    std::ofstream out(temporary, std::ios::binary);
    out << fmt::format(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"{}\" "
        "header_type=\"UInt64\">\n  <ImageData WholeExtent=\"{}\" Origin=\"0 0 0\" Spacing=\"{} {} "
        "{}\">\n    <Piece Extent=\"{}\">\n      <CellData{}>\n",
        std::endian::native == std::endian::little ? "LittleEndian" : "BigEndian", extent, h1, h2,
        h3, extent, fields.empty() ? "" : fmt::format(" Scalars=\"{}\"", fields.front().name));
    std::size_t offset = 0;
    for (const auto& field : fields) {
      out << description(field, offset);
      offset += sizeof(std::uint64_t) + n_bytes(field);
    }
    out << "      </CellData>\n    </Piece>\n  </ImageData>\n  <AppendedData "
           "encoding=\"raw\">\n_";
    for (const auto& field : fields) {
      const std::uint64_t size = n_bytes(field);
      out.write(reinterpret_cast<const char*>(&size), sizeof size);
      if (field.type == VoxelField::Type::uint16)
        write_values<std::uint16_t>(out, field, layout);
      else
        write_values<float>(out, field, layout);
    }
    out << "\n  </AppendedData>\n</VTKFile>\n";
    out.flush();
    if (!out)
      throw std::runtime_error(fmt::format(
          "{}: cannot be written; check that its folder exists and the disk is not full", path));
  }
  std::filesystem::rename(temporary, path);
}

}  // namespace seco::materials
