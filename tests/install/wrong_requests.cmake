# What find_package and seco_setup_plugin answer to requests they cannot meet.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

function(refuses name languages content)
  set(source "${FOLDER}/refused_${name}")
  file(REMOVE_RECURSE "${source}")
  file(WRITE "${source}/main.cc" "int main() {}\n")
  file(WRITE "${source}/CMakeLists.txt"
    "cmake_minimum_required(VERSION 3.24)\nproject(refused LANGUAGES ${languages})\n${content}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -S "${source}" -B "${source}/build" ${configure_arguments}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0)
    message(FATAL_ERROR "not refused: ${content}")
  endif()
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  foreach(part ${ARGN})
    string(FIND "${output}" "${part}" position)
    if(position EQUAL -1)
      message(FATAL_ERROR "'${part}' is not said:\n${output}")
    endif()
  endforeach()
endfunction()

refuses(version NONE "find_package(seco 99.0 REQUIRED)" "99.0" "secoConfig.cmake")
refuses(component NONE "find_package(seco REQUIRED COMPONENTS plugins)" "has no component plugins" "materials" "macro")
refuses(target CXX "find_package(seco REQUIRED COMPONENTS plugin)
  add_executable(main main.cc)\nseco_setup_plugin(main)" "seco_setup_plugin(main)" "EXECUTABLE" "MODULE")
refuses(nothing CXX "find_package(seco REQUIRED COMPONENTS plugin)\nseco_setup_plugin(main)" "there is no such target")
