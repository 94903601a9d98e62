# Copies a project, as whoever starts from it does, and builds it against the installation.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")
get_filename_component(name "${SOURCE}" NAME)
file(REMOVE_RECURSE "${FOLDER}/${name}")
file(COPY "${SOURCE}" DESTINATION "${FOLDER}")
run(${CMAKE_COMMAND} -S "${FOLDER}/${name}" -B "${FOLDER}/${name}/build" ${configure_arguments}
  "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror" "-DCMAKE_C_FLAGS=-Wall -Wextra -pedantic -Werror")
run(${CMAKE_COMMAND} --build "${FOLDER}/${name}/build")
