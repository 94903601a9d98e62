#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "law_field.h"
#include "law_kernels.h"

namespace seco::surrogate {

/// Laws by the kernels of a device, where fields and states stay: one launch for all voxels of a
/// batch whose models are of one kind, however many phases these are.
class DeviceLawField final : public LawField {
 public:
  /// The first phase of an RVE whose law the kernels do not know; none if they know all.
  static std::optional<std::size_t> unknown_phase(const LawKernels& kernels,
                                                  const LawStructure& structure);

  /// States are the initial ones. @param structures whose laws the kernels know
  /// @param single_precision_state whether states are stored in single precision
  /// @throws std::invalid_argument as LawField
  DeviceLawField(std::vector<std::shared_ptr<const LawStructure>> structures,
                 bool single_precision_state, const LawKernels& kernels,
                 const torch::Device& device);

  torch::Device device() const override { return device_; }
  LawFieldAnswer respond(const StrainField& strain, const std::vector<double>& time_step,
                         std::optional<torch::ScalarType> tangent_type,
                         const std::vector<bool>& active,
                         const LawFieldAnswer* before = nullptr) const override;
  std::vector<double> gap(const StrainField& strain, const LawFieldAnswer& answer,
                          const Equilibration& stress, const std::vector<double>& time_step,
                          const std::vector<bool>& active) const override;
  double accept(std::int64_t b, const StrainField& strain, double time_step) override;
  std::vector<double> state(std::int64_t b) const override;
  void set_state(std::int64_t b, std::span<const double> values) override;

 private:
  struct Question;
  struct GroupBuilder;
  /// By kind of model and numbers of state.
  using GroupBuilders = std::map<std::pair<int, int>, GroupBuilder>;
  void collect(std::int64_t b, GroupBuilders& builders);
  void upload(const GroupBuilders& builders);
  /// What the laws are asked, and room for n sums per RVE.
  Question question(const StrainField& strain, const std::vector<double>& time_step,
                    const std::vector<bool>& active, std::int64_t n_sums) const;
  torch::Tensor on_device(const torch::Tensor& numbers) const;
  void check_time_step(std::int64_t b, double time_step) const;
  /// Which phase has no answer, as the processor finds once more; increments seldom fail.
  int failed_phase(std::int64_t b, const StrainField& strain, double time_step) const;
  /// Calls `f(of the processor, of the device, how many)` for every row of states of an RVE that
  /// lies in one piece in both orders; places count from the begin of the RVE's states.
  template <typename Function>
  void for_each_row(std::int64_t b, const Function& f) const;

  const LawKernels& kernels_;
  torch::Device device_;
  bool single_;
  std::vector<LawGroup> groups_;
  std::int64_t n_blocks_ = 0;
  /// What groups_ point to.
  std::vector<torch::Tensor> memory_;
  torch::Tensor first_of_rve_, order_, state_;
  /// Where the states of each RVE begin in state_, and the end of the last.
  std::vector<std::int64_t> state_begin_;
  /// Of each RVE and chunk: where the state of its first point is, from state_begin_, and how far
  /// apart the components are.
  struct Place {
    std::int64_t first, stride;
  };
  std::vector<std::vector<Place>> places_;
};

}  // namespace seco::surrogate
