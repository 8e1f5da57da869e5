/* SPDX-License-Identifier: Apache-2.0 */
#include "virt.h"

__attribute__((weak)) void virt_exit(uint32_t code) {
  finish(code);
}
