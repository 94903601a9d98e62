#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>

#include "file_content.h"
#include "known_formats.h"
#include "microstructure_reader.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// Enough to hold the header of any format.
constexpr std::size_t beginning = 1 << 16;

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto* reader : microstructure_readers()) names.push_back(reader->format.name);
  return names;
}

std::string lower_extension(const std::string& path) {
  auto extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

/// The kind that the file begins as; null if it is none.
const FileKind* kind_of(const std::string& first) {
  for (const auto* reader : microstructure_readers())
    if (reader->kind->is != nullptr && reader->kind->is(first)) return reader->kind;
  return nullptr;
}

/// Whether the content may be of the format, for formats of any content too.
bool has_kind(const MicrostructureReader& reader, const std::string& first) {
  return reader.kind->is == nullptr || reader.kind->is(first);
}

/// HDF5 of programs whose files are known and not read.
[[noreturn]] void refuse_hdf5(const std::string& path) {
  const Hdf5Reader file(path);
  throw std::runtime_error(
      fmt::format("{}: {}", path, hdf5_known_but_not_read(file.members(), file.attributes())));
}

const MicrostructureReader& recognised(const std::string& path,
                                       const MicrostructureOptions& options) {
  const auto first = file_content(path, beginning);
  for (const auto* reader : microstructure_readers())
    if (has_kind(*reader, first) &&
        (reader->recognises == nullptr || reader->recognises(path, first, options)))
      return *reader;
  if (hdf5_files().is(first)) refuse_hdf5(path);
  if (const auto known = known_but_not_read(path, first); !known.empty())
    throw std::runtime_error(fmt::format("{}: {}", path, known));
  // Its reader says what is wrong with the content. The last one is the most general one.
  const auto extension = lower_extension(path);
  const MicrostructureReader* by_extension = nullptr;
  for (const auto* reader : microstructure_readers()) {
    const auto& own = reader->format.extensions;
    if (std::find(own.begin(), own.end(), extension) != own.end()) by_extension = reader;
  }
  if (by_extension) return *by_extension;
  throw std::runtime_error(fmt::format(
      "{}: its content is that of none of the microstructure files that are read ({}), nor of any "
      "other that is known; write it with NumPy, numpy.save('NAME.npy', a), or say what it is "
      "(--format, 'Format')",
      path, fmt::join(format_names(), ", ")));
}

/// Refuses a format that the content contradicts, which its reader would find out in some place far
/// into the file.
void check_content(const std::string& path, const MicrostructureReader& reader) {
  const auto first = file_content(path, beginning);
  // What takes any content, as raw values do, cannot be contradicted.
  if (has_kind(reader, first)) return;
  const auto& format = reader.format.name;
  if (const auto* kind = kind_of(first))
    throw std::runtime_error(
        fmt::format("{}: is {}, but format '{}' (--format, 'Format') is read from {}", path,
                    kind->one, format, reader.kind->many));
  if (const auto known = known_but_not_read(path, first); !known.empty())
    throw std::runtime_error(
        fmt::format("{}: {} (format '{}' was asked for)", path, known, format));
}

struct OptionUse {
  ReadOption option;
  bool is_set;
  std::string what;
};

std::vector<OptionUse> used_options(const MicrostructureOptions& o) {
  return {
      {ReadOption::thresholds, !o.thresholds.empty(), "a threshold"},
      {ReadOption::phases, !o.phases.empty(), "a list of labels (--phases, 'Phases')"},
      {ReadOption::material, !o.stiffness.empty() || !o.material_file.empty(),
       "a stiffness or material file"},
      {ReadOption::unit, o.unit != "MPa", fmt::format("unit '{}' (--unit, 'Unit')", o.unit)},
      {ReadOption::array, !o.array.empty(), fmt::format("array '{}'", o.array)},
      {ReadOption::container, !o.container.empty(), fmt::format("container '{}'", o.container)},
      {ReadOption::features, !o.features.empty(),
       fmt::format("table of features '{}'", o.features)},
      {ReadOption::unrotated, o.unrotated,
       "that crystals are not turned (--unrotated, 'Unrotated')"},
      {ReadOption::orientations, !o.orientations.empty(),
       fmt::format("dataset of orientations '{}'", o.orientations)},
      {ReadOption::angles, o.angles != "radians", fmt::format("unit of angles '{}'", o.angles)},
      {ReadOption::unindexed, !o.unindexed.empty(),
       fmt::format("what points are that are not indexed, '{}' (--unindexed, 'Unindexed')",
                   o.unindexed)},
      {ReadOption::grain_angle, o.grain_angle != 0.,
       fmt::format("grain angle {} (--grain-angle, 'Grain angle')", o.grain_angle)},
      {ReadOption::sample_axes, !o.sample_axes.empty(),
       fmt::format("axes '{}' of the angles (--sample-axes, 'Sample axes')", o.sample_axes)},
      {ReadOption::hexagonal_axis, !o.hexagonal_axis.empty(),
       fmt::format("hexagonal axis '{}' (--hexagonal-axis, 'Hexagonal axis')", o.hexagonal_axis)},
      {ReadOption::spacing, !o.spacing.empty(), "the edges of a voxel (--spacing, 'Spacing')"},
      {ReadOption::spacing, !o.lengths.empty(), "the edges of the array (--lengths, 'Lengths')"},
      {ReadOption::axes, !o.axes.empty(),
       fmt::format("order of axes '{}' (--axes, 'Axes')", o.axes)},
      {ReadOption::shape, !o.shape.empty(), "a shape (--shape, 'Shape')"},
      {ReadOption::type, !o.type.empty(),
       fmt::format("type of values '{}' (--type, 'Type')", o.type)},
      {ReadOption::offset, o.offset != 0,
       fmt::format("the offset of {} bytes (--offset, 'Offset')", o.offset)},
      {ReadOption::byte_order, !o.byte_order.empty(),
       fmt::format("byte order '{}' (--byte-order, 'Byte order')", o.byte_order)}};
}

}  // namespace

const FileKind& hdf5_files() {
  static const FileKind kind{"an HDF5 file", "HDF5 files",
                             [](const std::string& first) { return first.starts_with("\x89HDF"); },
                             "the HDF5 library"};
  return kind;
}

const FileKind& vtk_xml_files() {
  static const FileKind kind{
      "a VTK file (XML)", "VTK image data (XML)",
      [](const std::string& first) { return first.find("<VTKFile") != std::string::npos; },
      nullptr};
  return kind;
}

const std::vector<const MicrostructureReader*>& microstructure_readers() {
  static const std::vector<const MicrostructureReader*> readers{
      &dream3d_reader(),    &damask_reader(),        &image_data_reader(),
      &legacy_vtk_reader(), &vtkhdf_reader(),        &png_reader(),
      &ang_reader(),        &ctf_reader(),           &h5oina_reader(),
      &orix_reader(),       &tesr_reader(),          &evpfft_reader(),
      &kanapy_reader(),     &rve_reader(),           &tiff_reader(),
      &numpy_reader(),      &numpy_archive_reader(), &meta_image_reader(),
      &nrrd_reader(),       &hdf5_array_reader(),    &raw_reader()};
  return readers;
}

const MicrostructureReader& chosen_reader(const std::string& path,
                                          const MicrostructureOptions& options) {
  if (options.format == "auto") return recognised(path, options);
  for (const auto* reader : microstructure_readers())
    if (reader->format.name == options.format) {
      check_content(path, *reader);
      return *reader;
    }
  throw std::invalid_argument(
      fmt::format("{}: format '{}' (--format, 'Format') is not known; known are auto, {}{}", path,
                  options.format, fmt::join(format_names(), ", "),
                  did_you_mean(options.format, format_names(), true)));
}

const char* library_of(const std::string& path) {
  const auto* kind = kind_of(file_content(path, beginning));
  return kind ? kind->library : nullptr;
}

void check_options(const std::string& path, const MicrostructureReader& reader,
                   const MicrostructureOptions& options) {
  const auto takes = [](const MicrostructureReader& any, ReadOption option) {
    return std::find(any.options.begin(), any.options.end(), option) != any.options.end();
  };
  for (const auto& [option, is_set, what] : used_options(options)) {
    if (!is_set || takes(reader, option)) continue;
    // Raw values may begin with the bytes of another format.
    const bool may_be_raw = options.format == "auto" && takes(raw_reader(), option) &&
                            !options.shape.empty() && !options.type.empty();
    throw std::invalid_argument(fmt::format(
        "{}: {} has no effect on a file of the format '{}'{}", path, what, reader.format.name,
        may_be_raw ? ", as which it begins; if it holds raw values only, say so by "
                     "--format raw ('Format')"
                   : ""));
  }
  if (options.temperature && options.material_file.empty())
    throw std::invalid_argument(
        fmt::format("{}: a temperature (--temperature, 'Temperature') has no effect without a "
                    "material file (--material, 'Material file')",
                    path));
}

}  // namespace seco::materials
