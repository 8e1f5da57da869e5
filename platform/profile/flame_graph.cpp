// SPDX-License-Identifier: Apache-2.0
// A flame graph as one SVG file: callers below, callees above, width in proportion to cycles or energy. Pointing at a
// frame tells its figures; clicking on it, in a browser, shows it at full width. Without scripts it is a plain picture.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "platform/profile/profile.h"
#include "platform/text/table.h"
#include "platform/text/xml.h"

namespace tessera::platform {
namespace {

constexpr double width = 1200.0;
constexpr double margin = 10.0;
constexpr double row_height = 17.0;
constexpr double top = 52.0;
constexpr double narrowest = 0.2;        ///< frames below are left out [px]
constexpr double character_width = 6.8;  ///< of the font, about

struct Frame {
  std::uint32_t name = 0;
  std::uint64_t total = 0;
  std::vector<Frame> children;
};

Frame& child_of(Frame& frame, std::uint32_t name) {
  for (Frame& child : frame.children) {
    if (child.name == name) {
      return child;
    }
  }
  frame.children.push_back({name, 0, {}});
  return frame.children.back();
}

/// Most first.
void order(Frame& frame, const std::vector<std::string>& names) {
  std::sort(frame.children.begin(), frame.children.end(), [&names](const Frame& a, const Frame& b) {
    return a.total != b.total ? a.total > b.total : names[a.name] < names[b.name];
  });
  for (Frame& child : frame.children) {
    order(child, names);
  }
}

std::size_t height(const Frame& frame, double scale) {
  std::size_t most = 0;
  for (const Frame& child : frame.children) {
    if (static_cast<double>(child.total) * scale >= narrowest) {
      most = std::max(most, height(child, scale));
    }
  }
  return most + 1;
}

/// Warm for functions, blue for the chip's blocks, grey for waiting and for what merely leaks, green for interrupts.
std::string colour(const std::string& name) {
  std::uint32_t hash = 2166136261u;
  for (const char c : name) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  const std::uint32_t a = hash % 50;
  const std::uint32_t b = hash / 64 % 60;
  if (name.compare(0, 5, "[wfi]") == 0 || name.compare(0, 7, "[static") == 0) {
    return fmt::format("rgb({0},{0},{0})", 185 + a / 2);
  }
  if (name.compare(0, 11, "[interrupt:") == 0 || name.compare(0, 11, "[exception:") == 0) {
    return fmt::format("rgb({},{},{})", 120 + a, 190 + a / 2, 110 + a);
  }
  if (name.front() == '[' && name.compare(0, 3, "[0x") != 0) {
    return fmt::format("rgb({},{},{})", 110 + a, 150 + a, 215 + a / 2);
  }
  return fmt::format("rgb({},{},{})", 225 + a / 2, 90 + b + a, 50 + a / 2);
}

class Picture {
 public:
  Picture(const WeightedStacks& stacks, ProfileOf what, std::uint64_t whole)
      : names_(stacks.names), what_(what), whole_(whole) {}

  void draw(const Frame& frame, double x, std::size_t level, double scale, double bottom) {
    for (const Frame& child : frame.children) {
      const double w = static_cast<double>(child.total) * scale;
      if (w >= narrowest) {
        box(child, x, bottom - row_height * static_cast<double>(level + 1), w);
        draw(child, x, level + 1, scale, bottom);
      }
      x += w;
    }
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void box(const Frame& frame, double x, double y, double w) {
    const std::string& name = names_[frame.name];
    const double part = 100.0 * static_cast<double>(frame.total) / static_cast<double>(whole_);
    const std::string figure = what_ == ProfileOf::cycles ? fmt::format("{} cycles", frame.total)
                                                          : text::si(static_cast<double>(frame.total) * 1e-12, "J");
    const auto room = static_cast<std::size_t>(std::max(0.0, (w - 4.0) / character_width));
    const std::string label = room < 3 ? "" : name.size() <= room ? name : name.substr(0, room - 2) + "..";
    text_ += fmt::format(
        "<g class=\"f\"><title>{0}: {1}, {2:.2f} %</title>"
        "<rect x=\"{3:.2f}\" y=\"{4:.1f}\" width=\"{5:.2f}\" height=\"{6:.1f}\" fill=\"{7}\" data-n=\"{0}\"/>"
        "<text x=\"{8:.2f}\" y=\"{9:.1f}\">{10}</text></g>\n",
        text::xml_escaped(name), figure, part, x, y, w, row_height - 1.0, colour(name), x + 2.0, y + 12.0,
        text::xml_escaped(label));
  }

  const std::vector<std::string>& names_;
  ProfileOf what_;
  std::uint64_t whole_;
  std::string text_;
};

/// Zoom: a clicked frame, what is above and what is below it keep their rows and fill the width.
constexpr const char* script = R"(<script><![CDATA[
(function () {
  var L = 10, W = 1180, C = 6.8, all = [];
  document.querySelectorAll('g.f').forEach(function (g) {
    var r = g.querySelector('rect');
    all.push({ g: g, r: r, t: g.querySelector('text'), x: +r.getAttribute('x'), w: +r.getAttribute('width'),
               y: +r.getAttribute('y'), n: r.getAttribute('data-n') });
  });
  function show(from, size, y) {
    all.forEach(function (f) {
      var below = f.y > y && f.x <= from + 0.01 && f.x + f.w >= from + size - 0.01;
      var inside = f.y <= y && f.x >= from - 0.01 && f.x + f.w <= from + size + 0.01;
      f.g.style.display = below || inside ? '' : 'none';
      var x = below ? L : L + (f.x - from) / size * W, w = below ? W : f.w / size * W;
      f.r.setAttribute('x', x); f.r.setAttribute('width', w); f.t.setAttribute('x', x + 2);
      var room = Math.floor((w - 4) / C);
      f.t.textContent = room < 3 ? '' : f.n.length <= room ? f.n : f.n.slice(0, room - 2) + '..';
    });
  }
  all.forEach(function (f) { f.g.addEventListener('click', function (e) { show(f.x, f.w, f.y); e.stopPropagation(); }); });
  document.documentElement.addEventListener('click', function () { show(L, W, 1e9); });
})();
]]></script>
)";

}  // namespace

std::string flame_graph_svg(const Profile& profile, ProfileOf what, const std::string& title) {
  const WeightedStacks stacks = weighted_stacks(profile, what);
  Frame root;
  for (const WeightedStack& stack : stacks.stacks) {
    root.total += stack.weight;
    Frame* at = &root;
    for (const std::uint32_t name : stack.frames) {
      at = &child_of(*at, name);
      at->total += stack.weight;
    }
  }
  order(root, stacks.names);
  const double scale = root.total == 0 ? 0.0 : (width - 2 * margin) / static_cast<double>(root.total);
  const double bottom = top + row_height * static_cast<double>(height(root, scale));
  Picture picture(stacks, what, root.total);
  picture.draw(root, margin, 0, scale, bottom);
  const std::string whole =
      what == ProfileOf::cycles
          ? fmt::format("{} cycles, {}", root.total, text::si(static_cast<double>(root.total) / profile.clock_Hz, "s"))
          : text::si(static_cast<double>(root.total) * 1e-12, "J");
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
             "height=\"{1:.0f}\" font-family=\"monospace\" font-size=\"11\">\n"
             "<style>.f rect{{stroke:#fff;stroke-width:.4}} .f{{cursor:pointer}} .f:hover rect{{stroke:#000}} "
             "text{{pointer-events:none}}</style>\n"
             "<rect width=\"100%\" height=\"100%\" fill=\"#fdfdfb\"/>\n"
             "<text x=\"{2:.0f}\" y=\"20\" font-size=\"15\">{3}</text>\n"
             "<text x=\"{2:.0f}\" y=\"38\" fill=\"#555\">{4}; callers below, what they called above</text>\n",
             width, bottom + margin, margin, text::xml_escaped(title), whole) +
         picture.text() + script + "</svg>\n";
}

}  // namespace tessera::platform
