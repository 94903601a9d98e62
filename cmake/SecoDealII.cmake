# Target seco::dealii: deal.II as a system library, so that warnings of its headers are not ours. Installed
# beside secoConfig.cmake too.
if(NOT deal.II_FOUND)
  find_package(deal.II 9.4 REQUIRED HINTS ${DEAL_II_DIR} $ENV{DEAL_II_DIR})
endif()
foreach(feature MPI P4EST PETSC TRILINOS)
  if(NOT DEAL_II_WITH_${feature})
    message(FATAL_ERROR "seco needs deal.II with ${feature}, and the one in ${DEAL_II_PATH} is built without it")
  endif()
endforeach()
if(NOT TARGET seco::dealii)
  add_library(seco::dealii INTERFACE IMPORTED GLOBAL)
  set(include_dirs ${DEAL_II_INCLUDE_DIRS})
  list(REMOVE_ITEM include_dirs /usr/include)
  # In every build type the optimized library: with the other one, two of them would meet in one process.
  target_include_directories(seco::dealii SYSTEM INTERFACE ${include_dirs})
  target_link_libraries(seco::dealii INTERFACE ${DEAL_II_LIBRARIES_RELEASE})
  # GCC 12 sees overflows in the string functions that Boost's iostreams inline, falsely.
  target_compile_options(seco::dealii INTERFACE
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread;-Wno-restrict>)
  # deal.II names every library of Trilinos; only those that are called become dependencies.
  target_link_options(seco::dealii INTERFACE -Wl,--as-needed)
  # GNU's default linker takes 17 s for a program with all libraries of deal.II, gold 1 s. Another choice of the user counts.
  include(CheckLinkerFlag)
  check_linker_flag(CXX -fuse-ld=gold SECO_HAS_GOLD)
  if(SECO_HAS_GOLD AND NOT "${CMAKE_CXX_FLAGS} ${CMAKE_EXE_LINKER_FLAGS} $ENV{LDFLAGS}" MATCHES "-fuse-ld=")
    target_link_options(seco::dealii INTERFACE -fuse-ld=gold)
  endif()
  unset(include_dirs)
endif()
