// SPDX-License-Identifier: Apache-2.0
// Packets of a Perfetto trace file. Field numbers are those of the public format definition
// (protos/perfetto/trace/trace_packet.proto, track_event/*.proto, interned_data/interned_data.proto of the Perfetto
// project); only what Tessera writes is listed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/probe/probe.h"

namespace tessera::traces::perfetto {

// Trace
inline constexpr std::uint32_t trace_packet = 1;
// TracePacket
inline constexpr std::uint32_t packet_timestamp = 8;
inline constexpr std::uint32_t packet_sequence_id = 10;
inline constexpr std::uint32_t packet_track_event = 11;
inline constexpr std::uint32_t packet_interned_data = 12;
inline constexpr std::uint32_t packet_sequence_flags = 13;
inline constexpr std::uint32_t packet_track_descriptor = 60;
inline constexpr std::uint32_t sequence_cleared = 1;
inline constexpr std::uint32_t sequence_needs_state = 2;
// TrackDescriptor, ProcessDescriptor, CounterDescriptor
inline constexpr std::uint32_t track_uuid = 1;
inline constexpr std::uint32_t track_name = 2;
inline constexpr std::uint32_t track_process = 3;
inline constexpr std::uint32_t track_parent_uuid = 5;
inline constexpr std::uint32_t track_counter = 8;
inline constexpr std::uint32_t process_pid = 1;
inline constexpr std::uint32_t process_name = 6;
inline constexpr std::uint32_t counter_unit_name = 6;
// TrackEvent
inline constexpr std::uint32_t event_annotations = 4;
inline constexpr std::uint32_t event_type = 9;
inline constexpr std::uint32_t event_name_iid = 10;
inline constexpr std::uint32_t event_track_uuid = 11;
inline constexpr std::uint32_t event_counter_value = 30;
inline constexpr std::uint32_t event_double_counter_value = 44;
inline constexpr std::int32_t type_slice_begin = 1;
inline constexpr std::int32_t type_slice_end = 2;
inline constexpr std::int32_t type_instant = 3;
inline constexpr std::int32_t type_counter = 4;
// DebugAnnotation
inline constexpr std::uint32_t annotation_name_iid = 1;
inline constexpr std::uint32_t annotation_uint = 3;
// InternedData and its entries
inline constexpr std::uint32_t interned_event_names = 2;
inline constexpr std::uint32_t interned_annotation_names = 3;
inline constexpr std::uint32_t interned_iid = 1;
inline constexpr std::uint32_t interned_name = 2;

/// Perfetto counts nanoseconds. Rounding down keeps the order of events; exact picoseconds are in the database.
[[nodiscard]] constexpr std::uint64_t nanoseconds(probe::Time at) {
  return at / 1000;
}

struct Annotation {
  std::uint32_t name_iid = 0;
  std::uint64_t value = 0;
};

/// Appends packets to a byte buffer.
class PacketWriter {
 public:
  explicit PacketWriter(std::string& out) : out_(out) {}

  /// First packet of the file: starts the sequence and gives all names their numbers (iid = index + 1).
  void begin_sequence(const std::vector<std::string>& event_names, const std::vector<std::string>& annotation_names);
  void process(std::uint64_t uuid, std::string_view name);
  void track(std::uint64_t uuid, std::uint64_t parent, std::string_view name);
  void counter_track(std::uint64_t uuid, std::uint64_t parent, std::string_view name, std::string_view unit);
  void slice(std::uint64_t uuid, std::uint64_t name_iid, probe::Time begin, probe::Time end,
             const std::vector<Annotation>& annotations);
  void slice_begin(std::uint64_t uuid, std::uint64_t name_iid, probe::Time at,
                   const std::vector<Annotation>& annotations);
  void instant(std::uint64_t uuid, std::uint64_t name_iid, probe::Time at);
  void count(std::uint64_t uuid, probe::Time at, std::uint64_t value);
  void count(std::uint64_t uuid, probe::Time at, double value);

 private:
  void event(std::int32_t type, std::uint64_t uuid, probe::Time at);
  void append();

  std::string& out_;
  std::string packet_, event_, inner_, entry_;
};

}  // namespace tessera::traces::perfetto
