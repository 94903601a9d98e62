#pragma once

#include <gtest/gtest.h>
#include <hdf5.h>

#include <string>
#include <vector>

namespace seco::test {

/// Changes an HDF5 file that exists, or begins a new one; groups are made where needed.
class Hdf5Edit {
 public:
  explicit Hdf5Edit(const std::string& path, bool is_new = false)
      : file_(is_new ? H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)
                     : H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT)),
        links_(H5Pcreate(H5P_LINK_CREATE)) {
    EXPECT_GE(file_, 0) << path;
    H5Pset_create_intermediate_group(links_, 1);
  }
  ~Hdf5Edit() {
    H5Pclose(links_);
    H5Fclose(file_);
  }
  Hdf5Edit(const Hdf5Edit&) = delete;
  Hdf5Edit& operator=(const Hdf5Edit&) = delete;

  hid_t id() const { return file_; }
  void remove(const std::string& name) {
    EXPECT_GE(H5Ldelete(file_, name.c_str(), H5P_DEFAULT), 0) << name;
  }
  void move(const std::string& from, const std::string& to) {
    EXPECT_GE(H5Lmove(file_, from.c_str(), file_, to.c_str(), links_, H5P_DEFAULT), 0) << from;
  }
  void group(const std::string& name) {
    H5Gclose(H5Gcreate2(file_, name.c_str(), links_, H5P_DEFAULT, H5P_DEFAULT));
  }
  template <typename Number>
  void write(const std::string& name, const std::vector<hsize_t>& shape,
             const std::vector<Number>& values, hid_t type, hid_t file_type = -1,
             hid_t properties = H5P_DEFAULT) {
    htri_t exists = 0;
    // The library prints where a group on the way is missing.
    H5E_BEGIN_TRY {
      exists = H5Lexists(file_, name.c_str(), H5P_DEFAULT);
    }
    H5E_END_TRY;
    if (exists > 0) remove(name);
    const hid_t space = H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
    const hid_t data = H5Dcreate2(file_, name.c_str(), file_type < 0 ? type : file_type, space,
                                  links_, properties, H5P_DEFAULT);
    EXPECT_GE(H5Dwrite(data, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0) << name;
    H5Dclose(data);
    H5Sclose(space);
  }
  void integers(const std::string& name, const std::vector<hsize_t>& shape,
                const std::vector<int>& values) {
    write(name, shape, values, H5T_NATIVE_INT);
  }
  void floats(const std::string& name, const std::vector<hsize_t>& shape,
              const std::vector<float>& values) {
    write(name, shape, values, H5T_NATIVE_FLOAT);
  }
  template <typename Number>
  void attribute(const std::string& object, const std::string& name,
                 const std::vector<Number>& values, hid_t type) {
    const hsize_t n = values.size();
    const hid_t space = H5Screate_simple(1, &n, nullptr);
    const hid_t attribute = H5Acreate_by_name(file_, object.c_str(), name.c_str(), type, space,
                                              H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(attribute, type, values.data()), 0) << name;
    H5Aclose(attribute);
    H5Sclose(space);
  }
  void remove_attribute(const std::string& object, const std::string& name) {
    EXPECT_GE(H5Adelete_by_name(file_, object.c_str(), name.c_str(), H5P_DEFAULT), 0) << name;
  }

 private:
  hid_t file_, links_;
};

}  // namespace seco::test
