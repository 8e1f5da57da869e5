// SPDX-License-Identifier: Apache-2.0
// One TCP connection to a debugger: bytes in, bytes out, in a thread of its own. Knows nothing of what they mean.
//
// A client that sends without end is read no faster than its bytes are taken; one that does not read its answers is
// dropped. A second client is turned away while the first is there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::debug {

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 1234;  ///< 0: any that is free
};

/// "[HOST:]PORT"; an IPv6 address stands in brackets. Nothing if it is malformed.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

/// The address cannot be listened on; says why and what to do.
struct ServerError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class GdbServer {
 public:
  /// Listens from here on. @throws ServerError
  explicit GdbServer(const Address& address);
  /// Sends what is left to send, for at most two seconds.
  ~GdbServer();
  GdbServer(const GdbServer&) = delete;
  GdbServer& operator=(const GdbServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  /// "127.0.0.1:1234"
  [[nodiscard]] std::string endpoint() const;
  /// Called in the server's thread whenever something has come; empty: nobody.
  void on_news(std::function<void()> call);

  struct Input {
    std::vector<std::uint8_t> bytes;
    bool closed = false;  ///< and after these bytes the connection was gone
  };
  /// Something has come. Cheap.
  [[nodiscard]] bool news() const;
  /// What has come; may be nothing.
  [[nodiscard]] Input take();
  /// The same, but waits a while for something.
  [[nodiscard]] Input wait(std::chrono::milliseconds patience);
  void send(std::string bytes);
  /// Closes the connection. No Input tells of it.
  void drop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::debug
