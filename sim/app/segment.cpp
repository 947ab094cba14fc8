// SPDX-License-Identifier: Apache-2.0
// vmso segment: options, help and the two ways in, records from stdin and captures. What is done
// with a packet is in packet_engine.hpp.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "app/arguments.hpp"
#include "app/captures.hpp"
#include "app/commands.hpp"
#include "app/records.hpp"

namespace vmso {
namespace {

struct Arguments : HostArguments {
  std::string format = "x86_64", pages, pcap_in, pcap_out;
  unsigned mss = 1448, mtu = 0, udp_mss = 0;
  bool pad = false, zero_lengths = false, quiet = false;
};

SystemOptions options_of(const Arguments &a, const Program &program) {
  SystemOptions o = system_options(a, program);
  const Format &f = format_named(a.format);
  o.space.format = f.code;
  if (!a.pages.empty()) o.space.page = page_named(f, a.pages);
  return o;
}

// Something is wrong with the engine: all of it, and the line to paste.
int complain(const Arguments &a, const Program &program, const std::string &findings,
             const std::string &input) {
  fmt::print(stderr,
             "{}FAILED; again: {} segment --config {} --format {}{}{} --latency {} "
             "--jitter {}{} --backpressure {} --seed {:#x}{} {}\n",
             findings, program.name, a.config, a.format, a.pages.empty() ? "" : " --pages ",
             a.pages, a.latency, a.jitter, a.reorder ? " --reorder" : "", a.backpressure, a.seed,
             a.pad ? " --pad" : "", input);
  return 1;
}

int segment_records(const Arguments &a, const Program &program) {
  if (isatty(STDIN_FILENO)) {
    throw Error("records are read from standard input, which is a terminal; see --help", 2);
  }
  AnswerWriter out(STDOUT_FILENO);
  PacketEngine engine(options_of(a, program), a.pad,
                      [&](const PacketAnswer &answer) { out.write(answer); });
  auto answer_all = [&] {
    engine.finish();
    out.flush();
  };
  RecordReader in(STDIN_FILENO, PacketEngine::kMostPacketBytes, answer_all, program.stop);
  while (auto record = in.next()) {
    if (record->too_long) {
      engine.refuse(vmso_refusal_of_status(VMSO_STATUS_FRAME_TOO_LONG));
    } else {
      engine.push(record->vnet, std::move(record->packet));
    }
  }
  answer_all();
  std::string findings = engine.conclude();
  if (!findings.empty()) return complain(a, program, findings, "with the same input");
  if (!in.cut().empty()) throw Error(in.cut(), 2);
  return 0;
}

// A line on stderr every few seconds.
class Progress {
 public:
  explicit Progress(bool on) : on_(on) {}
  void operator()(uint64_t packets) {
    auto now = std::chrono::steady_clock::now();
    if (!on_ || now - last_ < std::chrono::seconds(5)) return;
    last_ = now;
    fmt::print(stderr, "{} packets\n", packets);
  }

 private:
  bool on_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

int segment_pcap(const Arguments &a, const Program &program) {
  CaptureOptions options{a.pcap_in,       a.pcap_out,          uint16_t(a.mss),
                         uint16_t(a.mtu), uint16_t(a.udp_mss), a.zero_lengths};
  Progress progress(!a.quiet);
  CaptureResult r = segment_capture(options, options_of(a, program), a.pad,
                                    [&](uint64_t packets) { progress(packets); });
  uint64_t refused = 0;
  for (auto [code, count] : r.refused) refused += count;
  if (!a.quiet) {
    fmt::print("{}: {} packets, {} of them cut, {} as they are; {}: {} frames\n", a.pcap_in,
               r.packets, r.cut, r.as_they_are, a.pcap_out, r.frames);
  }
  if (r.zero_lengths) {
    fmt::print(stderr,
               "vmso: {} packets have IP length 0 and were not looked into; "
               "--zero-lengths takes them as long as they were captured\n",
               r.zero_lengths);
  }
  for (auto [code, count] : r.refused) {
    fmt::print(stderr, "vmso: {} packets were not sent: {} ({}), {}\n", count,
               vmso_refusal_name(code), code, vmso_refusal_text(code));
  }
  if (!r.findings.empty()) {
    return complain(a, program, r.findings,
                    fmt::format("--pcap-in {} --pcap-out {} {} {}{}{}", a.pcap_in, a.pcap_out,
                                a.mtu ? "--mtu" : "--mss", a.mtu ? a.mtu : a.mss,
                                a.udp_mss ? fmt::format(" --udp-mss {}", a.udp_mss) : "",
                                a.zero_lengths ? " --zero-lengths" : ""));
  }
  return refused ? 1 : 0;
}

std::string footer() {
  std::string text =
      "Records, little endian, of standard input until its end:\n"
      "  {u32 vnet_len, u32 frame_len, virtio_net_hdr, frame}\n"
      "with a virtio_net_hdr of 10, 12, 20 or 24 bytes and a frame without FCS. The answer to "
      "each,\n"
      "in their order, on standard output:\n"
      "  {i32 count, count x {u32 length, bytes}}\n"
      "With segmentation (gso_type) and with NEEDS_CSUM a record's frame counts to its end, "
      "whatever\n"
      "its IP length says. Input that ends inside a record: exit code 2, behind the answers to "
      "all\n"
      "records before it. A negative count is an answer too; the next record goes on:\n";
  auto line = [&](int code) {
    text +=
        fmt::format("  {:5}  {:14} {}\n", code, vmso_refusal_name(code), vmso_refusal_text(code));
  };
#define LINE(code, number, name, text) line(code);
  VMSO_REFUSAL_LIST(LINE)
#undef LINE
  text += "  -1000 minus a completion's status, if the engine or the size refuses it, such as\n";
  for (vmso_status status : {VMSO_STATUS_HDR_LONG, VMSO_STATUS_OFFSET_ODD, VMSO_STATUS_BAD_TEMPLATE,
                             VMSO_STATUS_FRAME_TOO_LONG, VMSO_STATUS_FRAME_SHORT}) {
    line(vmso_refusal_of_status(status));
  }
  text +=
      "Captures (--pcap-in, --pcap-out; pcap or pcapng, Ethernet): as tcpdump on a sending host\n"
      "records them, before offload; what is written is what the wire has carried. TCP is cut at\n"
      "--mss, also inside VXLAN, Geneve, GRE and IP in IP; UDP is cut at --udp-mss, if given. TCP "
      "and\n"
      "UDP packets that are not larger get their checksums anew, too: in such a capture they are\n"
      "partial. A packet ends where its IP header says, what follows is cut off; a UDP checksum of "
      "0\n"
      "stays; everything else passes as it is. Nothing is fragmented, no DF is cleared. All "
      "frames\n"
      "have the time of their packet. Packets that cannot be sent are named, with exit code 1. If "
      "the\n"
      "capture is cut short (snap length, end of the file) nothing is written, exit code 2.\n"
      "Examples:\n"
      "  vmso segment < records > answers\n"
      "  vmso segment --config wide --format sv39 --pages 64k --seed 7 --pad < records > answers\n"
      "  vmso segment --pcap-in sent.pcapng --pcap-out wire.pcap --mtu 1500\n"
      "  vmso segment --pcap-in sent.pcap --pcap-out wire.pcap --mss 1398 --udp-mss 1472";
  return text;
}

}  // namespace

void add_segment(CLI::App &app, Program &program) {
  auto a = std::make_shared<Arguments>();
  CLI::App *s = app.add_subcommand(
      "segment", "Packets with a virtio_net_hdr, or a capture, through the engine");
  auto *in = s->add_option("--pcap-in", a->pcap_in, "a capture taken before offload");
  in->type_name(kInput);
  auto *out = s->add_option("--pcap-out", a->pcap_out, "what the wire has carried of it");
  out->type_name(kFile);
  in->needs(out);
  out->needs(in);
  auto *mss = s->add_option("--mss", a->mss, "of captures: payload bytes of a TCP segment");
  mss->check(in_range(1, 65535))->needs(in)->capture_default_str();
  s->add_option(
       "--mtu", a->mtu,
       "of captures, in place of --mss: bytes of an IP packet, headers and options counted")
      ->check(in_range(68, 65535))
      ->needs(in)
      ->excludes(mss);
  s->add_option("--udp-mss", a->udp_mss,
                "of captures: UDP payload above it is cut into datagrams of so many bytes")
      ->check(in_range(1, 65535))
      ->needs(in);
  s->add_flag("--zero-lengths", a->zero_lengths,
              "of captures: an IP length of 0 means up to the end of the packet (BIG TCP, and "
              "stacks that leave lengths to the NIC)")
      ->needs(in);
  s->add_flag("--pad", a->pad, "frames below 60 bytes with their padding, as on the wire");
  auto *format = s->add_option(
      "--format", a->format,
      "of the addresses that payload has: x86_32, x86_64, x86_64_la57, sv39, sv48, sv57, "
      "aarch64, or identity");
  one_of(format->capture_default_str(), program, format_names());
  auto *pages = s->add_option("--pages", a->pages,
                              "page size: 4k, and 4m, 64k, 2m, 1g, 512g, 256t where it is");
  program.words[pages] = page_names;
  add_host_options(*s, *a, program);
  s->add_flag("--quiet", a->quiet, "no progress, no summary of a capture");
  s->footer(footer());
  s->callback([a, &program, s] {
    check_arguments(*s);
    program.exit_code =
        a->pcap_in.empty() ? segment_records(*a, program) : segment_pcap(*a, program);
  });
}

}  // namespace vmso
