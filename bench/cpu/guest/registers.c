// SPDX-License-Identifier: Apache-2.0
// Register accesses over the bus: what a driver does while it polls.
#include "guest.h"

int main(void) {
  volatile uint32_t* const unit = (volatile uint32_t*)0x40000000u;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < ROUNDS * 50000u; ++i) {
    unit[1] = i;
    sum += unit[2];
  }
  put_checksum(sum);
  return 0;
}
