# Settings shared by all targets: language level, output folders, warnings.
include(GNUInstallDirs)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};$ORIGIN")
# Also to libraries outside the folders of the system, such as a LibTorch chosen with Torch_DIR.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

find_program(SECO_CCACHE ccache)
if(SECO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${SECO_CCACHE}")
endif()

# Most of the time of a compiler goes into the headers of LibTorch, deal.II and Eigen: with unity builds the sources of a
# room read them once. For work on single files OFF is quicker.
option(SECO_UNITY_BUILD "Compile the sources of a room, or of the tests of a room, as one" ON)

# seco_unity(TARGET): the sources of each folder of a target are compiled as one. Sources with options of their own are
# compiled one by one.
function(seco_unity target)
  if(NOT SECO_UNITY_BUILD)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  foreach(source IN LISTS sources)
    get_filename_component(folder "${source}" DIRECTORY)
    string(MAKE_C_IDENTIFIER "unity${folder}" group)
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # Sources that are included count as headers for this warning.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# Warnings and the include layout that every library of this project has:
# public headers in include/, private ones in source/.
function(seco_setup_target target)
  # GCC 12 reports the small dynamic matrices of Eigen 3.4 as maybe uninitialized, falsely.
  target_compile_options(${target} PRIVATE -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(SECO_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  get_target_property(type ${target} TYPE)
  if(NOT type STREQUAL "EXECUTABLE" AND EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/include")
    target_include_directories(${target} PUBLIC
      $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endif()
endfunction()

# seco_room(LIBRARY ROOM [IN folder] [ROOMS room...] [LINKS library...] [FOLDERS folder...]): an OBJECT library
# seco_LIBRARY_ROOM of the sources in the folder ROOM, or the one named, and in its FOLDERS. Its headers are seen by the rooms that name it in ROOMS, and by
# those that name them: to include a header of any other room does not compile. LIBRARY gathers the objects.
function(seco_room library room)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "IN" "ROOMS;LINKS;FOLDERS")
  if(NOT arg_IN)
    set(arg_IN ${room})
  endif()
  set(patterns ${arg_IN}/*.cc)
  foreach(folder IN LISTS arg_FOLDERS)
    list(APPEND patterns ${arg_IN}/${folder}/*.cc)
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${patterns})
  set(target seco_${library}_${room})
  add_library(${target} OBJECT ${sources})
  seco_setup_target(${target})
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/${arg_IN}>)
  foreach(below IN LISTS arg_ROOMS)
    target_link_libraries(${target} PUBLIC seco_${library}_${below})
  endforeach()
  target_link_libraries(${target} PUBLIC ${arg_LINKS})
  seco_unity(${target})
endfunction()
