# What `cmake --install` puts where; docs/plugin_guide.md and docs/c_interface.md say how it is used from outside.
include(CMakePackageConfigHelpers)

set(SECO_PACKAGE_FOLDER "${CMAKE_INSTALL_LIBDIR}/cmake/seco")

# Installs a target as seco::NAME of the component of the package, and the public headers of its folder.
function(seco_install_target target component)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    # The interface in C++ may change with every minor version.
    set_target_properties(${target} PROPERTIES
      VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  endif()
  install(TARGETS ${target} EXPORT seco_${component}
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  if(NOT type STREQUAL "EXECUTABLE" AND EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/include")
    install(DIRECTORY include/seco DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  endif()
  set_property(GLOBAL APPEND PROPERTY SECO_COMPONENTS ${component})
endfunction()

# The package itself, when all targets are there.
function(seco_install_package)
  get_property(components GLOBAL PROPERTY SECO_COMPONENTS)
  list(REMOVE_DUPLICATES components)
  foreach(component ${components})
    install(EXPORT seco_${component} NAMESPACE seco:: FILE seco_${component}.cmake DESTINATION ${SECO_PACKAGE_FOLDER})
  endforeach()
  set(SECO_COMPONENTS ${components})
  # Found in the folders that need them.
  foreach(name Torch_VERSION Torch_DIR SECO_CUDA)
    get_directory_property(${name} DIRECTORY "${PROJECT_SOURCE_DIR}/surrogate" DEFINITION ${name})
  endforeach()
  if("plugin" IN_LIST components)
    foreach(name DEAL_II_VERSION DEAL_II_VERSION_MAJOR DEAL_II_VERSION_MINOR deal.II_DIR)
      get_directory_property(${name} DIRECTORY "${PROJECT_SOURCE_DIR}/plugin" DEFINITION ${name})
    endforeach()
  endif()
  set(SECO_DATA_FOLDER "${CMAKE_INSTALL_DATADIR}/seco")
  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/secoConfig.cmake.in" "${PROJECT_BINARY_DIR}/secoConfig.cmake"
    INSTALL_DESTINATION ${SECO_PACKAGE_FOLDER} PATH_VARS SECO_DATA_FOLDER)
  # Below 1.0 the interface may change with every minor version.
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/secoConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${PROJECT_BINARY_DIR}/secoConfig.cmake" "${PROJECT_BINARY_DIR}/secoConfigVersion.cmake"
    DESTINATION ${SECO_PACKAGE_FOLDER})
  if("plugin" IN_LIST components)
    install(FILES "${PROJECT_SOURCE_DIR}/cmake/SecoDealII.cmake" "${PROJECT_SOURCE_DIR}/cmake/SecoPlugin.cmake"
      DESTINATION ${SECO_PACKAGE_FOLDER})
  endif()

  # Models and the parameter files that use them lie to each other as in the tree, so that the paths in them fit.
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/models" DESTINATION ${SECO_DATA_FOLDER}
    FILES_MATCHING PATTERN model.json PATTERN weights.safetensors)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/prm" DESTINATION ${SECO_DATA_FOLDER} FILES_MATCHING PATTERN *.prm)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
    DESTINATION ${CMAKE_INSTALL_DOCDIR})
endfunction()
