// SPDX-License-Identifier: Apache-2.0
#include "platform/debug/gdb_server.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace tessera::debug {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

namespace {

constexpr std::size_t most_unread = std::size_t{8} << 20;  // answers that the client does not fetch [bytes]
constexpr std::size_t most_waiting = 8;
constexpr auto patience = std::chrono::seconds(1);        // with the connection before, for a client that comes
constexpr auto farewell = std::chrono::seconds(2);        // for answers still to be sent
constexpr auto hang_up = std::chrono::milliseconds(500);  // for the client to close its end

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  Address address;
  std::string_view port = text;
  if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (brackets) {
      host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
      return std::nullopt;
    }
    if (host.empty() && colon != 0) {
      return std::nullopt;
    }
    if (!host.empty()) {
      address.host = host;
    }
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return std::nullopt;
  }
  return address;
}

/// Everything but what the mutex guards belongs to the server's thread.
struct GdbServer::Impl {
  asio::io_context io;
  tcp::acceptor acceptor{io};
  tcp::socket socket{io};
  std::deque<tcp::socket> waiting;  ///< came while another connection was there, whose end may not be noticed yet
  asio::steady_timer grace{io};
  std::thread thread;
  bool open = false;
  bool reading = false;
  std::uint64_t connection = 0;  ///< so that what an earlier one left behind is not taken for the present one's
  bool leaving = false;          ///< the server is about to end
  bool end_untold = false;       ///< the connection is closed, and nobody has taken the news
  std::array<std::uint8_t, 4096> buffer{};
  std::deque<std::string> outbox;
  std::size_t outbox_bytes = 0;

  std::mutex mutex;
  std::condition_variable came, flushed;
  Input inbox;
  bool dropping = false;  ///< what this connection still sends is not wanted
  bool connected = false;
  std::uint64_t unsent = 0;  ///< sends asked for and not done
  std::atomic<bool> news{false};
  std::function<void()> call;

  void accept() {
    acceptor.async_accept([this](const Error& error, tcp::socket peer) {
      if (!acceptor.is_open()) {
        return;
      }
      if (!error && waiting.size() < most_waiting) {
        waiting.push_back(std::move(peer));
        adopt_next();
        turn_away_later();
      }
      accept();  // what was not taken closes itself
    });
  }

  void turn_away_later() {
    grace.expires_after(patience);
    grace.async_wait([this](const Error& error) {
      if (!error) {
        waiting.clear();
      }
    });
  }

  void adopt_next() {
    if (open || end_untold || waiting.empty()) {
      return;
    }
    Error ignored;
    socket = std::move(waiting.front());
    waiting.pop_front();
    socket.set_option(tcp::no_delay(true), ignored);
    open = true;
    ++connection;
    reading = false;
    {
      const std::lock_guard lock(mutex);
      connected = true;
    }
    read();
  }

  void read() {
    if (!open || reading) {
      return;
    }
    reading = true;
    socket.async_read_some(asio::buffer(buffer), [this, mine = connection](const Error& error, std::size_t size) {
      if (!open || mine != connection) {
        return;  // the end of a connection that is gone
      }
      reading = false;
      if (error) {
        return close(true);
      }
      if (leaving) {
        return read();
      }
      tell([&] {
        if (!dropping) {
          inbox.bytes.insert(inbox.bytes.end(), buffer.begin(), buffer.begin() + size);
        }
      });
      // The next read begins when these bytes are taken.
    });
  }

  template <typename Change>
  void tell(const Change& change) {
    std::function<void()> whom;
    {
      const std::lock_guard lock(mutex);
      change();
      news = true;
      whom = call;
    }
    came.notify_all();
    if (whom) {
      whom();
    }
  }

  void close(bool told) {
    if (!open) {
      return;
    }
    open = false;
    {
      const std::lock_guard lock(mutex);
      connected = dropping = false;
    }
    flushed.notify_all();
    Error ignored;
    socket.shutdown(tcp::socket::shutdown_both, ignored);
    socket.close(ignored);
    forget_outbox();
    if (told) {
      end_untold = true;
      tell([&] { inbox.closed = true; });
    } else {
      adopt_next();
    }
  }

  /// close(), and what was told but not taken of this connection is forgotten, too.
  void drop() {
    end_untold = true;  // no other connection may come in between
    close(false);
    end_untold = false;
    {
      const std::lock_guard lock(mutex);
      inbox = {};
      dropping = false;
    }
    adopt_next();
  }

  void forget_outbox() {
    const std::size_t sends = outbox.size();
    outbox.clear();
    outbox_bytes = 0;
    done(sends);
  }

  void done(std::size_t sends) {
    {
      const std::lock_guard lock(mutex);
      unsent -= sends;
    }
    flushed.notify_all();
  }

  void send(std::string bytes) {
    if (!open || outbox_bytes + bytes.size() > most_unread) {
      done(1);
      return close(true);
    }
    outbox_bytes += bytes.size();
    outbox.push_back(std::move(bytes));
    if (outbox.size() == 1) {
      write();
    }
  }

  void write() {
    // The text must outlive the operation, also when the connection is closed meanwhile.
    auto text = std::make_shared<std::string>(outbox.front());
    asio::async_write(socket, asio::buffer(*text), [this, text, mine = connection](const Error& error, std::size_t) {
      if (!open || mine != connection || outbox.empty()) {
        return;
      }
      if (error) {
        return close(true);
      }
      outbox_bytes -= outbox.front().size();
      outbox.pop_front();
      done(1);
      if (!outbox.empty()) {
        write();
      }
    });
  }

  /// With the mutex held.
  Input take(std::unique_lock<std::mutex>& lock) {
    Input input = std::exchange(inbox, {});
    news = false;
    lock.unlock();
    asio::post(io, [this, closed = input.closed] {
      if (closed) {
        end_untold = false;
        adopt_next();
      }
      read();
    });
    return input;
  }
};

GdbServer::GdbServer(const Address& address) : impl_(std::make_unique<Impl>()) {
  Error error;
  const asio::ip::address host =
      asio::ip::make_address(address.host == "localhost" ? "127.0.0.1" : address.host, error);
  if (error) {
    throw ServerError(fmt::format("cannot listen for a debugger on '{}': expected an IP address", address.host));
  }
  const tcp::endpoint endpoint(host, address.port);
  tcp::acceptor& acceptor = impl_->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    acceptor.bind(endpoint, error);
  }
  if (!error) {
    acceptor.listen(4, error);
  }
  if (error) {
    throw ServerError(fmt::format("cannot listen for a debugger on {}:{}: {}; choose another port, or 0 for any",
                                  address.host, address.port, error.message()));
  }
  impl_->accept();
  impl_->thread = std::thread([this] { impl_->io.run(); });
}

GdbServer::~GdbServer() {
  {
    std::unique_lock lock(impl_->mutex);
    impl_->call = nullptr;
    impl_->flushed.wait_for(lock, farewell, [this] { return impl_->unsent == 0; });
    // Closing a socket with bytes unread would take the last answer away from the client: let it go first.
    asio::post(impl_->io, [impl = impl_.get()] {
      Error ignored;
      impl->acceptor.close(ignored);
      impl->leaving = true;
      impl->socket.shutdown(tcp::socket::shutdown_send, ignored);
      impl->read();
    });
    impl_->flushed.wait_for(lock, hang_up, [this] { return !impl_->connected; });
  }
  impl_->io.stop();
  impl_->thread.join();
}

std::uint16_t GdbServer::port() const {
  return impl_->acceptor.local_endpoint().port();
}

std::string GdbServer::endpoint() const {
  const tcp::endpoint local = impl_->acceptor.local_endpoint();
  const std::string host = local.address().to_string();
  return fmt::format("{}:{}", local.address().is_v6() ? "[" + host + "]" : host, local.port());
}

void GdbServer::on_news(std::function<void()> call) {
  const std::lock_guard lock(impl_->mutex);
  impl_->call = std::move(call);
}

bool GdbServer::news() const {
  return impl_->news.load(std::memory_order_relaxed);
}

GdbServer::Input GdbServer::take() {
  std::unique_lock lock(impl_->mutex);
  return impl_->take(lock);
}

GdbServer::Input GdbServer::wait(std::chrono::milliseconds patience) {
  std::unique_lock lock(impl_->mutex);
  impl_->came.wait_for(lock, patience, [this] { return impl_->news.load(); });
  return impl_->take(lock);
}

void GdbServer::send(std::string bytes) {
  if (bytes.empty()) {
    return;
  }
  {
    const std::lock_guard lock(impl_->mutex);
    ++impl_->unsent;
  }
  asio::post(impl_->io, [impl = impl_.get(), text = std::move(bytes)]() mutable { impl->send(std::move(text)); });
}

void GdbServer::drop() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->dropping = true;
    impl_->inbox = {};
  }
  asio::post(impl_->io, [impl = impl_.get()] { impl->drop(); });
}

}  // namespace tessera::debug
