#pragma once

#include <deal.II/base/symmetric_tensor.h>

#include <array>
#include <cstdint>
#include <map>
#include <vector>

namespace seco::plugin {

enum class PointStatus : std::uint8_t {
  /// As asked for.
  ok,
  /// Usable, but it misses what was asked (a solver that did not converge, a bound on one side
  /// only).
  unreliable,
  /// Not usable.
  failed
};

/// Which of the stiffnesses that a material gives for a point.
enum class Bound : std::uint8_t { estimate, upper, lower };

/// The upper triangle, row by row, of a stiffness C[ij][kl] = C[kl][ij], with the pairs 11, 22, 33,
/// 23, 13, 12 in 3D and 11, 22, 12 in 2D (Voigt notation, which has no factors): 21 or 6 numbers
/// instead of the 36 or 9 of a tensor.
template <int dim>
struct StiffnessTriangle {
  static constexpr unsigned int n_strains = dim * (dim + 1) / 2;
  static constexpr unsigned int n_coefficients = n_strains * (n_strains + 1) / 2;

  std::array<double, n_coefficients> values{};

  StiffnessTriangle() = default;
  explicit StiffnessTriangle(const dealii::SymmetricTensor<4, dim>& stiffness);

  dealii::SymmetricTensor<4, dim> tensor() const;
  /// The same triangle of the Mandel matrix: factors sqrt(2) for each pair of a shear.
  /// @param coefficients receives n_coefficients numbers
  void to_mandel(double* coefficients) const {
    for (unsigned int i = 0; i < n_coefficients; ++i)
      coefficients[i] = values[i] * row_factors[i] * column_factors[i];
  }

  bool operator==(const StiffnessTriangle&) const = default;

 private:
  static constexpr std::array<double, n_coefficients> factors(bool of_columns) {
    std::array<double, n_coefficients> result{};
    unsigned int n = 0;
    for (unsigned int row = 0; row < n_strains; ++row)
      for (unsigned int column = row; column < n_strains; ++column)
        result[n++] = (of_columns ? column : row) < dim ? 1. : 1.41421356237309504880;
    return result;
  }
  static constexpr std::array<double, n_coefficients> row_factors = factors(false),
                                                      column_factors = factors(true);
};

/// What is known of one linear elastic stiffness, in the unit of the run.
template <int dim>
struct BoundedStiffness {
  dealii::SymmetricTensor<4, dim> estimate;
  /// Guaranteed bounds in the Loewner order, lower <= C <= upper.
  dealii::SymmetricTensor<4, dim> lower, upper;
  /// Largest relative gap of the unit load cases.
  double gap = 0;
  PointStatus status = PointStatus::ok;
};

/// The different stiffnesses of a linear material, and which of them each quadrature point has. An
/// entry keeps upper triangles, and those of its estimate and bounds that are equal once: at most
/// 528 bytes in 3D, and 4 bytes per point.
template <int dim>
class StiffnessTable {
 public:
  using Tensor = dealii::SymmetricTensor<4, dim>;
  using Triangle = StiffnessTriangle<dim>;

  void clear();

  /// Appends a stiffness that is known exactly. @return the number of the entry
  std::uint32_t add(const Tensor& stiffness);
  /// Appends a stiffness with its bounds. @return the number of the entry
  std::uint32_t add(const BoundedStiffness<dim>& stiffness);
  std::uint32_t add(const Triangle& estimate, const Triangle& lower, const Triangle& upper,
                    double gap, PointStatus status);

  /// Puts something better known in the place of an entry.
  void replace(std::uint32_t entry, const Triangle& estimate, const Triangle& lower,
               const Triangle& upper, double gap, PointStatus status);

  /// The entry of each point, in the order of `Material::set_points`; after all entries were added.
  /// @throws std::out_of_range if there is no such entry
  void set_points(std::vector<std::uint32_t> entry_of_point);

  std::size_t n_entries() const { return entries_.size(); }
  std::size_t n_points() const { return entry_of_point_.size(); }
  std::uint32_t entry_of(std::size_t point) const { return entry_of_point_[point]; }

  const Triangle& stiffness(std::uint32_t entry, Bound bound) const {
    return at(entries_[entry].places[static_cast<unsigned int>(bound)]);
  }
  /// Largest |C_ijkl - C_klij| relative to the largest entry, of the tensor that was added: above
  /// round-off if it was no stiffness, of which the table keeps the upper triangle only.
  double asymmetry(std::uint32_t entry, Bound bound) const;
  double gap(std::uint32_t entry) const { return entries_[entry].gap; }
  PointStatus status(std::uint32_t entry) const { return entries_[entry].status; }

  /// In bytes.
  std::size_t memory_consumption() const;

 private:
  struct Entry {
    /// Of the stiffness for each Bound, in stiffnesses_.
    std::array<std::uint32_t, 3> places{};
    PointStatus status = PointStatus::ok;
    double gap = 0;
  };
  const Triangle& at(std::uint32_t place) const {
    return stiffnesses_[place / chunk_size][place % chunk_size];
  }
  std::uint32_t append(const Triangle& stiffness);
  /// Keeps three stiffnesses, equal ones once, first where the entry has kept its own.
  void keep(Entry& entry, const std::array<const Triangle*, 3>& stiffnesses);

  /// In chunks, so that a table of millions grows without being copied.
  static constexpr std::uint32_t chunk_size = 1024;
  std::vector<std::vector<Triangle>> stiffnesses_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> entry_of_point_;
  /// What is above round-off, by entry and Bound.
  std::map<std::pair<std::uint32_t, Bound>, double> asymmetries_;
};

}  // namespace seco::plugin
