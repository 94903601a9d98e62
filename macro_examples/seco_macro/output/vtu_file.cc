#include "vtu_file.h"

#include <deal.II/base/data_out_base.h>
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>

#include "seco/materials/write_atomically.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;

/// VTK's numbers of cell types.
constexpr std::uint8_t vtk_quad = 9, vtk_hexahedron = 12;

/// Bytes that are compressed together, and that ranks send at a time.
constexpr std::size_t block = 1 << 20;

std::string type_of(const VtuField& field, bool doubles) {
  return field.integer ? "Int32" : doubles ? "Float64" : "Float32";
}

/// Appended data of a piece, and where every array starts in it.
class Appended {
 public:
  /// Numbers and sizes of the compressed blocks, as VTK wants them, and the blocks.
  void add(const void* data, std::size_t n_bytes) {
    offsets_.push_back(bytes_.size());
    const std::size_t n_blocks = (n_bytes + block - 1) / block;
    std::vector<std::uint64_t> header{n_blocks, block, n_bytes % block};
    std::string compressed;
    std::vector<Bytef> buffer(compressBound(block));
    for (std::size_t first = 0; first < n_bytes; first += block) {
      uLongf size = buffer.size();
      if (compress2(buffer.data(), &size, static_cast<const Bytef*>(data) + first,
                    std::min(block, n_bytes - first), Z_BEST_SPEED) != Z_OK)
        throw std::runtime_error("zlib cannot compress the fields; is there memory left?");
      header.push_back(size);
      compressed.append(reinterpret_cast<const char*>(buffer.data()), size);
    }
    bytes_.append(reinterpret_cast<const char*>(header.data()),
                  header.size() * sizeof(std::uint64_t));
    bytes_ += compressed;
  }

  template <typename Number>
  void add(const std::vector<Number>& values) {
    add(values.data(), values.size() * sizeof(Number));
  }

  template <typename Number>
  void add_as(const std::vector<double>& values) {
    std::vector<Number> converted(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      converted[i] = static_cast<Number>(values[i]);
      if (std::isfinite(values[i]) && !std::isfinite(converted[i]))
        throw std::runtime_error(
            fmt::format("the fields have the value {:g}, which is beyond single precision; set "
                        "'Precision of VTU' = double in section 'Output'",
                        values[i]));
    }
    add(converted);
  }

  void add_reals(const std::vector<double>& values, bool doubles) {
    if (doubles)
      add(values);
    else
      add_as<float>(values);
  }

  void add(const VtuField& field, bool doubles) {
    if (field.integer)
      add_as<std::int32_t>(field.values);
    else
      add_reals(field.values, doubles);
  }

  const std::string& bytes() const { return bytes_; }
  const std::vector<std::uint64_t>& offsets() const { return offsets_; }

 private:
  std::string bytes_;
  std::vector<std::uint64_t> offsets_;
};

Appended appended(const VtuPiece& piece, bool doubles) {
  Appended data;
  data.add_reals(piece.nodes, doubles);
  data.add(piece.corners);
  std::vector<std::int32_t> ends(piece.n_cells());
  for (std::size_t k = 0; k < ends.size(); ++k)
    ends[k] = static_cast<std::int32_t>((k + 1) << piece.dimension);
  data.add(ends);
  data.add(
      std::vector<std::uint8_t>(piece.n_cells(), piece.dimension == 2 ? vtk_quad : vtk_hexahedron));
  for (const auto* fields : {&piece.node_fields, &piece.cell_fields})
    for (const auto& field : *fields) data.add(field, doubles);
  return data;
}

/// What VTK calls the unit of an array.
std::string unit_key(const std::string& unit) {
  return fmt::format(
      "<InformationKey name=\"UNITS_LABEL\" location=\"vtkDataArray\">{}</InformationKey>", unit);
}

/// @param unit empty for none
std::string array(const std::string& type, const std::string& name, unsigned int n_components,
                  const std::string& rest, const std::string& unit = "") {
  const auto head = fmt::format("<DataArray type=\"{}\" Name=\"{}\" NumberOfComponents=\"{}\" {}",
                                type, name, n_components, rest);
  return unit.empty() ? head + "/>\n" : fmt::format("{}>{}</DataArray>\n", head, unit_key(unit));
}

/// The description of a piece. @param start of its appended data among those of all pieces
std::string description(const VtuPiece& piece, const Appended& data, std::uint64_t start,
                        bool doubles) {
  std::size_t n = 0;
  const auto next = [&] {
    return fmt::format("format=\"appended\" offset=\"{}\"", start + data.offsets()[n++]);
  };
  std::string text = fmt::format("<Piece NumberOfPoints=\"{}\" NumberOfCells=\"{}\">\n<Points>\n",
                                 piece.n_nodes(), piece.n_cells());
  text += array(doubles ? "Float64" : "Float32", "Points", 3, next(), piece.unit);
  text += "</Points>\n<Cells>\n";
  text += array("Int32", "connectivity", 1, next());
  text += array("Int32", "offsets", 1, next());
  text += array("UInt8", "types", 1, next());
  text += "</Cells>\n<PointData>\n";
  for (const auto& field : piece.node_fields)
    text += array(type_of(field, doubles), field.name, field.n_components, next(), field.unit);
  text += "</PointData>\n<CellData>\n";
  for (const auto& field : piece.cell_fields)
    text += array(type_of(field, doubles), field.name, field.n_components, next(), field.unit);
  return text + "</CellData>\n</Piece>\n";
}

std::string opening(const std::string& type) {
  return fmt::format(
      "<?xml version=\"1.0\"?>\n<VTKFile type=\"{}\" version=\"1.0\" byte_order=\"{}\" "
      "header_type=\"UInt64\" compressor=\"vtkZLibDataCompressor\">\n",
      type, std::endian::native == std::endian::little ? "LittleEndian" : "BigEndian");
}

/// What a .pvtu file says of the pieces of another one.
std::string parallel_file(const VtuPiece& piece, const std::string& file, bool doubles) {
  const auto list = [&](const std::vector<VtuField>& fields) {
    std::string text;
    for (const auto& field : fields)
      text += fmt::format("<PDataArray type=\"{}\" Name=\"{}\" NumberOfComponents=\"{}\"/>\n",
                          type_of(field, doubles), field.name, field.n_components);
    return text;
  };
  return opening("PUnstructuredGrid") +
         fmt::format(
             "<PUnstructuredGrid GhostLevel=\"0\">\n<PPoints>\n<PDataArray type=\"{}\" "
             "NumberOfComponents=\"3\"/>\n</PPoints>\n<PPointData>\n{}</PPointData>\n<PCellData>\n"
             "{}</PCellData>\n<Piece Source=\"{}\"/>\n</PUnstructuredGrid>\n</VTKFile>\n",
             doubles ? "Float64" : "Float32", list(piece.node_fields), list(piece.cell_fields),
             file);
}

/// Writes the bytes of all ranks in their order; the first rank has the stream. What cannot be
/// written is received all the same, or the others would wait for ever.
void write_of_all(std::ostream* out, const std::string& own, MPI_Comm communicator,
                  const std::vector<std::uint64_t>& sizes) {
  constexpr int tag = 4712;
  if (!out) {
    for (std::size_t first = 0; first < own.size(); first += block)
      MPI_Send(own.data() + first, static_cast<int>(std::min(block, own.size() - first)), MPI_CHAR,
               0, tag, communicator);
    return;
  }
  out->write(own.data(), static_cast<std::streamsize>(own.size()));
  std::vector<char> received(block);
  for (std::size_t rank = 1; rank < sizes.size(); ++rank)
    for (std::size_t first = 0; first < sizes[rank]; first += block) {
      const auto size = std::min<std::size_t>(block, sizes[rank] - first);
      MPI_Recv(received.data(), static_cast<int>(size), MPI_CHAR, static_cast<int>(rank), tag,
               communicator, MPI_STATUS_IGNORE);
      out->write(received.data(), static_cast<std::streamsize>(size));
    }
}

}  // namespace

void write_vtu(const std::string& folder, const std::string& name, const VtuPiece& piece,
               bool doubles, MPI_Comm communicator, const std::vector<double>& times) {
  const auto rank = MPI::this_mpi_process(communicator);
  Appended data;
  plugin::run_together(communicator, [&] {
    if (piece.n_cells() > 0) data = appended(piece, doubles);
  });
  const auto sizes = MPI::all_gather(communicator, static_cast<std::uint64_t>(data.bytes().size()));
  const auto start = std::accumulate(sizes.begin(), sizes.begin() + rank, std::uint64_t{0});
  std::string pieces;
  if (piece.n_cells() > 0) pieces = description(piece, data, start, doubles);
  const auto all_pieces = MPI::gather(communicator, pieces, 0);

  const std::filesystem::path base = folder;
  const auto parallel_name = [&](std::size_t k) { return fmt::format("{}_{}.pvtu", name, k); };
  const auto pvtu = parallel_name(times.size() - 1),
             vtu = fmt::format("{}_{}.0.vtu", name, times.size() - 1);
  plugin::run_together(communicator, [&] {
    if (rank != 0) return write_of_all(nullptr, data.bytes(), communicator, sizes);
    materials::write_atomically((base / vtu).string(), [&](std::ostream& out) {
      out << opening("UnstructuredGrid") << "<UnstructuredGrid>\n";
      for (const auto& text : all_pieces) out << text;
      out << "</UnstructuredGrid>\n<AppendedData encoding=\"raw\">\n_";
      write_of_all(&out, data.bytes(), communicator, sizes);
      out << "\n</AppendedData>\n</VTKFile>\n";
    });
    materials::write_atomically((base / pvtu).string(), [&](std::ostream& out) {
      out << parallel_file(piece, vtu, doubles);
    });
    materials::write_atomically((base / (name + ".pvd")).string(), [&](std::ostream& out) {
      std::vector<std::pair<double, std::string>> files;
      // Those before may be in another folder, or were not wanted, if the run was continued.
      for (std::size_t k = 0; k < times.size(); ++k)
        if (std::filesystem::exists(base / parallel_name(k)))
          files.emplace_back(times[k], parallel_name(k));
      // Short steps end at times that differ little.
      out.precision(12);
      dealii::DataOutBase::write_pvd_record(out, files);
    });
  });
}

void remove_vtu(const std::string& folder, const std::string& name) {
  const std::filesystem::path base = folder;
  const auto prefix = name + "_";
  std::error_code ignored;
  std::vector<std::filesystem::path> files{base / (name + ".pvd")};
  for (const auto& entry : std::filesystem::directory_iterator(base, ignored)) {
    const auto file = entry.path().filename().string();
    const auto end = file.find_first_not_of("0123456789", prefix.size());
    if (file.starts_with(prefix) && end != std::string::npos && end > prefix.size() &&
        (file.substr(end) == ".pvtu" || file.substr(end) == ".0.vtu"))
      files.push_back(entry.path());
  }
  for (const auto& file : files) std::filesystem::remove(file, ignored);
}

}  // namespace seco::macro
