// SPDX-License-Identifier: Apache-2.0
#include "traces/perfetto_packets.h"

#include <protozero/pbf_writer.hpp>

namespace tessera::traces::perfetto {
namespace {

constexpr std::uint32_t the_sequence = 1;

void put_names(std::string& out, std::string& entry, std::uint32_t field, const std::vector<std::string>& names) {
  protozero::pbf_writer list(out);
  for (std::size_t i = 0; i < names.size(); ++i) {
    entry.clear();
    protozero::pbf_writer item(entry);
    item.add_uint64(interned_iid, i + 1);
    item.add_string(interned_name, names[i]);
    list.add_message(field, entry);
  }
}

}  // namespace

void PacketWriter::append() {
  protozero::pbf_writer(out_).add_message(trace_packet, packet_);
}

void PacketWriter::begin_sequence(const std::vector<std::string>& event_names,
                                  const std::vector<std::string>& annotation_names) {
  inner_.clear();
  put_names(inner_, entry_, interned_event_names, event_names);
  put_names(inner_, entry_, interned_annotation_names, annotation_names);
  packet_.clear();
  protozero::pbf_writer packet(packet_);
  packet.add_uint32(packet_sequence_id, the_sequence);
  packet.add_message(packet_interned_data, inner_);
  packet.add_uint32(packet_sequence_flags, sequence_cleared);
  append();
}

void PacketWriter::process(std::uint64_t uuid, std::string_view name) {
  entry_.clear();
  protozero::pbf_writer process(entry_);
  process.add_int32(process_pid, 1);
  process.add_string(process_name, name.data(), name.size());
  inner_.clear();
  protozero::pbf_writer descriptor(inner_);
  descriptor.add_uint64(track_uuid, uuid);
  descriptor.add_message(track_process, entry_);
  packet_.clear();
  protozero::pbf_writer packet(packet_);
  packet.add_uint32(packet_sequence_id, the_sequence);
  packet.add_message(packet_track_descriptor, inner_);
  append();
}

void PacketWriter::track(std::uint64_t uuid, std::uint64_t parent, std::string_view name) {
  inner_.clear();
  protozero::pbf_writer descriptor(inner_);
  descriptor.add_uint64(track_uuid, uuid);
  descriptor.add_string(track_name, name.data(), name.size());
  descriptor.add_uint64(track_parent_uuid, parent);
  packet_.clear();
  protozero::pbf_writer packet(packet_);
  packet.add_uint32(packet_sequence_id, the_sequence);
  packet.add_message(packet_track_descriptor, inner_);
  append();
}

void PacketWriter::counter_track(std::uint64_t uuid, std::uint64_t parent, std::string_view name,
                                 std::string_view unit) {
  entry_.clear();
  protozero::pbf_writer(entry_).add_string(counter_unit_name, unit.data(), unit.size());
  inner_.clear();
  protozero::pbf_writer descriptor(inner_);
  descriptor.add_uint64(track_uuid, uuid);
  descriptor.add_string(track_name, name.data(), name.size());
  descriptor.add_uint64(track_parent_uuid, parent);
  descriptor.add_message(track_counter, entry_);
  packet_.clear();
  protozero::pbf_writer packet(packet_);
  packet.add_uint32(packet_sequence_id, the_sequence);
  packet.add_message(packet_track_descriptor, inner_);
  append();
}

void PacketWriter::event(std::int32_t type, std::uint64_t uuid, probe::Time at) {
  event_.clear();
  protozero::pbf_writer event(event_);
  event.add_enum(event_type, type);
  event.add_uint64(event_track_uuid, uuid);
  packet_.clear();
  protozero::pbf_writer packet(packet_);
  packet.add_uint64(packet_timestamp, nanoseconds(at));
  packet.add_uint32(packet_sequence_id, the_sequence);
  packet.add_uint32(packet_sequence_flags, sequence_needs_state);
}

void PacketWriter::slice_begin(std::uint64_t uuid, std::uint64_t name_iid, probe::Time at,
                               const std::vector<Annotation>& annotations) {
  event(type_slice_begin, uuid, at);
  protozero::pbf_writer event(event_);
  event.add_uint64(event_name_iid, name_iid);
  for (const Annotation& annotation : annotations) {
    entry_.clear();
    protozero::pbf_writer item(entry_);
    item.add_uint64(annotation_name_iid, annotation.name_iid);
    item.add_uint64(annotation_uint, annotation.value);
    event.add_message(event_annotations, entry_);
  }
  protozero::pbf_writer(packet_).add_message(packet_track_event, event_);
  append();
}

void PacketWriter::slice(std::uint64_t uuid, std::uint64_t name_iid, probe::Time begin, probe::Time end,
                         const std::vector<Annotation>& annotations) {
  slice_begin(uuid, name_iid, begin, annotations);
  event(type_slice_end, uuid, end);
  protozero::pbf_writer(packet_).add_message(packet_track_event, event_);
  append();
}

void PacketWriter::instant(std::uint64_t uuid, std::uint64_t name_iid, probe::Time at) {
  event(type_instant, uuid, at);
  protozero::pbf_writer(event_).add_uint64(event_name_iid, name_iid);
  protozero::pbf_writer(packet_).add_message(packet_track_event, event_);
  append();
}

void PacketWriter::count(std::uint64_t uuid, probe::Time at, std::uint64_t value) {
  event(type_counter, uuid, at);
  protozero::pbf_writer(event_).add_int64(event_counter_value, static_cast<std::int64_t>(value));
  protozero::pbf_writer(packet_).add_message(packet_track_event, event_);
  append();
}

void PacketWriter::count(std::uint64_t uuid, probe::Time at, double value) {
  event(type_counter, uuid, at);
  protozero::pbf_writer(event_).add_double(event_double_counter_value, value);
  protozero::pbf_writer(packet_).add_message(packet_track_event, event_);
  append();
}

}  // namespace tessera::traces::perfetto
