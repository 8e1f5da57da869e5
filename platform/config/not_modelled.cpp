// SPDX-License-Identifier: Apache-2.0
#include "platform/config/not_modelled.h"

#include <algorithm>

namespace tessera::platform {

const std::vector<NoKey>& known_non_keys() {
  using Why = NoKey::Why;
  static const std::vector<NoKey> names = {
      {Why::not_modelled, "technology.node_nm",
       "every number stands in the file itself; nothing is scaled from a node"},
      {Why::not_modelled, "technology.vdd_analog", "the energy of the row drivers is tile.dac.e_row_driver_J"},
      {Why::not_modelled, "tile.cell.v_bl", "cells conduct independently of the bit-line voltage"},
      {Why::not_modelled, "tile.integration.c_int_F", "full scale is tile.integration.adc_fs_A"},
      {Why::elsewhere, "program", "section tile.program"},
      {Why::elsewhere, "erase", "section tile.erase"},
      {Why::not_modelled, "dma.dims", "jobs have three dimensions"},
      {Why::computed, "tile.adc.enob", "from bits, sigma_lsb and inl_lsb; `tessera config --check` prints it"},
      {Why::elsewhere, "tile.adc.type", "tile.adc.law: stated, sar, ramp, integrating"},
      {Why::computed, "tile.cell.i_max_A", "i_lsb_A * (2^bits_per_cell - 1)"},
      {Why::computed, "tile.weight_levels_signed", "2^(bits_per_cell + 1) - 1"},
      {Why::elsewhere, "tile.cell_area_um2", "area.cell_um2"},
      {Why::elsewhere, "tile.adc.area_um2", "area.adc_um2"},
      {Why::elsewhere, "digital_baseline", "tiles differ: section tile.digital_baseline; tile.kind selects it"},
      {Why::elsewhere, "tile.vector_unit", "the chip has one vector unit: top-level section vector_unit"},
  };
  return names;
}

const NoKey* find_non_key(std::string_view path) {
  const std::vector<NoKey>& names = known_non_keys();
  const auto found = std::find_if(names.begin(), names.end(), [&](const NoKey& name) { return name.path == path; });
  return found == names.end() ? nullptr : &*found;
}

}  // namespace tessera::platform
