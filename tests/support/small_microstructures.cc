#include "small_microstructures.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

namespace seco::test {
namespace {

/// Labels with x fastest, the order of VTK and DREAM.3D.
std::vector<int> x_fastest(const SmallGrid& grid) {
  std::vector<int> result;
  const auto [n1, n2, n3] = grid.shape;
  for (int k = 0; k < n3; ++k)
    for (int j = 0; j < n2; ++j)
      for (int i = 0; i < n1; ++i)
        result.push_back(grid.label[static_cast<std::size_t>((i * n2 + j) * n3 + k)]);
  return result;
}

std::string base64(const std::string& bytes) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t b = 0; b < 3; ++b)
      bits = bits << 8 | (i + b < bytes.size() ? static_cast<unsigned char>(bytes[i + b]) : 0U);
    for (int d = 0; d < 4; ++d) text += digits[bits >> (18 - 6 * d) & 63];
    for (std::size_t b = bytes.size() - i; b < 3; ++b) text[text.size() - 3 + b] = '=';
  }
  return text;
}

template <typename Number>
std::string bytes_of(Number value, bool big_endian) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  if (big_endian) std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::string value_bytes(int value, const VtkWay& way) {
  if (way.type == "Int8") return bytes_of(static_cast<std::int8_t>(value), way.big_endian);
  if (way.type == "UInt16") return bytes_of(static_cast<std::uint16_t>(value), way.big_endian);
  if (way.type == "Float32") return bytes_of(static_cast<float>(value), way.big_endian);
  return bytes_of(static_cast<std::int64_t>(value), way.big_endian);
}

std::string header_bytes(const std::vector<std::size_t>& entries, const VtkWay& way) {
  std::string bytes;
  for (const auto entry : entries)
    bytes += way.header_size == 4 ? bytes_of(static_cast<std::uint32_t>(entry), way.big_endian)
                                  : bytes_of(static_cast<std::uint64_t>(entry), way.big_endian);
  return bytes;
}

/// Header and data of an array, encoded.
std::string encoded(const std::vector<int>& values, const VtkWay& way) {
  std::string data;
  for (const int value : values) data += value_bytes(value, way);
  std::vector<std::size_t> header{data.size()};
  if (way.compressed) {
    const auto size = static_cast<std::size_t>(way.block_size);
    const std::size_t n_blocks = (data.size() + size - 1) / size;
    header = {n_blocks, size, data.size() % size};
    std::string blocks;
    for (std::size_t b = 0; b < n_blocks; ++b) {
      const auto block = data.substr(b * size, size);
      uLongf length = compressBound(block.size());
      std::string packed(length, '\0');
      compress(reinterpret_cast<Bytef*>(packed.data()), &length,
               reinterpret_cast<const Bytef*>(block.data()), block.size());
      blocks += packed.substr(0, length);
      header.push_back(length);
    }
    data = blocks;
  }
  const auto head = header_bytes(header, way);
  if (!way.base64) return head + data;
  return way.header_apart ? base64(head) + base64(data) : base64(head + data);
}

/// Writes datasets and attributes below a group; objects are closed at once.
class Hdf5Tree {
 public:
  explicit Hdf5Tree(const std::string& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {}
  ~Hdf5Tree() { H5Fclose(file_); }

  void group(const std::string& name) {
    H5Gclose(H5Gcreate2(file_, name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  }
  template <typename Number>
  void dataset(const std::string& name, const std::vector<hsize_t>& shape,
               const std::vector<Number>& values, hid_t type) {
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t dataset =
        H5Dcreate2(file_, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
    H5Dclose(dataset);
    H5Sclose(space);
  }
  void texts(const std::string& name, const std::vector<const char*>& values) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    dataset(name, {values.size()}, values, type);
    H5Tclose(type);
  }
  template <typename Number>
  void attribute(const std::string& object, const std::string& name,
                 const std::vector<Number>& values, hid_t type) {
    const hsize_t n = values.size();
    const hid_t space = H5Screate_simple(1, &n, nullptr);
    const hid_t attribute = H5Acreate_by_name(file_, object.c_str(), name.c_str(), type, space,
                                              H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, values.data());
    H5Aclose(attribute);
    H5Sclose(space);
  }

 private:
  hid_t file_;
};

/// The quaternion that DREAM.3D keeps for Bunge angles: imaginary part first, sample to crystal.
std::array<float, 4> dream3d_quaternion(const std::array<double, 3>& e) {
  const double c = std::cos(e[1] / 2), s = std::sin(e[1] / 2), sum = (e[0] + e[2]) / 2,
               difference = (e[0] - e[2]) / 2;
  return {static_cast<float>(-s * std::cos(difference)),
          static_cast<float>(-s * std::sin(difference)), static_cast<float>(-c * std::sin(sum)),
          static_cast<float>(c * std::cos(sum))};
}

}  // namespace

SmallGrid asymmetric_grid() {
  SmallGrid grid;
  const auto [n1, n2, n3] = grid.shape;
  for (int i = 0; i < n1; ++i)
    for (int j = 0; j < n2; ++j)
      for (int k = 0; k < n3; ++k)
        grid.label.push_back((i + (j > 1 ? 2 : 0) + (k == 4 ? 1 : 0)) % 6);
  for (int g = 0; g < 6; ++g) {
    grid.euler.push_back({0.3 + 0.9 * g, 0.2 + 0.4 * g, 5.9 - 0.8 * g});
    grid.phase.push_back(g == 4 ? 1 : 0);
  }
  return grid;
}

std::string image_data_text(const SmallGrid& grid, const std::string& name, const VtkWay& way) {
  const auto values = x_fastest(grid);
  const std::string extent =
      fmt::format("0 {} 0 {} 0 {}", grid.shape[0], grid.shape[1], grid.shape[2]);
  std::string text = fmt::format(
      "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"0.1\" byte_order=\"{}\" "
      "header_type=\"{}\"{}>\n<ImageData WholeExtent=\"{}\" Origin=\"0 0 0\" Spacing=\"{}\" "
      "Direction=\"1 0 0 0 1 0 0 0 1\">\n<Piece Extent=\"{}\">\n<PointData>\n</PointData>\n"
      "<CellData>\n<DataArray type=\"{}\" Name=\"{}\" format=\"{}\"",
      way.big_endian ? "BigEndian" : "LittleEndian", way.header_size == 4 ? "UInt32" : "UInt64",
      way.compressed ? " compressor=\"vtkZLibDataCompressor\"" : "", extent,
      fmt::join(grid.spacing, " "), extent, way.type, name, way.format);
  if (way.format == "appended")
    text += " offset=\"0\"/>\n";
  else
    text += fmt::format(">\n{}\n</DataArray>\n", way.format == "ascii"
                                                     ? fmt::format("{}", fmt::join(values, " "))
                                                     : encoded(values, way));
  text += "</CellData>\n</Piece>\n</ImageData>\n";
  if (way.format == "appended")
    text += fmt::format("<AppendedData encoding=\"{}\">\n_", way.base64 ? "base64" : "raw") +
            encoded(values, way) + "\n</AppendedData>\n";
  return text + "</VTKFile>\n";
}

std::string damask_material_text(const SmallGrid& grid) {
  std::string text = fmt::format(
      "---\nhomogenization:\n  SX:\n    N_constituents: 1\n    mechanical: {{type: pass}}\n\n"
      "phase:\n  {}:\n    lattice: cF\n    mechanical:\n      output: [F, P]\n"
      "      elastic: {{type: Hooke, C_11: 106.75e+9, C_12: 60.41e+9, C_44: 28.34e+9}}\n"
      "  {}:\n    lattice: hP\n    mechanical:\n      elastic:\n        type: Hooke\n"
      "        C_11: 162.4e+9\n        C_12: 92.0e+9\n        C_13: 69.0e+9\n"
      "        C_33: 180.7e+9\n        C_44: 46.7e+9\n\nmaterial:\n",
      grid.phase_names[0], grid.phase_names[1]);
  for (std::size_t g = 0; g < grid.euler.size(); ++g) {
    const auto& e = grid.euler[g];
    const double c = std::cos(e[1] / 2), s = std::sin(e[1] / 2);
    text += fmt::format(
        "  - homogenization: SX\n    constituents:\n      - phase: {}\n        v: 1.0\n        O: "
        "[{}, {}, {}, {}]\n",
        grid.phase_names[static_cast<std::size_t>(grid.phase[g])], c * std::cos((e[0] + e[2]) / 2),
        s * std::cos((e[0] - e[2]) / 2), s * std::sin((e[0] - e[2]) / 2),
        c * std::sin((e[0] + e[2]) / 2));
  }
  return text;
}

void write_dream3d(const std::string& path, const SmallGrid& grid, int version, bool quaternions) {
  Hdf5Tree file(path);
  const bool simplnx = version == 8;
  const std::string root = simplnx ? "DataStructure" : "DataContainers",
                    container = root + "/Volume", cells = container + "/CellData",
                    features = container + "/CellFeatureData",
                    ensembles = container + "/CellEnsembleData";
  for (const auto& group : {root, container, cells, features, ensembles}) file.group(group);
  const std::vector<std::int64_t> dimensions(grid.shape.begin(), grid.shape.end());
  const std::vector<float> spacing(grid.spacing.begin(), grid.spacing.end());
  if (simplnx) {
    file.attribute(container, "_DIMENSIONS", dimensions, H5T_NATIVE_INT64);
    file.attribute(container, "_SPACING", spacing, H5T_NATIVE_FLOAT);
  } else {
    file.group(container + "/_SIMPL_GEOMETRY");
    file.dataset(container + "/_SIMPL_GEOMETRY/DIMENSIONS", {3}, dimensions, H5T_NATIVE_INT64);
    file.dataset(container + "/_SIMPL_GEOMETRY/SPACING", {3}, spacing, H5T_NATIVE_FLOAT);
  }
  // Features and phases count from 1 in DREAM.3D.
  std::vector<std::int32_t> ids, phases{0};
  for (const int label : x_fastest(grid)) ids.push_back(label + 1);
  std::vector<float> angles(3, 0.F), quaternion(4, 0.F);
  for (std::size_t g = 0; g < grid.euler.size(); ++g) {
    phases.push_back(grid.phase[g] + 1);
    angles.insert(angles.end(), grid.euler[g].begin(), grid.euler[g].end());
    const auto q = dream3d_quaternion(grid.euler[g]);
    quaternion.insert(quaternion.end(), q.begin(), q.end());
  }
  const auto n = static_cast<hsize_t>(phases.size());
  const std::vector<hsize_t> shape{static_cast<hsize_t>(grid.shape[2]),
                                   static_cast<hsize_t>(grid.shape[1]),
                                   static_cast<hsize_t>(grid.shape[0]), 1};
  file.dataset(cells + "/FeatureIds", shape, ids, H5T_NATIVE_INT32);
  file.dataset(features + "/Phases", {n, 1}, phases, H5T_NATIVE_INT32);
  if (quaternions)
    file.dataset(features + "/AvgQuats", {n, 4}, quaternion, H5T_NATIVE_FLOAT);
  else
    file.dataset(features + "/EulerAngles", {n, 3}, angles, H5T_NATIVE_FLOAT);
  file.dataset(ensembles + "/CrystalStructures", {3, 1}, std::vector<std::uint32_t>{999, 1, 0},
               H5T_NATIVE_UINT32);
  file.texts(ensembles + (simplnx ? "/MaterialName" : "/PhaseName"),
             {"Unknown Phase Type", grid.phase_names[0].c_str(), grid.phase_names[1].c_str()});
}

void write_png(const std::string& path, int width, int height,
               const std::vector<std::uint16_t>& levels, int bits) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  FILE* file = std::fopen(path.c_str(), "wb");
  png_init_io(png, file);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bits,
               PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  const auto n = static_cast<std::size_t>(width);
  for (std::size_t row = 0; row < static_cast<std::size_t>(height); ++row) {
    std::vector<unsigned char> bytes;
    for (std::size_t column = 0; column < n; ++column) {
      const auto level = levels[row * n + column];
      if (bits == 16) bytes.push_back(static_cast<unsigned char>(level >> 8));
      bytes.push_back(static_cast<unsigned char>(level & 0xff));
    }
    png_write_row(png, bytes.data());
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
}

void write_text(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace seco::test
