# Warnings, hardening and speed, the same for every target so that they can share one precompiled header.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror=switch -Werror=return-type
    -Wno-gnu-statement-expression -Wno-missing-field-initializers -fno-omit-frame-pointer -fstack-protector-strong -fcf-protection=full
    -ftrivial-auto-var-init=zero)
add_link_options(-fuse-ld=lld -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
add_compile_definitions(_GLIBCXX_ASSERTIONS)

if(ROOKERY_SANITIZE)
    add_compile_options(-fsanitize=${ROOKERY_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${ROOKERY_SANITIZE})
    # They make system calls and write files of their own (src/server/confine.cpp).
    add_compile_definitions(ROOKERY_INSTRUMENTED)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection)
endif()
if(ROOKERY_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(ROOKERY_COVERAGE)
    add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
    add_compile_definitions(ROOKERY_INSTRUMENTED)
    add_link_options(-fprofile-instr-generate)
endif()

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
    add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
endif()
