#ifdef WIDGENT_MIMALLOC
#include <mimalloc.h>
#endif

#include "server/cli.h"

int main(int argc, char** argv) {
#ifdef WIDGENT_MIMALLOC
  mi_option_set(mi_option_decommit_delay, 0);  // what a flood has taken goes back at once
#endif
  return widgent::RunCommandLine(argc, argv);
}
