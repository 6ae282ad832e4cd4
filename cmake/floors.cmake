# One static library per floor of ARCHITECTURE.md, and one test program per floor, so that
# a wrong include fails to link and a test builds only what it needs.

add_library(widgent_options INTERFACE)
target_include_directories(widgent_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_include_directories(widgent_options SYSTEM INTERFACE "${WIDGENT_HEADERS}")
target_compile_definitions(widgent_options INTERFACE WIDGENT_VERSION="${PROJECT_VERSION}")
target_compile_options(widgent_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  -Wno-missing-field-initializers)
if(WIDGENT_SANITIZE)
  target_compile_options(widgent_options INTERFACE
    -fsanitize=${WIDGENT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(widgent_options INTERFACE -fsanitize=${WIDGENT_SANITIZE})
endif()
if(WIDGENT_FUZZ)
  target_compile_options(widgent_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(WIDGENT_COVERAGE)
  target_compile_options(widgent_options INTERFACE --coverage -fprofile-abs-path)
  target_link_options(widgent_options INTERFACE --coverage)
endif()

# widgent_floor(<name> [libraries it may use...])
function(widgent_floor name)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cc")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  add_library(widgent_${name} STATIC ${sources})
  target_link_libraries(widgent_${name} PUBLIC widgent_options ${ARGN})
endfunction()

if(WIDGENT_TESTS)
  enable_testing()
  add_library(widgent_test_main STATIC tests/support/main.cc)
  target_link_libraries(widgent_test_main PUBLIC widgent_options)
  target_include_directories(widgent_test_main PUBLIC "${PROJECT_SOURCE_DIR}/tests")
endif()

# Tests take most of the time to compile, and little to run: not optimised, they build in less than half of it.
function(widgent_quick_to_compile target)
  if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    target_compile_options(${target} PRIVATE -O0 -g0)
  endif()
endfunction()

# widgent_tests(<floor> [further libraries...]): every tests/<floor>/*_test.cc; the property tests where RapidCheck is,
# which is not the browser.
function(widgent_tests name)
  file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/${name}/*_test.cc")
  if(NOT RAPIDCHECK_LIBRARY)
    list(FILTER sources EXCLUDE REGEX "/properties_test\\.cc$")
  endif()
  if(NOT WIDGENT_TESTS OR NOT sources)
    return()
  endif()
  add_executable(widgent_${name}_tests ${sources})
  target_link_libraries(widgent_${name}_tests PRIVATE widgent_test_main widgent_${name} ${ARGN})
  if(RAPIDCHECK_LIBRARY)
    target_link_libraries(widgent_${name}_tests PRIVATE ${RAPIDCHECK_LIBRARY})
  endif()
  target_compile_definitions(widgent_${name}_tests PRIVATE WIDGENT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  widgent_quick_to_compile(widgent_${name}_tests)
  add_test(NAME ${name} COMMAND widgent_${name}_tests)
endfunction()
