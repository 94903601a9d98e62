#include "seco/materials/image_file.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>

#include "seco/materials/write_atomically.h"
#include "voxel_order.h"

namespace seco::materials {
namespace {

std::size_t n_bytes(const VoxelField& field) {
  return field.values.size() *
         (field.type == VoxelField::Type::uint16 ? sizeof(std::uint16_t) : sizeof(float));
}

template <typename Number>
void write_values(std::ostream& out, const VoxelField& field, const Layout& layout) {
  for_each_row<Number>(field, layout, [&](const std::vector<Number>& row) {
    out.write(reinterpret_cast<const char*>(row.data()),
              static_cast<std::streamsize>(row.size() * sizeof(Number)));
  });
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
  const auto layout = layout_of(shape);
  check_sizes(path, layout, fields);
  const auto spacing = spacing_of(shape, lengths);
  const std::string extent = fmt::format("0 {} 0 {} 0 {}", layout.n1, layout.n2, layout.n3);
  write_atomically(path, [&](std::ostream& out) {
    out << fmt::format(
        "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" byte_order=\"{}\" "
        "header_type=\"UInt64\">\n  <ImageData WholeExtent=\"{}\" Origin=\"0 0 0\" Spacing=\"{} {} "
        "{}\">\n    <Piece Extent=\"{}\">\n      <CellData{}>\n",
        std::endian::native == std::endian::little ? "LittleEndian" : "BigEndian", extent,
        spacing[0], spacing[1], spacing[2], extent,
        fields.empty() ? "" : fmt::format(" Scalars=\"{}\"", fields.front().name));
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
  });
}

}  // namespace seco::materials
