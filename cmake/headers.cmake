# Debian keeps these header-only libraries in /usr/include, which must not be on Emscripten's
# include path (it hides the sysroot's libc). So they are reached through links of our own.
set(WIDGENT_HEADERS "${CMAKE_BINARY_DIR}/headers")
file(MAKE_DIRECTORY "${WIDGENT_HEADERS}")
foreach(header nlohmann/json.hpp catch2/catch.hpp)
  find_path(root_${header} ${header} PATHS /usr/include /usr/local/include
            NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  cmake_path(GET header PARENT_PATH folder)
  file(CREATE_LINK "${root_${header}}/${folder}" "${WIDGENT_HEADERS}/${folder}" SYMBOLIC)
endforeach()
