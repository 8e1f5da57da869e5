// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "models/host/debug/target_description.h"
#include "models/host/host_map.h"
#include "platform/text/table.h"
#include "sw/deployment/tessera_deployment.h"
#include "tessera_registers.hpp"

namespace tessera::debug {

using job_unit::Counter;
using text::Table;
namespace reg = registers::job_unit;

namespace {

constexpr double ps = 1.0e-12;

constexpr std::string_view help_text =
    "tiles                       every tile: what it does, jobs, counters\n"
    "tile N                      one tile in full, by its number\n"
    "bus                         traffic and waiting times of the shared bus\n"
    "energy                      joules so far, by category and by component\n"
    "time                        simulated time, cycles and instructions\n"
    "irq                         interrupt state of hart, CLINT and PLIC\n"
    "fault                       the last exception: registers, jumps, what is mapped nearby\n"
    "catch on|off                shall exceptions other than ecall stop the program? (now: {})\n"
    "io read ADDR [1|2|4]        a register access as the program does it, side effects and bus time included\n"
    "io write ADDR VALUE [1|2|4]\n"
    "reset                       hart, CLINT, PLIC, UART and job units anew, the program loaded again; time and\n"
    "                            energy go on\n";

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) {
      break;
    }
    text.remove_prefix(begin);
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

/// Decimal, or hexadecimal with 0x.
std::optional<std::uint32_t> parse(std::string_view text) {
  const bool hex = text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X";
  if (hex) {
    text.remove_prefix(2);
  }
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string_view error_name(std::uint32_t code) {
  constexpr std::array<std::string_view, 5> names = {"none", "queue overflow", "bad descriptor", "bus error",
                                                     "disabled"};
  return code < names.size() ? names[code] : "unknown";
}

std::string_view category_name(std::size_t category) {
  constexpr std::array<std::string_view, probe::category_count> names = {
      "array", "DAC",    "ADC",          "digital",     "bus",         "memory",
      "CPU",   "static", "DC-DC losses", "programming", "off the chip"};
  return category < names.size() ? names[category] : "other";
}

std::string source_name(std::uint32_t source) {
  switch (source) {
    case 10:
      return "UART";
    case 12:
      return "vector unit";
    case 13:
      return "DMA";
    case 14:
      return "power controller";
    case 15:
      return "stream port";
    default:
      return source >= registers::tile::interrupt ? fmt::format("tile {}", source - registers::tile::interrupt) : "-";
  }
}

std::string yes(bool value) {
  return value ? "yes" : "-";
}

}  // namespace

Monitor::Monitor(platform::Chip& chip, const power::Ledger& ledger, host::DebugPort& port,
                 const host::ElfImage& program, std::string program_name)
    : chip_(chip), ledger_(ledger), port_(port), program_(program), program_name_(std::move(program_name)) {}

std::string Monitor::run(std::string_view command) {
  const std::vector<std::string_view> words = split(command);
  const std::string_view name = words.empty() ? "help" : words.front();
  const Words more = Words(words).subspan(words.empty() ? 0 : 1);
  if (name == "help") {
    return fmt::format(help_text, port_.catches_exceptions() ? "on" : "off");
  }
  if (name == "tile") {
    return tile(more);
  }
  if (name == "catch") {
    return catching(more);
  }
  if (name == "io") {
    return io(more);
  }
  using Plain = std::string (Monitor::*)();
  constexpr std::pair<std::string_view, Plain> plain[] = {
      {"tiles", &Monitor::tiles},    {"bus", &Monitor::bus},     {"energy", &Monitor::energy}, {"time", &Monitor::time},
      {"irq", &Monitor::interrupts}, {"fault", &Monitor::fault}, {"reset", &Monitor::reset}};
  for (const auto& [known, call] : plain) {
    if (name == known) {
      return more.empty() ? (this->*call)() : fmt::format("{} takes no arguments; see monitor help\n", name);
    }
  }
  return fmt::format("unknown command '{}'; see monitor help\n", name);
}

std::optional<std::uint32_t> Monitor::word(std::uint32_t address) {
  std::array<std::uint8_t, 4> bytes{};
  if (chip_.host().debug_read(address, bytes) != bytes.size()) {
    return std::nullopt;
  }
  return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 | static_cast<std::uint32_t>(bytes[2]) << 16 |
         static_cast<std::uint32_t>(bytes[3]) << 24;
}

double Monitor::now_s() const {
  return static_cast<double>(chip_.host().local_time()) * ps;
}

// --- tiles -----------------------------------------------------------------------------------------------------------

std::string Monitor::tiles() {
  Table table(
      {"tile", "<at", "<state", "queue", "jobs", "last tag", "products", "clipped", "saturated", "busy", "<error"});
  const std::uint64_t now = chip_.host().local_time();
  const platform::PlatformParameters& chip = chip_.parameters();
  for (std::uint32_t i = 0; i < chip.tile_count(); ++i) {
    const std::uint32_t base = TD_TILE_BASE + i * TD_TILE_STRIDE;
    const tile::Tile& tile = chip_.tile(i);
    const auto status = word(base + reg::status);
    const std::string at = fmt::format("[{},{}]", i / chip.grid_columns, i % chip.grid_columns);
    if (!status) {
      table.add({fmt::format("{}", i), at, "no answer"});
      continue;
    }
    const std::uint32_t error = word(base + reg::error_code).value_or(0);
    table.add({fmt::format("{}", i), at, (*status & reg::status_busy) != 0 ? "busy" : "idle",
               fmt::format("{}", *status >> 8 & 0xFFu), fmt::format("{}", tile.jobs_done()),
               fmt::format("{}", word(base + reg::last_tag).value_or(0)),
               fmt::format("{}", tile.counter(Counter::products)), fmt::format("{}", tile.counter(Counter::clipped)),
               fmt::format("{}", tile.counter(Counter::saturated)), share(tile.counter(Counter::active), now),
               error == 0 ? "" : std::string(error_name(error))});
  }
  return table.text();
}

std::string Monitor::tile(Words words) {
  const std::uint32_t count = chip_.parameters().tile_count();
  const auto number = words.size() == 1 ? parse(words.front()) : std::nullopt;
  if (!number || *number >= count) {
    return fmt::format("tile N: expected a number from 0 to {}\n", count - 1);
  }
  const std::uint32_t base = TD_TILE_BASE + *number * TD_TILE_STRIDE;
  const std::uint32_t columns = chip_.parameters().grid_columns;
  const tile::Tile& tile = chip_.tile(*number);
  std::string out =
      fmt::format("tile {} [{},{}] at {:#010x}, {} x {} cells, interrupt source {}\n\n", *number, *number / columns,
                  *number % columns, base, word(base + registers::tile::rows).value_or(0),
                  word(base + registers::tile::columns).value_or(0), registers::tile::interrupt + *number % 960);
  Table state({"<register", "value", "<meaning"});
  const auto show = [&](const char* name, std::uint32_t offset, auto meaning) {
    const auto value = word(base + offset);
    state.add({name, value ? fmt::format("{:#010x}", *value) : "no answer", value ? meaning(*value) : ""});
  };
  show("CTRL", reg::ctrl, [](std::uint32_t v) { return std::string((v & reg::ctrl_enable) != 0 ? "enabled" : "off"); });
  show("STATUS", reg::status, [](std::uint32_t v) {
    return fmt::format("{}{}, {} waiting", (v & reg::status_busy) != 0 ? "busy" : "idle",
                       (v & reg::status_error) != 0 ? ", error" : "", v >> 8 & 0xFFu);
  });
  show("IRQ_STATUS", reg::irq_status,
       [](std::uint32_t v) { return fmt::format("{}{}", (v & 1u) != 0 ? "done " : "", (v & 2u) != 0 ? "error" : ""); });
  show("IRQ_ENABLE", reg::irq_enable,
       [](std::uint32_t v) { return fmt::format("{}{}", (v & 1u) != 0 ? "done " : "", (v & 2u) != 0 ? "error" : ""); });
  show("DONE_COUNT", reg::done_count, [](std::uint32_t v) { return fmt::format("{} jobs", v); });
  show("LAST_TAG", reg::last_tag, [](std::uint32_t v) { return fmt::format("job {}", v); });
  show("ERROR_CODE", reg::error_code, [](std::uint32_t v) { return std::string(error_name(v)); });
  show("ERROR_TAG", reg::error_tag, [](std::uint32_t v) { return v == 0 ? std::string() : fmt::format("job {}", v); });
  out += state.text() + "\n";

  Table counters({"<counter", "value", "<since reset"});
  const std::uint64_t now = chip_.host().local_time();
  const auto time = [&](const char* name, Counter which) {
    const std::uint64_t value = tile.counter(which);
    counters.add({name, text::si(static_cast<double>(value) * ps, "s"), share(value, now) + " of the time"});
  };
  const auto number_of = [&](const char* name, Counter which, const std::string& note) {
    counters.add({name, fmt::format("{}", tile.counter(which)), note});
  };
  time("active", Counter::active);
  number_of("products", Counter::products, "");
  const std::uint64_t conversions = tile.counter(Counter::conversions);
  number_of("conversions", Counter::conversions, "");
  number_of("clipped", Counter::clipped, share(tile.counter(Counter::clipped), conversions) + " of the conversions");
  number_of("saturated", Counter::saturated, "");
  time("load stall", Counter::load_stall);
  time("store stall", Counter::store_stall);
  time("converter stall", Counter::converter_stall);
  time("bus wait", Counter::bus_wait);
  number_of("bytes in", Counter::bytes_in, "");
  number_of("bytes out", Counter::bytes_out, "");
  counters.add({"event", fmt::format("{}", tile.event()), "array passes begun"});
  return out + counters.text();
}

// --- bus, energy, time -----------------------------------------------------------------------------------------------

std::string Monitor::bus() {
  const interconnect::BusCounters& c = chip_.bus().counters();
  const std::uint64_t now = chip_.host().local_time();
  Table table({"<shared bus", "value", "<"});
  table.add({"busy", text::si(static_cast<double>(c.busy) * ps, "s"), share(c.busy, now) + " of the time"});
  table.add({"waited for", text::si(static_cast<double>(c.wait) * ps, "s"), "sum over all requests"});
  table.add({"bursts", fmt::format("{}", c.bursts), ""});
  table.add({"beats", fmt::format("{}", c.beats), ""});
  table.add({"bytes", fmt::format("{}", c.bytes), ""});
  const double seconds = now_s();
  table.add({"average", text::si(seconds > 0 ? static_cast<double>(c.bytes) / seconds : 0.0, "B/s"), ""});
  return table.text();
}

std::string Monitor::energy() {
  chip_.book(chip_.host().local_time());
  const double total = power::joules(ledger_.total());
  const auto percent = [total](double part) { return total > 0 ? fmt::format("{:.1f} %", 100.0 * part / total) : "-"; };
  Table categories({"<category", "energy", "share"});
  const auto by_category = ledger_.by_category();
  for (std::size_t i = 0; i < by_category.size(); ++i) {
    if (by_category[i] != 0) {
      const double value = power::joules(by_category[i]);
      categories.add({std::string(category_name(i)), text::si(value, "J"), percent(value)});
    }
  }
  categories.rule();
  categories.add({"total", text::si(total, "J"), percent(total)});
  const double seconds = now_s();
  std::string out = categories.text();
  out += fmt::format("average power {} over {}\n\n", text::si(seconds > 0 ? total / seconds : 0.0, "W"),
                     text::si(seconds, "s"));

  constexpr std::size_t most = 12;
  std::vector<std::pair<double, std::string>> parts;
  const auto by_component = ledger_.by_component();
  for (std::size_t i = 0; i < by_component.size(); ++i) {
    if (by_component[i] != 0) {
      parts.emplace_back(power::joules(by_component[i]), ledger_.components()[i].path);
    }
  }
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  Table components({"<largest components", "energy", "share"});
  for (std::size_t i = 0; i < std::min(parts.size(), most); ++i) {
    components.add({parts[i].second, text::si(parts[i].first, "J"), percent(parts[i].first)});
  }
  return out + components.text();
}

std::string Monitor::time() {
  const host::CpuCounters c = chip_.host().counters();
  Table table({"<", "value", "<"});
  table.add({"simulated time", text::si(now_s(), "s"), "stands still while the program is halted"});
  table.add(
      {"cycles", fmt::format("{}", c.cycles), fmt::format("at {}", text::si(chip_.parameters().cpu.clock_Hz, "Hz"))});
  table.add({"asleep in wfi", fmt::format("{}", c.wfi_cycles), share(c.wfi_cycles, c.cycles) + " of the cycles"});
  table.add({"instructions", fmt::format("{}", c.instructions), ""});
  table.add({"interrupts", fmt::format("{}", c.interrupts), "taken"});
  table.add({"exceptions", fmt::format("{}", c.exceptions), "taken"});
  const std::uint32_t mtime_low = word(host::clint_base + 0xBFF8).value_or(0);
  const std::uint32_t mtime_high = word(host::clint_base + 0xBFFC).value_or(0);
  table.add({"mtime", fmt::format("{}", static_cast<std::uint64_t>(mtime_high) << 32 | mtime_low), "ticks of 100 ns"});
  return table.text();
}

// --- interrupts ------------------------------------------------------------------------------------------------------

std::string Monitor::interrupts() {
  const host::CsrFile& csr = chip_.host().core().csrs();
  const std::uint64_t mtime = static_cast<std::uint64_t>(word(host::clint_base + 0xBFFC).value_or(0)) << 32 |
                              word(host::clint_base + 0xBFF8).value_or(0);
  const std::uint64_t compare = static_cast<std::uint64_t>(word(host::clint_base + 0x4004).value_or(0)) << 32 |
                                word(host::clint_base + 0x4000).value_or(0);
  std::string out = fmt::format("interrupts are {} (mstatus {:#010x}); mtvec {:#010x}, {}; last mcause {:#010x}\n\n",
                                (csr.mstatus() & host::CsrFile::mstatus_mie) != 0 ? "on" : "off", csr.mstatus(),
                                csr.mtvec() & ~3u, (csr.mtvec() & 1u) != 0 ? "vectored" : "direct", csr.mcause());
  Table hart({"<hart", "pending", "enabled", "<"});
  const auto line = [&](const char* name, std::uint32_t bit, const std::string& note) {
    hart.add({name, yes((csr.mip() & bit) != 0), yes((csr.mie() & bit) != 0), note});
  };
  line("external", host::mip_meip, "from the PLIC");
  line("software", host::mip_msip, "");
  const bool late = mtime >= compare;
  const std::uint64_t distance = late ? mtime - compare : compare - mtime;
  line("timer", host::mip_mtip,
       compare == ~std::uint64_t{0}
           ? "not set"
           : fmt::format("mtimecmp {}, {} {}", compare, text::si(static_cast<double>(distance) * 1e-7, "s"),
                         late ? "ago" : "from now"));
  out += hart.text() + "\n";

  Table plic({"PLIC source", "<from", "priority", "pending", "enabled"});
  std::size_t rows = 0;
  constexpr std::uint32_t pending_base = 0x1000, enable_base = 0x2000;
  for (std::uint32_t source = 1; source < host::Plic::sources; ++source) {
    const auto bit = [&](std::uint32_t base) {
      return (word(host::plic_base + base + source / 32 * 4).value_or(0) >> (source % 32) & 1u) != 0;
    };
    const std::uint32_t priority = word(host::plic_base + 4 * source).value_or(0);
    const bool pending = bit(pending_base);
    const bool enabled = bit(enable_base);
    if (priority != 0 || pending || enabled) {
      plic.add(
          {fmt::format("{}", source), source_name(source), fmt::format("{}", priority), yes(pending), yes(enabled)});
      ++rows;
    }
  }
  out += rows != 0 ? plic.text() : "PLIC: no source has a priority, is enabled or pending\n";
  return out + fmt::format("threshold {}\n", word(host::plic_base + 0x20'0000).value_or(0));
}

// --- what changes something ------------------------------------------------------------------------------------------

std::string Monitor::fault() {
  host::HostSubsystem& host = chip_.host();
  if (port_.at_exception()) {
    host::FaultRecord caught = host.core().snapshot();
    caught.cause = port_.caught_cause();
    caught.value = port_.caught_value();
    return "not taken yet:\n" + host::make_report(caught, true, host.symbols(), host.regions()).text();
  }
  const host::FaultRecord& last = host.core().last_fault();
  if (!last.valid) {
    return "no exception other than ecall has been taken\n";
  }
  return host::make_report(last, true, host.symbols(), host.regions()).text();
}

std::string Monitor::catching(Words words) {
  if (words.size() > 1 || (words.size() == 1 && words.front() != "on" && words.front() != "off")) {
    return "catch: expected on or off\n";
  }
  if (words.size() == 1) {
    port_.catch_exceptions(words.front() == "on");
  }
  return port_.catches_exceptions() ? "exceptions other than ecall stop the program\n"
                                    : "exceptions go to the program's trap handler\n";
}

std::string Monitor::io(Words words) {
  const bool writes = !words.empty() && words.front() == "write";
  const std::size_t needed = writes ? 3 : 2;
  const auto address = words.size() >= 2 ? parse(words[1]) : std::nullopt;
  const auto data = writes && words.size() >= 3 ? parse(words[2]) : std::optional<std::uint32_t>(0);
  const auto bytes = words.size() > needed ? parse(words[needed]) : std::optional<std::uint32_t>(4);
  const bool known = !words.empty() && (writes || words.front() == "read");
  if (!known || words.size() < needed || words.size() > needed + 1 || !address || !data || !bytes) {
    return "expected: io read ADDR [1|2|4], or io write ADDR VALUE [1|2|4]\n";
  }
  std::uint32_t value = *data;
  if (!chip_.host().access_as_program(writes, *address, *bytes, value)) {
    return fmt::format("{} of {} bytes at {:#010x}: bus error\n", words.front(), *bytes, *address);
  }
  return writes ? fmt::format("{:#010x} <- {:#x}\n", *address, value)
                : fmt::format("{:#010x}: {:#x}\n", *address, value);
}

std::string Monitor::reset() {
  chip_.restart_units();
  chip_.host().reset(program_, program_name_);
  return fmt::format("reset: {} is loaded again, pc {:#010x}\n", program_name_, chip_.host().core().pc());
}

}  // namespace tessera::debug
