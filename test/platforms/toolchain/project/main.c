#include "greeting.h"
#include "mps.h"

int main(int argc, char **argv) {
  int unused;
  return greet(argc > 1 ? argv[1] : "world") == 16 && MPS_RES_OK == 0 ? 0 : 1;
}
