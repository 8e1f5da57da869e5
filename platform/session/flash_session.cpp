// SPDX-License-Identifier: Apache-2.0
#include "platform/session/flash_session.h"

#include <fmt/format.h>

#include <systemc>

namespace tessera::platform {

FlashSession::FlashSession(Chip& chip, ChipFile& file, const deployment::Image* deployment)
    : chip_(chip), file_(file), tiles_(chip.tile_count()) {
  const bool fresh = file.fresh();
  for (std::uint32_t i = 0; i < tiles_; ++i) {
    tile::FlashUnit& flash = chip.tile(i).flash();
    if (fresh) {
      if (deployment != nullptr) {
        flash.import_factory();
        flash.refresh_all();  // thresholds are what is kept: this run sees what the next one will
        file.commit_all(i, flash);
      }
    } else {
      file.restore(i, flash);
    }
    flash.changed = [this, i, &flash](const tile::FlashChange& change) {
      if (!failure_.empty()) {
        return;
      }
      try {
        file_.commit(i, flash, change, sc_core::sc_time_stamp().value());
      } catch (const ChipFileUnavailable& error) {
        // Exceptions do not cross the kernel: the run stops here and close() says why.
        failure_ = error.what();
        sc_core::sc_stop();
      }
    };
  }
  if (!fresh && deployment != nullptr) {
    check_levels(*deployment);
  }
}

void FlashSession::check_levels(const deployment::Image& deployment) const {
  const deployment::Contents& contents = deployment.contents();
  for (const td_region& region : contents.regions) {
    for (std::uint32_t k = 0; k < std::uint32_t{region.rows} * region.columns; ++k) {
      const std::uint32_t row = region.row0 + k / region.columns, column = region.column0 + k % region.columns;
      const int holds = chip_.array(region.tile).level(row, column), wants = contents.cells[region.cells_offset + k];
      if (holds != wants) {
        throw ChipFileError(fmt::format(
            "the chip holds level {} in tile {}, row {}, column {}, the network wants {}: it was programmed "
            "for something else, or not to the end; let firmware program it, or use another file",
            holds, region.tile, row, column, wants));
      }
    }
  }
}

void FlashSession::close(std::uint64_t end_ps) {
  if (!failure_.empty()) {
    throw ChipFileUnavailable(failure_);
  }
  file_.close(end_ps);
}

}  // namespace tessera::platform
