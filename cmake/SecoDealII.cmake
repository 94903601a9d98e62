# Interface target seco_dealii: deal.II as a system library, so that warnings of its headers are not ours.
find_package(deal.II 9.4 REQUIRED HINTS ${DEAL_II_DIR} $ENV{DEAL_II_DIR})
foreach(feature MPI P4EST PETSC TRILINOS)
  if(NOT DEAL_II_WITH_${feature})
    message(FATAL_ERROR "seco needs deal.II with ${feature}, and the one in ${DEAL_II_PATH} is built without it")
  endif()
endforeach()
add_library(seco_dealii INTERFACE)
set(include_dirs ${DEAL_II_INCLUDE_DIRS})
list(REMOVE_ITEM include_dirs /usr/include)
target_include_directories(seco_dealii SYSTEM INTERFACE ${include_dirs})
target_link_libraries(seco_dealii INTERFACE ${DEAL_II_LIBRARIES_RELEASE})
# GCC 12 sees overflows in the string functions that Boost's iostreams inline, falsely.
target_compile_options(seco_dealii INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict>)
# deal.II names every library of Trilinos; only those that are called become dependencies.
target_link_options(seco_dealii INTERFACE -Wl,--as-needed)
