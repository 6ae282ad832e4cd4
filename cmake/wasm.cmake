# The session for the browser. Size first: link-time optimisation, no exceptions, no RTTI, Emscripten's minimal runtime,
# only the part of Embind in use, small stand-ins for malloc and for the few libc calls of nlohmann's lexer.
file(STRINGS emsdk-version wanted LIMIT_COUNT 1)
if(NOT EMSCRIPTEN_VERSION VERSION_EQUAL wanted)
  message(WARNING "Emscripten ${EMSCRIPTEN_VERSION}, but emsdk-version says ${wanted}: sizes will differ.")
endif()

if(WIDGENT_TESTS)
  # The floors' tests under Node. Catch2 throws; the shipped module does not: same sources, other flags.
  widgent_floor(protocol)
  widgent_floor(session widgent_protocol)
  widgent_tests(protocol)
  widgent_tests(session)
  foreach(target widgent_test_main widgent_protocol widgent_session widgent_protocol_tests widgent_session_tests)
    target_compile_options(${target} PRIVATE -fexceptions)
  endforeach()
  # Node's own fetch breaks loading a separate .wasm (3.1.6), hence one file; and package.json makes a plain .js an ES
  # module, which it is not.
  target_link_options(widgent_test_main INTERFACE -fexceptions -sALLOW_MEMORY_GROWTH=1 -sEXIT_RUNTIME=1
                      -sENVIRONMENT=node -sSINGLE_FILE=1 -sNODERAWFS=1)
  set_target_properties(widgent_protocol_tests widgent_session_tests PROPERTIES SUFFIX .cjs)
  return()
endif()

# The trimmed Embind and the minimal runtime lean on the internals of 3.1.6; another version gets the plain `-lembind`.
if(EMSCRIPTEN_VERSION VERSION_EQUAL 3.1.6)
  option(WIDGENT_TRIM_EMBIND "Link only the part of Embind in use" ON)
else()
  option(WIDGENT_TRIM_EMBIND "Link only the part of Embind in use" OFF)
endif()

set(shape -flto -fno-exceptions -fno-rtti)
file(GLOB core_sources CONFIGURE_DEPENDS src/protocol/*.cc src/session/*.cc)
# Where the names of the border are written: letters take their place (scripts/seam-names.mjs, as in the widget).
set(named src/session/json.cc src/session/effect.cc)
list(TRANSFORM named PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
list(REMOVE_ITEM core_sources ${named})
foreach(file ${named})
  cmake_path(GET file FILENAME name)
  list(APPEND core_sources "${CMAKE_CURRENT_BINARY_DIR}/named/${name}")
endforeach()
set(seam_names "${CMAKE_CURRENT_SOURCE_DIR}/scripts/seam-names.mjs")
add_custom_command(OUTPUT named/json.cc named/effect.cc BYPRODUCTS named/names.json VERBATIM
                   COMMAND node "${seam_names}" "${CMAKE_CURRENT_BINARY_DIR}/named" ${named}
                   DEPENDS "${seam_names}" ${named} "${CMAKE_CURRENT_SOURCE_DIR}/web/seam.ts")
# nlohmann's lexer without what it keeps for error texts alone, which nobody reads: words, the token so far, the line;
# and without comments, which are off, and errno, which our stand-ins for libc leave alone.
set(pruned "${CMAKE_CURRENT_BINARY_DIR}/pruned")
set(lexer nlohmann/detail/input/lexer.hpp)
file(READ "${WIDGENT_HEADERS}/${lexer}" lexer_text)
string(REGEX REPLACE
       "\n +(error_message =[ \n]*\"[^\"]*\"|token_string\\.[a-z_]+\\([^\n]*\\)|(\\+\\+|--)?position\\.(lines_read|chars_read_current_line)( = 0)?);"
       "\n;" lexer_text "${lexer_text}")
string(REPLACE "ignore_comments && " "false && " lexer_text "${lexer_text}")
string(REPLACE "if (errno == 0)" "if (true)" lexer_text "${lexer_text}")
string(REPLACE "errno = 0;" "" lexer_text "${lexer_text}")
file(CONFIGURE OUTPUT "${pruned}/${lexer}" CONTENT "${lexer_text}" @ONLY)

set(engine_js "${CMAKE_CURRENT_SOURCE_DIR}/src/wasm/engine.js")
add_executable(core src/wasm/bindings.cc src/wasm/libc_small.cc src/wasm/malloc_small.cc ${core_sources})
target_link_libraries(core PRIVATE widgent_options)
target_include_directories(core SYSTEM BEFORE PRIVATE "${pruned}")
target_compile_definitions(core PRIVATE NDEBUG JSON_NOEXCEPTION JSON_NO_IO EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0)
set_target_properties(core PROPERTIES LINK_DEPENDS
                      "${engine_js};${CMAKE_CURRENT_SOURCE_DIR}/scripts/shrink-wasm.mjs")
target_compile_options(core PRIVATE ${shape} -Oz -finline-functions -fno-threadsafe-statics)
target_link_options(core PRIVATE
  ${shape} -Oz --no-entry
  -sMODULARIZE=1 -sEXPORT_ES6=1 -sEXPORT_NAME=createCore -sENVIRONMENT=web
  -sSTRICT=1 -sFILESYSTEM=0 -sMALLOC=none -sTEXTDECODER=2 -sDYNAMIC_EXECUTION=0
  -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=1048576 -sTOTAL_STACK=65536 -sWASM_BIGINT=1
  -sMINIMAL_RUNTIME=1 -sMINIMAL_RUNTIME_STREAMING_WASM_COMPILATION=1
  "SHELL:--pre-js ${engine_js}"
  -sBINARYEN_EXTRA_PASSES=--flatten,--rereloop,-Oz,-Oz,--reorder-functions
  "-Wl,-mllvm,-inline-threshold=-60,--wrap=strtod,--wrap=strtoull,--wrap=strtoll,--wrap=snprintf")
set(shrink_wasm "${CMAKE_CURRENT_SOURCE_DIR}/scripts/shrink-wasm.mjs")
add_custom_command(TARGET core POST_BUILD VERBATIM COMMAND node "${shrink_wasm}" "$<TARGET_FILE_DIR:core>/core.wasm")
# The compiler must not take malloc for a call to malloc, nor strlen for one to strlen.
set_source_files_properties(src/wasm/malloc_small.cc src/wasm/libc_small.cc
                            PROPERTIES COMPILE_OPTIONS "-fno-builtin;-fno-lto")
if(WIDGENT_TRIM_EMBIND)
  set(border_js "${CMAKE_CURRENT_SOURCE_DIR}/src/wasm/border.js")
  set_property(TARGET core APPEND PROPERTY LINK_DEPENDS "${border_js}")
  target_link_options(core PRIVATE "SHELL:--js-library ${border_js}" -sEXPORTED_FUNCTIONS=_malloc,_free)
else()
  # 3.1.6's minimal runtime assigns an undeclared `asm` when -lembind is used.
  file(WRITE "${CMAKE_BINARY_DIR}/pre.js" "var asm;\n")
  target_compile_definitions(core PRIVATE WIDGENT_WHOLE_EMBIND)
  target_link_options(core PRIVATE -lembind "SHELL:--pre-js ${CMAKE_BINARY_DIR}/pre.js")
endif()
