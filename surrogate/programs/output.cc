#include "output.h"

#include <fmt/format.h>

#include "seco/materials/write_atomically.h"

namespace seco {

using nlohmann::json;

json to_json(const materials::MandelMatrix& matrix) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    json row = json::array();
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) row.push_back(matrix(i, j));
    rows.push_back(row);
  }
  return rows;
}

void write_json(const std::string& path, const json& content) {
  materials::write_atomically(path, [&](std::ostream& out) {
    // Texts of microstructure files need not be UTF-8, which JSON is.
    out << content.dump(2, ' ', false, json::error_handler_t::replace) << '\n';
  });
}

void print_matrix(const std::string& title, const materials::MandelMatrix& matrix) {
  fmt::print("{}\n", title);
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) fmt::print(" {:13.6g}", matrix(i, j));
    fmt::print("\n");
  }
}

}  // namespace seco
