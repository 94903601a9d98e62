#include "seco/materials/rotation.h"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <cmath>
#include <stdexcept>

namespace seco::materials {
namespace {

Rotation about(const Eigen::Vector3d& axis, double angle) {
  return Eigen::AngleAxisd(angle, axis).toRotationMatrix();
}

Eigen::Vector3d random_direction(RandomStream& random) {
  const double z = random.uniform(-1., 1.), angle = 2. * M_PI * random.uniform();
  const double radius = std::sqrt(1. - z * z);
  return {radius * std::cos(angle), radius * std::sin(angle), z};
}

}  // namespace

Rotation from_euler(double phi1, double Phi, double phi2) {
  return about(Eigen::Vector3d::UnitZ(), phi1) * about(Eigen::Vector3d::UnitX(), Phi) *
         about(Eigen::Vector3d::UnitZ(), phi2);
}

Eigen::Vector3d to_euler(const Rotation& r) {
  const double sine = std::hypot(r(0, 2), r(1, 2));
  const double Phi = std::atan2(sine, r(2, 2));
  if (sine < 1e-12) return {std::atan2(r(1, 0), r(0, 0)), Phi, 0.};
  // Rz(-phi1) R = Rx(Phi) Rz(phi2) has the first row cos(phi2), -sin(phi2), 0: well conditioned
  // also where Phi is close to 0 or pi and phi1 is not.
  const double phi1 = std::atan2(r(0, 2), -r(1, 2)), c = std::cos(phi1), s = std::sin(phi1);
  return {phi1, Phi, std::atan2(-(c * r(0, 1) + s * r(1, 1)), c * r(0, 0) + s * r(1, 0))};
}

Rotation from_quaternion(double w, double x, double y, double z) {
  const Eigen::Quaterniond q(w, x, y, z);
  if (!(q.norm() > 0) || !std::isfinite(q.norm()))
    throw std::invalid_argument(fmt::format(
        "quaternion {}, {}, {}, {} is not a rotation; it must not be zero", w, x, y, z));
  return q.normalized().toRotationMatrix();
}

Eigen::Vector4d to_quaternion(const Rotation& rotation) {
  const Eigen::Quaterniond q(rotation);
  return {q.w(), q.x(), q.y(), q.z()};
}

Rotation random_rotation(RandomStream& random) {
  const double u = random.uniform(), a = 2. * M_PI * random.uniform(),
               b = 2. * M_PI * random.uniform();
  return from_quaternion(std::sqrt(u) * std::cos(b), std::sqrt(1. - u) * std::sin(a),
                         std::sqrt(1. - u) * std::cos(a), std::sqrt(u) * std::sin(b));
}

Rotation small_random_rotation(double spread, RandomStream& random) {
  const Eigen::Vector3d axis = random_direction(random);
  return about(axis, std::abs(random.normal()) * spread);
}

Rotation draw_orientation(const Texture& texture, RandomStream& random) {
  if (!(texture.spread >= 0))
    throw std::invalid_argument(
        fmt::format("texture spread {} is not allowed; it must not be negative", texture.spread));
  if (texture.type == "random") return random_rotation(random);
  if (texture.type == "component") {
    const Rotation mean = from_euler(texture.euler[0], texture.euler[1], texture.euler[2]);
    return small_random_rotation(texture.spread, random) * mean;
  }
  if (texture.type == "fibre") {
    if (!(texture.crystal_axis.norm() > 0) || !(texture.sample_axis.norm() > 0))
      throw std::invalid_argument("the axes of a fibre texture must not be zero");
    const Eigen::Vector3d from = texture.crystal_axis.normalized(),
                          to = texture.sample_axis.normalized();
    const Rotation align = Eigen::Quaterniond::FromTwoVectors(from, to).toRotationMatrix();
    const Rotation spin = about(to, 2. * M_PI * random.uniform());
    return small_random_rotation(texture.spread, random) * spin * align;
  }
  throw std::invalid_argument(
      fmt::format("texture '{}' is not known; allowed are random, component, fibre", texture.type));
}

}  // namespace seco::materials
