#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "seco/materials/rve.h"
#include "seco/surrogate/dlpack.h"

namespace seco::surrogate {

/// A trained network for programs that go on with it, such as one in PyTorch: its weights are
/// memory that both share, and derivatives with respect to them are computed here.
class TrainedNetwork {
 public:
  /// The fields that it predicts for all unit strains of a batch of RVEs, and the way back.
  class Prediction {
   public:
    struct Graph;
    explicit Prediction(std::unique_ptr<Graph> graph);
    ~Prediction();
    Prediction(Prediction&&) noexcept;

    /// `[B, m, m, n...]`: RVE, unit strain, component. Total strains, and total stresses in the
    /// unit of the RVE.
    DlpackTensor strain() const;
    DlpackTensor stress() const;
    /// The derivatives with respect to all weights of a function of the fields, of those with
    /// respect to the strain and to the stress.
    /// @throws std::logic_error if the prediction was not to be differentiated
    std::vector<DlpackTensor> derivatives(DlpackTensor by_strain, DlpackTensor by_stress) const;

   private:
    std::unique_ptr<Graph> graph_;
  };

  /// Loads a model folder, for the CPU.
  /// @throws std::invalid_argument naming what is wrong with the folder, and for one that holds a
  ///   TorchScript module, which is a program
  explicit TrainedNetwork(const std::string& folder);
  ~TrainedNetwork();

  /// Of RVEs.
  int dimension() const;
  /// Names of the weights, as in the file of the model.
  std::vector<std::string> weight_names() const;
  /// The weights in this order; the memory is shared.
  std::vector<DlpackTensor> weights() const;
  /// Takes the memory of these, whatever their device; the type of the first is that of the
  /// computation.
  /// @throws std::invalid_argument for another number of weights or other shapes
  void set_weights(std::vector<DlpackTensor> weights);

  /// @param rves on one grid
  /// @param training whether to predict the fields that the loss of a training sees; else those
  ///   that the engine s-eco certifies
  /// @param differentiable whether to keep what derivatives() needs: for training only, since the
  ///   last step of the engine is not differentiated
  /// @throws std::invalid_argument for RVEs that do not fit
  Prediction predict(std::span<const materials::Rve> rves, bool training, bool differentiable);

  /// Writes a model folder with the present weights. What was measured of the former ones is left
  /// out.
  /// @throws std::runtime_error if it cannot be written
  void save(const std::string& folder) const;

 private:
  struct Loaded;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace seco::surrogate
