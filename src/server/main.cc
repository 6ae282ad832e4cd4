#include "server/cli.h"

int main(int argc, char** argv) { return widgent::RunCommandLine(argc, argv); }
