# A layer is a folder of src/: every .cpp below it makes the library `rook_<name>`, every _test.cpp the program
# `<name>_test`, every _bench.cpp the program `<name>_bench`, which prints what things cost, and every _fuzz.cpp (in
# the fuzz preset) a program of its own. DEPENDS names the layers and libraries below it; a layer never links upward.
function(rookery_layer name)
    cmake_parse_arguments(L "" "" "DEPENDS;PRIVATE" ${ARGN})
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
    set(all ${sources})
    set(tests ${sources})
    set(fuzzers ${sources})
    list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|_bench|/main)\\.cpp$")
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
    set(benches ${all})
    list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")

    add_library(rook_${name} STATIC ${sources})
    target_include_directories(rook_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(rook_${name} PUBLIC ${L_DEPENDS} PRIVATE ${L_PRIVATE})
    rookery_pch(rook_${name})

    if(tests AND NOT ROOKERY_FUZZ)
        add_executable(${name}_test ${tests})
        set_source_files_properties(${tests} PROPERTIES COMPILE_DEFINITIONS ROOKERY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
        target_link_libraries(${name}_test PRIVATE rook_${name} ${L_PRIVATE} GTest::gmock_main)
        rookery_pch(${name}_test)
        add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    endif()
    if(benches AND NOT ROOKERY_FUZZ)
        add_executable(${name}_bench EXCLUDE_FROM_ALL ${benches})
        target_link_libraries(${name}_bench PRIVATE rook_${name} ${L_PRIVATE} GTest::gmock_main)
        rookery_pch(${name}_bench)
    endif()
    if(ROOKERY_FUZZ)
        foreach(fuzzer ${fuzzers})
            rookery_fuzzer(${fuzzer} rook_${name} ${L_PRIVATE})
        endforeach()
    endif()
endfunction()

# A fuzz target: the program of its file's name, with the libraries that it needs. It is small; the libraries are built once.
function(rookery_fuzzer file)
    get_filename_component(target ${file} NAME_WE)
    add_executable(${target} ${file})
    target_link_libraries(${target} PRIVATE ${ARGN})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzzers)
    rookery_pch(${target})
endfunction()

# One precompiled header (the standard library, gtest for tests) for the whole build.
function(rookery_pch target)
    if(NOT TARGET rookery_std_pch)
        file(WRITE ${CMAKE_BINARY_DIR}/pch.cpp "")
        add_library(rookery_std_pch OBJECT ${CMAKE_BINARY_DIR}/pch.cpp)
        target_precompile_headers(rookery_std_pch PRIVATE
            <algorithm> <array> <atomic> <chrono> <condition_variable> <cstdint> <cstring> <deque> <expected> <functional>
            <map> <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility>
            <variant> <vector>)
    endif()
    target_precompile_headers(${target} REUSE_FROM rookery_std_pch)
endfunction()
