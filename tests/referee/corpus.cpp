// SPDX-License-Identifier: Apache-2.0
#include "corpus.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <memory>
#include <span>

#include "model/findings.hpp"

namespace vmso::referee {
namespace {

constexpr size_t kHeaderBytes = 24;        // all sizes of virtio-net headers fit in
constexpr uint32_t kMostBytes = 16 << 20;  // of a frame, and of frames

struct Close {
  void operator()(gzFile_s *file) const { gzclose(file); }
};
using File = std::unique_ptr<gzFile_s, Close>;

File open(const std::string &path, const char *mode) {
  File file(gzopen(path.c_str(), mode));
  if (!file) throw Error(fmt::format("cannot open {}", path));
  return file;
}

class Reader {
 public:
  explicit Reader(const std::string &path) : path_(path), file_(open(path, "rb")) {}
  bool at_end() {
    int c = gzgetc(file_.get());
    if (c == -1) return true;
    gzungetc(c, file_.get());
    return false;
  }
  std::vector<uint8_t> bytes(uint32_t count) {
    if (count > kMostBytes) throw Error(fmt::format("{} is damaged", path_));
    std::vector<uint8_t> b(count);
    if (gzread(file_.get(), b.data(), count) != int(count))
      throw Error(fmt::format("{} ends too early", path_));
    return b;
  }
  uint32_t u32() {
    auto b = bytes(4);
    return b[0] | uint32_t(b[1]) << 8 | uint32_t(b[2]) << 16 | uint32_t(b[3]) << 24;
  }

 private:
  std::string path_;
  File file_;
};

class Writer {
 public:
  explicit Writer(const std::string &path) : path_(path), file_(open(path, "wb9")) {}
  void bytes(std::span<const uint8_t> b) {
    if (!b.empty() && gzwrite(file_.get(), b.data(), unsigned(b.size())) != int(b.size()))
      throw Error(fmt::format("cannot write {}", path_));
  }
  void u32(size_t value) {
    uint8_t b[4] = {uint8_t(value), uint8_t(value >> 8), uint8_t(value >> 16),
                    uint8_t(value >> 24)};
    bytes(b);
  }
  void close() {
    if (gzclose(file_.release()) != Z_OK) throw Error(fmt::format("cannot write {}", path_));
  }

 private:
  std::string path_;
  File file_;
};

}  // namespace

std::vector<Answered> read_corpus(const std::string &path) {
  std::vector<Answered> corpus;
  for (Reader in(path); !in.at_end();) {
    uint32_t header = in.u32(), frame = in.u32();
    Answered a;
    a.packet.net = decode_virtio(in.bytes(header));
    a.packet.frame = in.bytes(frame);
    for (uint32_t n = in.u32(); n > 0; n--) a.frames.push_back(in.bytes(in.u32()));
    corpus.push_back(std::move(a));
  }
  return corpus;
}

void write_corpus(const std::string &path, const std::vector<Answered> &corpus) {
  Writer out(path);
  for (const Answered &a : corpus) {
    out.u32(kHeaderBytes);
    out.u32(a.packet.frame.size());
    out.bytes(encode(a.packet.net, kHeaderBytes));
    out.bytes(a.packet.frame);
    out.u32(a.frames.size());
    for (const auto &frame : a.frames) {
      out.u32(frame.size());
      out.bytes(frame);
    }
  }
  out.close();
}

}  // namespace vmso::referee
