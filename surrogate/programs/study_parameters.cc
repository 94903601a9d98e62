#include "study_parameters.h"

#include <fmt/format.h>

namespace seco {
namespace {

using materials::ParameterFile;

void read_network(ParameterFile& file, surrogate::NetworkSettings& network) {
  const std::string n = "Network";
  network.model = file.choice(n, "Model", "s-ECO", {"s-ECO", "w-ECO", "UNet", "TFNO"},
                              "what the blocks enforce; UNet and TFNO learn from data alone");
  network.backbone =
      file.choice(n, "Backbone", "UNet", {"UNet", "TFNO"}, "learnable part of the ECO models");
  network.input =
      file.choice(n, "Input", "stiffness", {"stiffness", "Euler angles", "spherical harmonics"},
                  "what describes the microstructure to the network");
  network.crystal_symmetry = file.choice(n, "Crystal symmetry", "cubic", {"cubic", "hexagonal"},
                                         "symmetry of the spherical harmonics");
  network.width = static_cast<int>(
      file.integer(n, "Width", 16, 1, 1024, "channels of the UNet's finest level, or of the TFNO"));
  network.levels = static_cast<int>(file.integer(n, "Levels", 3, 1, 8, "resolutions of the UNet"));
  network.layers =
      static_cast<int>(file.integer(n, "Layers", 4, 1, 64, "spectral layers of the TFNO"));
  network.modes = static_cast<int>(
      file.integer(n, "Modes", 8, 1, 1024, "modes that the TFNO keeps along each axis"));
  network.rank = file.number(n, "Rank", 0.5, 1e-6, 1,
                             "share of each mode that the factorisation of the TFNO keeps");
  network.factorization = file.choice(n, "Factorization", "Tucker", {"Tucker", "CP"},
                                      "factorisation of the TFNO's spectral weights");
  network.coarsening = static_cast<int>(file.integer(
      n, "Coarsening", 1, 1, 64, "the UNet works on block averages of so many voxels"));
  network.precision = file.choice(n, "Precision", "single", {"single", "bfloat16", "float16"},
                                  "arithmetic of the UNet; blocks and losses stay single");
  network.equilibrium_block =
      file.choice(n, "Equilibrium block", "projection",
                  {"vector potential", "beltrami", "projection"}, "equilibrium block of s-ECO");
  network.kinematic_head =
      file.choice(n, "Kinematic head", "polarization", {"displacement", "polarization"},
                  "meaning of the kinematic channels");
  network.solver_steps = static_cast<int>(
      file.integer(n, "Solver steps", 0, 0, 100,
                   "steps of block conjugate gradients before the network; 0: the paper's s-ECO"));
}

}  // namespace

StudyParameters read_study(ParameterFile& file) {
  StudyParameters study;
  study.family = materials::read_microstructure_family(file, "Microstructure");

  auto& d = study.dataset;
  d.file = file.path("Dataset", "File", "dataset.h5", "HDF5 file to write and train on");
  d.n_training = static_cast<std::size_t>(
      file.integer("Dataset", "Training RVEs", 64, 1, 1000000, "RVEs to train on"));
  d.n_validation = static_cast<std::size_t>(file.integer(
      "Dataset", "Validation RVEs", 8, 1, 1000000, "held-out RVEs, from seeds of their own"));
  d.label_factor = static_cast<int>(
      file.integer("Dataset", "Label factor", 2, 0, 64,
                   "labels are solved on a grid coarser by this factor; 0 for none"));
  d.label_tolerance = file.number("Dataset", "Label tolerance", 1e-5, 1e-12, 0.1,
                                  "relative residual of the labels");
  d.description = fmt::format("{}, seed {}", study.family.base.type, study.family.base.seed);

  auto& t = study.training;
  const std::string s = "Training";
  t.dataset = d.file;
  t.network.dimension = static_cast<int>(study.family.base.shape.size());
  read_network(file, t.network);
  t.model = file.path(s, "Model", "model", "model folder to write");
  t.initial_model = file.path(s, "Initial model", "",
                              "model folder whose weights training starts from; empty for none");
  t.n_steps = file.integer(s, "Steps", 2000, 1, 100000000, "optimizer steps");
  t.time_limit =
      file.number(s, "Time limit", 0, 0, 1e6, "minutes after which training stops; 0 for none");
  t.batch_size =
      static_cast<int>(file.integer(s, "Batch size", 4, 1, 4096, "RVEs per step, over all ranks"));
  t.micro_batch_size = static_cast<int>(file.integer(
      s, "Micro-batch size", 0, 0, 4096,
      "RVEs held at once; gradients are accumulated over the batch. 0: the whole batch"));
  t.augmentation = file.flag(s, "Augmentation", true,
                             "random shifts and symmetries of the cube, with loads and labels");
  t.learning_rate = file.number(s, "Learning rate", 2e-3, 1e-12, 10, "largest learning rate");
  t.final_learning_rate =
      file.number(s, "Final learning rate", 0.01, 0, 1, "last learning rate, relative");
  t.warm_up_steps =
      static_cast<int>(file.integer(s, "Warm-up steps", 50, 0, 1000000, "steps of linear warm-up"));
  t.weight_decay = file.number(s, "Weight decay", 1e-4, 0, 1, "AdamW weight decay");
  t.gradient_clipping =
      file.number(s, "Gradient clipping", 1, 1e-12, 1e12, "largest norm of the gradient");
  t.data_weight = file.number(s, "Data weight", 1, 0, 1e12, "weight of the low-resolution labels");
  t.physics_weight =
      file.number(s, "Physics weight", 1, 0, 1e12, "weight of the constitutive residual");
  t.residual = file.choice(s, "Residual", "gap", {"gap", "plain"}, "norm of the physics residual");
  t.shear_error = file.number(s, "Shear error", 0, -0.9, 10,
                              "studies: relative error of the shear stiffness that the training "
                              "assumes, while labels come from the true one");
  t.patience = static_cast<int>(
      file.integer(s, "Patience", 0, 0, 1000000,
                   "stops after so many validations without a better gap; 0 for never"));
  t.validation_interval =
      file.integer(s, "Validation interval", 100, 1, 100000000, "steps between validations");
  t.checkpoint_interval =
      file.integer(s, "Checkpoint interval", 200, 1, 100000000, "steps between checkpoints");
  t.seed = static_cast<std::uint64_t>(
      file.integer(s, "Seed", 1, 0, 1LL << 60, "seed of weights and batches"));
  t.parameter_file = file.origin();
  t.resume = file.flag(s, "Resume", true, "continue from a checkpoint in the model folder");
  file.check_all_used();
  return study;
}

std::string study_documentation() {
  ParameterFile defaults("", "defaults");
  read_study(defaults);
  return defaults.documentation();
}

}  // namespace seco
