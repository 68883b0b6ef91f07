// load: the load generator as a program of its own, for ./dev bench.
#include "load/load.h"

int main(int argc, char** argv) { return rook::bench::run("load", {argv + 1, argv + argc}); }
