#include <fmt/format.h>

#include <filesystem>

#include "seco/materials/hdf5_file.h"
#include "seco/materials/image_file.h"
#include "seco/materials/write_atomically.h"
#include "voxel_order.h"

namespace seco::materials {
namespace {

template <typename Number>
void write_dataset(Hdf5Writer& file, const VoxelField& field, const Layout& layout) {
  std::vector<Number> values;
  values.reserve(field.values.size());
  for_each_row<Number>(field, layout, [&](const std::vector<Number>& row) {
    values.insert(values.end(), row.begin(), row.end());
  });
  std::vector<std::size_t> shape{layout.n3, layout.n2, layout.n1};
  if (n_components(field) > 1) shape.push_back(n_components(field));
  file.dataset(field.name, shape, values.data());
}

std::string attribute(const VoxelField& field, const Layout& layout, const std::string& data) {
  const auto n = n_components(field);
  const bool integers = field.type == VoxelField::Type::uint16;
  return fmt::format(
      "      <Attribute Name=\"{0}\" AttributeType=\"{1}\" Center=\"Cell\">\n"
      "        <DataItem Format=\"HDF\" Dimensions=\"{2} {3} {4}{5}\" NumberType=\"{6}\" "
      "Precision=\"{7}\">{8}:/{0}</DataItem>\n      </Attribute>\n",
      field.name,
      n == 1   ? "Scalar"
      : n == 3 ? "Vector"
      : n == 6 ? "Tensor6"
               : "Matrix",
      layout.n3, layout.n2, layout.n1, n > 1 ? fmt::format(" {}", n) : "",
      integers ? "UInt" : "Float", integers ? 2 : 4, data);
}

}  // namespace

void write_xdmf(const std::string& path, const std::vector<int>& shape,
                const std::vector<double>& lengths, const std::vector<VoxelField>& fields) {
  const auto layout = layout_of(shape);
  check_sizes(path, layout, fields);
  const auto spacing = spacing_of(shape, lengths);
  const std::string data = path + ".h5";
  Hdf5Writer file(data);
  for (const auto& field : fields)
    if (field.type == VoxelField::Type::uint16)
      write_dataset<std::uint16_t>(file, field, layout);
    else
      write_dataset<float>(file, field, layout);
  file.close();
  write_atomically(path, [&](std::ostream& out) {
    // Axes are listed from the slowest to the fastest: z, y, x.
    out << fmt::format(
        "<?xml version=\"1.0\"?>\n<Xdmf Version=\"2.0\">\n  <Domain>\n    <Grid Name=\"RVE\" "
        "GridType=\"Uniform\">\n      <Time Value=\"0\"/>\n      <Topology "
        "TopologyType=\"3DCoRectMesh\" Dimensions=\"{} {} "
        "{}\"/>\n      <Geometry GeometryType=\"ORIGIN_DXDYDZ\">\n        <DataItem "
        "Format=\"XML\" Dimensions=\"3\">0 0 0</DataItem>\n        <DataItem Format=\"XML\" "
        "Dimensions=\"3\">{} {} {}</DataItem>\n      </Geometry>\n",
        layout.n3 + 1, layout.n2 + 1, layout.n1 + 1, spacing[2], spacing[1], spacing[0]);
    for (const auto& field : fields)
      out << attribute(field, layout, std::filesystem::path(data).filename().string());
    out << "    </Grid>\n  </Domain>\n</Xdmf>\n";
  });
}

}  // namespace seco::materials
