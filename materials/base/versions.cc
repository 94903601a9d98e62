#include "seco/materials/versions.h"

#include <fmt/format.h>
#include <hdf5.h>
#include <lz4.h>
#include <lzma.h>
#include <png.h>
#include <tiffio.h>
#include <zip.h>
#include <zlib.h>

#include <Eigen/Core>
#include <pugixml.hpp>

namespace seco::materials {
namespace {

std::string hdf5() {
  unsigned int major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

/// Of a text such as "LIBTIFF, Version 4.5.0" with lines about rights.
std::string tiff() {
  const std::string text = TIFFGetVersion();
  const auto blank = text.find_last_of(' ', text.find('\n'));
  return text.substr(blank + 1, text.find('\n') - blank - 1);
}

std::string yaml_cpp() {
#ifdef SECO_YAML_CPP_VERSION
  return SECO_YAML_CPP_VERSION;
#else
  return "unknown";
#endif
}

}  // namespace

Versions versions() {
  return {{"HDF5", hdf5()},
          {"libpng", png_get_libpng_ver(nullptr)},
          {"libtiff", tiff()},
          {"libzip", zip_libzip_version()},
          {"LZ4", LZ4_versionString()},
          {"liblzma", lzma_version_string()},
          {"zlib", zlibVersion()},
          {"pugixml", fmt::format("{}.{}", PUGIXML_VERSION / 1000, PUGIXML_VERSION % 1000 / 10)},
          {"yaml-cpp", yaml_cpp()},
          {"Eigen",
           fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                              FMT_VERSION % 100)}};
}

}  // namespace seco::materials
