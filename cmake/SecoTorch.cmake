# LibTorch, and whether kernels for GPUs are built: SECO_CUDA is ON where LibTorch comes with CUDA and a
# CUDA compiler is found.
set(SECO_WITH_CUDA AUTO CACHE STRING "Kernels for GPUs: AUTO (where LibTorch has CUDA and a CUDA compiler is found), ON or OFF")
set_property(CACHE SECO_WITH_CUDA PROPERTY STRINGS AUTO ON OFF)
# A CUDA LibTorch enables the language and takes the architectures from here, not from
# CMAKE_CUDA_ARCHITECTURES.
if(NOT DEFINED ENV{TORCH_CUDA_ARCH_LIST})
  set(TORCH_CUDA_ARCH_LIST "8.0;9.0+PTX" CACHE STRING "Architectures of the kernels for GPUs")
endif()

# A wheel of the Python package computes with the LibTorch inside the PyTorch that is installed, since two LibTorches do not go
# into one process; without any with that of the system. -E: pip hides installed packages from what it builds by a variable.
if(SKBUILD AND NOT Torch_DIR)
  execute_process(COMMAND ${Python_EXECUTABLE} -E -c
    "import importlib.util, os; print(os.path.dirname(importlib.util.find_spec('torch').origin))"
    OUTPUT_VARIABLE package OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(EXISTS "${package}/share/cmake/Torch/TorchConfig.cmake")
    set(Torch_DIR "${package}/share/cmake/Torch" CACHE PATH "Folder of TorchConfig.cmake")
  endif()
endif()

# Torch_DIR names one LibTorch; what it is made of must not come from another one of the system.
if(Torch_DIR AND EXISTS "${Torch_DIR}/../Caffe2/Caffe2Config.cmake")
  get_filename_component(Caffe2_DIR "${Torch_DIR}/../Caffe2" ABSOLUTE)
endif()

get_filename_component(torch_package "${Torch_DIR}/../../.." ABSOLUTE)
if(SECO_WITH_CUDA STREQUAL "OFF" AND Torch_DIR AND EXISTS "${torch_package}/lib/libtorch_cpu.so" AND NOT TARGET torch)
  # The CMake files of a LibTorch with CUDA ask for a whole CUDA toolkit; without kernels of our own its headers and the
  # libraries that every LibTorch has are enough.
  # The header moved in 2.9.
  set(header "${torch_package}/include/torch/headeronly/version.h")
  if(NOT EXISTS "${header}")
    set(header "${torch_package}/include/torch/csrc/api/include/torch/version.h")
  endif()
  file(STRINGS "${header}" numbers REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]")
  string(REGEX REPLACE "[^;]* ([0-9]+)" "\\1" numbers "${numbers}")
  string(REPLACE ";" "." Torch_VERSION "${numbers}")
  set(TORCH_INSTALL_PREFIX "${torch_package}")
  set(TORCH_INCLUDE_DIRS "${torch_package}/include" "${torch_package}/include/torch/csrc/api/include")
  add_library(torch INTERFACE IMPORTED GLOBAL)
  target_include_directories(torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  target_link_libraries(torch INTERFACE "${torch_package}/lib/libtorch_cpu.so" "${torch_package}/lib/libc10.so")
  message(STATUS "LibTorch ${Torch_VERSION} of ${torch_package}, without CUDA")
else()
  # Global, so that tests of the operators (tests/surrogate) can link it as well.
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)
  find_package(Torch REQUIRED)
  set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL FALSE)
endif()
# For the Python package, which looks after it that there is no other one.
set_property(GLOBAL PROPERTY SECO_TORCH_VERSION "${Torch_VERSION}")
set_property(GLOBAL PROPERTY SECO_TORCH_PREFIX "${TORCH_INSTALL_PREFIX}")

# A LibTorch of PyTorch (2.7 and later) brings the headers of fmt among its own, where they hide those of the system, but
# not their library.
foreach(folder IN LISTS TORCH_INCLUDE_DIRS)
  if(NOT folder MATCHES "^/usr(/local)?/include/*$" AND EXISTS "${folder}/fmt/base.h")
    target_compile_definitions(torch INTERFACE FMT_HEADER_ONLY)
  endif()
endforeach()

# In C++20, clang needs this type complete before the other headers of LibTorch use it.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(torch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:SHELL:-include ATen/core/ivalue.h>)
endif()

set(SECO_CUDA OFF)
if(TARGET c10_cuda AND CMAKE_CUDA_COMPILER)
  set(SECO_CUDA ${SECO_WITH_CUDA})
elseif(SECO_WITH_CUDA STREQUAL "ON")
  message(FATAL_ERROR "SECO_WITH_CUDA is ON, but "
    "LibTorch in ${TORCH_INSTALL_PREFIX} is built without CUDA or there is no CUDA compiler; "
    "choose another with Torch_DIR and CUDACXX, or SECO_WITH_CUDA=AUTO")
endif()
if(SECO_CUDA)
  find_package(CUDAToolkit REQUIRED)
  message(STATUS "Kernels for GPUs: ${CMAKE_CUDA_COMPILER_VERSION}, architectures ${TORCH_CUDA_ARCH_LIST}$ENV{TORCH_CUDA_ARCH_LIST}")
else()
  message(STATUS "Kernels for GPUs: not built")
endif()
