# seco_setup_plugin(TARGET): makes of a MODULE library with registrations (seco/plugin/registration.h) one that
# 'set Additional shared libraries' of seco-macro loads:
#
#   find_package(seco REQUIRED COMPONENTS plugin)
#   add_library(my_material MODULE my_material.cc)
#   seco_setup_plugin(my_material)
#
# It gets the headers and libraries of seco and of the deal.II that seco was built with, and C++20. A symbol that
# no library defines is an error of the linker, not of the run.
function(seco_setup_plugin target)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "seco_setup_plugin(${target}): there is no such target; first add_library(${target} MODULE ...)")
  endif()
  get_target_property(type ${target} TYPE)
  if(NOT type MATCHES "^(MODULE|SHARED)_LIBRARY$")
    message(FATAL_ERROR "seco_setup_plugin(${target}): the target is of type ${type}; allowed is MODULE, as in "
      "add_library(${target} MODULE ...)")
  endif()
  target_link_libraries(${target} PRIVATE seco::plugin)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_link_options(${target} PRIVATE LINKER:-z,defs)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  # Debug and release differ in speed by a factor of ten and more.
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    message(STATUS "seco_setup_plugin(${target}): CMAKE_BUILD_TYPE is not set, ${target} is optimized with -O2")
    target_compile_options(${target} PRIVATE -O2)
  endif()
endfunction()
