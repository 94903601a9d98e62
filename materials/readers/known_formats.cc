#include "known_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <string_view>

#include "seco/materials/text.h"

namespace seco::materials {
namespace {

using namespace std::string_view_literals;

/// What reads a file in Python, and what it becomes.
constexpr const char* from_array =
    "with NumPy and an array a of the axes x, y, z: numpy.save('NAME.npy', a)";
constexpr const char* with_simpleitk =
    "convert it, as by SimpleITK.WriteImage(SimpleITK.ReadImage('NAME'), 'NAME.mha')";
constexpr const char* with_dream3d =
    "read it with DREAM.3D, which knows its convention of axes, and import the .dream3d file";

struct Format {
  std::string what;
  std::function<bool(const std::string&)> is;
  std::string way;
};

std::function<bool(const std::string&)> begins(std::string_view magic) {
  return [magic](const std::string& text) { return std::string_view(text).starts_with(magic); };
}

std::function<bool(const std::string&)> has_at(std::size_t position, std::string_view magic) {
  return [position, magic](const std::string& text) {
    return text.size() > position && std::string_view(text).substr(position).starts_with(magic);
  };
}

/// "N header" in the first line.
bool is_old_damask_geometry(const std::string& text) {
  const auto line = trimmed(text.substr(0, text.find('\n')));
  const auto blank = line.find(' ');
  return blank != std::string::npos && to_count(line.substr(0, blank)) &&
         trimmed(line.substr(blank)) == "header";
}

bool is_json(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string::npos && text[first] == '{';
}

/// In the order in which they are asked for.
const std::vector<Format>& formats() {
  static const std::vector<Format> known{
      {"a ZIP archive", begins("PK\x03\x04"sv), "unpack it first"},
      {"compressed by gzip", begins("\x1f\x8b"sv), "unpack it first, as by 'gzip -d'"},
      {"compressed by bzip2", begins("BZh"sv), "unpack it first"},
      {"compressed by xz",
       begins("\xfd"
              "7zXZ"sv),
       "unpack it first"},
      {"a TIFF image that is cut short", begins("II*"sv), "it is truncated"},
      {"an image of Amira or Avizo", begins("# AmiraMesh"sv), ""},
      {"an image of Amira or Avizo", begins("# Avizo"sv), ""},
      {"a tessellation of Neper (.tess)", begins("***tess"sv),
       "make a raster of it: 'neper -T -loadtess NAME.tess -format tesr -tesrsize N'"},
      {"a mesh of Gmsh", begins("$MeshFormat"sv), "an RVE is a grid of voxels; resample it"},
      {"an input file of Abaqus", begins("*Heading"sv), "an RVE is a grid of voxels; resample it"},
      {"an input file of Abaqus", begins("*HEADING"sv), "an RVE is a grid of voxels; resample it"},
      {"a grid of old DAMASK versions (.geom)", is_old_damask_geometry,
       "convert it: damask.GeomGrid.load_ASCII('NAME').save('NAME.vti')"},
      {"a JSON file", is_json, ""},
      {"a MATLAB file", begins("MATLAB"sv),
       std::string("read it with SciPy or h5py, and write it, ") + from_array},
      {"XDMF", [](const std::string& text) { return text.find("<Xdmf") != std::string::npos; },
       "convert it to VTK image data, as ParaView saves it"},
      {"a JPEG image", begins("\xff\xd8\xff"sv),
       "its grey levels are changed by compression; save the original as PNG, in grey levels"},
      {"a BMP image", begins("BM"sv), "save it as PNG, in grey levels"},
      {"a GIF image", begins("GIF8"sv), "save it as PNG, in grey levels"},
      {"a DICOM image", has_at(128, "DICM"sv), with_simpleitk},
      {"a NIfTI image", has_at(344, "n+1"sv), with_simpleitk},
      {"netCDF", begins("CDF"sv), std::string("read it with xarray, and write it, ") + from_array},
      {"a material configuration (YAML)",
       [](const std::string& text) {
         return (text.starts_with("phase:") || text.find("\nphase:") != std::string::npos) &&
                text.find("lattice:") != std::string::npos;
       },
       "give it by --material ('Material file'), beside the grid"}};
  return known;
}

/// Formats that only their extension tells.
const std::vector<std::pair<std::string, std::string>>& extensions() {
  static const std::vector<std::pair<std::string, std::string>> known{
      {".dat", "raw values or text"}, {".csv", "text"}, {".txt", "text"}};
  return known;
}

std::string sentence(const std::string& what, const std::string& way) {
  return fmt::format("is {}, which is known but not read; {}", what,
                     way.empty() ? std::string("write it ") + from_array : way);
}

}  // namespace

std::string way_from_vtk() {
  return "an RVE is a grid of voxels; resample it on image data, as ParaView's 'Resample To Image' "
         "does, or write those in the program that made it";
}

std::string known_but_not_read(const std::string& path, const std::string& beginning) {
  if (beginning.empty()) return "is empty";
  for (const auto& format : formats())
    if (format.is(beginning)) return sentence(format.what, format.way);
  auto extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [known, what] : extensions())
    if (extension == known)
      return sentence(fmt::format("a file of {} by its extension '{}'", what, extension),
                      std::string("write it ") + from_array);
  return "";
}

std::string hdf5_known_but_not_read(const std::vector<std::string>& members,
                                    const std::vector<std::string>& attributes) {
  const auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has(attributes, "DADF5_version_major"))
    return sentence("a file of results of DAMASK (DADF5)",
                    "import the grid and the material configuration of its run");
  if (has(members, "VoxelDataContainer"))
    return sentence("a DREAM.3D file of a version before 7", "open and save it with DREAM.3D 6.5");
  if (has(members, "Manufacturer") || has(members, "manufacturer") || has(members, " Manufacturer"))
    return sentence("an EBSD map in HDF5", with_dream3d);
  if (has(attributes, "_NCProperties"))
    return sentence("netCDF", std::string("read it with xarray, and write it, ") + from_array);
  return "";
}

}  // namespace seco::materials
