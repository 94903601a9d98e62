#include "seco/plugin/cell_state.h"

#include <deal.II/base/exceptions.h>

#include <cstring>
#include <stdexcept>

namespace seco::plugin {
namespace {

std::string key_of(std::uint64_t cell) {
  return "cell " + std::to_string(cell);
}

/// Of a record: the number of the point in its cell, and its variables.
std::size_t bytes_per_point(std::size_t n_variables) {
  return sizeof(std::uint32_t) + n_variables * sizeof(double);
}

void append(std::string& record, std::uint32_t point, std::span<const double> variables) {
  record.append(reinterpret_cast<const char*>(&point), sizeof(point));
  record.append(reinterpret_cast<const char*>(variables.data()), variables.size_bytes());
}

/// Reads the variables of a point from the record of its cell. @return whether it is there
bool extract(const std::string& record, std::uint32_t point, std::span<double> variables) {
  const auto stride = bytes_per_point(variables.size());
  for (std::size_t start = 0; start + stride <= record.size(); start += stride) {
    if (std::memcmp(record.data() + start, &point, sizeof(point)) != 0) continue;
    std::memcpy(variables.data(), record.data() + start + sizeof(point), variables.size_bytes());
    return true;
  }
  return false;
}

}  // namespace

template <int dim>
StateRecords pack_by_cell(std::span<const MaterialPoint<dim>> points,
                          std::span<const double> values) {
  StateRecords records;
  if (points.empty()) return records;
  const auto n = values.size() / points.size();
  AssertThrow(n * points.size() == values.size(),
              dealii::ExcDimensionMismatch(n * points.size(), values.size()));
  for (std::size_t q = 0; q < points.size(); ++q)
    append(records[key_of(points[q].cell)], points[q].quadrature_point, values.subspan(q * n, n));
  return records;
}

template <int dim>
std::vector<double> unpack_by_cell(std::span<const MaterialPoint<dim>> points,
                                   std::size_t n_variables, const FindRecords& find) {
  std::map<std::string, std::string> record_of;
  for (const auto& point : points) record_of[key_of(point.cell)];
  std::vector<std::string> keys;
  for (const auto& [key, unused] : record_of) keys.push_back(key);
  const auto found = find(keys);
  for (std::size_t k = 0; k < keys.size(); ++k) record_of[keys[k]] = found[k];
  std::vector<double> values(points.size() * n_variables);
  for (std::size_t q = 0; q < points.size(); ++q) {
    const auto& record = record_of[key_of(points[q].cell)];
    if (record.size() % bytes_per_point(n_variables) != 0 ||
        !extract(record, points[q].quadrature_point,
                 std::span(values).subspan(q * n_variables, n_variables)))
      throw std::runtime_error("the kept state of " + key_of(points[q].cell) +
                               " is not that of this material: it has no point " +
                               std::to_string(points[q].quadrature_point) + " with " +
                               std::to_string(n_variables) + " variables");
  }
  return values;
}

template StateRecords pack_by_cell(std::span<const MaterialPoint<2>>, std::span<const double>);
template StateRecords pack_by_cell(std::span<const MaterialPoint<3>>, std::span<const double>);
template std::vector<double> unpack_by_cell(std::span<const MaterialPoint<2>>, std::size_t,
                                            const FindRecords&);
template std::vector<double> unpack_by_cell(std::span<const MaterialPoint<3>>, std::size_t,
                                            const FindRecords&);

}  // namespace seco::plugin
