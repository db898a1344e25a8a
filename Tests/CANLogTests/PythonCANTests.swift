import CANCore
import CANLog
import Foundation
import TestSupport
import Testing

/// python-can as the other side: it reads what we write, and we read what it writes.
///
/// It is looked for in IIOT_PYTHON, the benchmarks' environment and the system's Python (Debian: python3-can).
@Suite(.enabled(if: PythonCAN.interpreter != nil, "needs python-can (Debian: python3-can)"))
struct PythonCANTests {
  @Test(arguments: [CANLogFormat.candump, .asc, .blf])
  func readsWhatWeWrite(format: CANLogFormat) throws {
    let frames = LogRoundTripTests.randomFrames(2000, seed: 11, errors: format == .blf)
    let folder = try TemporaryFolder()
    let suffix = format == .candump ? "log" : format.rawValue
    let path = "\(folder.path)/ours.\(suffix)"
    var options = CANLogWriterOptions()
    options.writesDirection = true
    let bytes = try LogRoundTripTests.write(frames, format, options: options)
    try Data(bytes).write(to: URL(filePath: path))
    let lines = try PythonCAN.run(PythonCAN.reader, path).split(separator: "\n")
    try #require(lines.count == frames.count)
    for (line, frame) in zip(lines, frames) {
      #expect(String(line) == PythonCAN.describe(frame, format))
    }
  }

  @Test(arguments: ["log", "asc", "blf", "trc"])
  func weReadWhatItWrites(suffix: String) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/theirs.\(suffix)"
    let written = try PythonCAN.run(PythonCAN.writer, path).split(separator: "\n")
    let log = try ReadLog(CANLogReader(contentsOf: path))
    #expect(log.findings == [])
    try #require(log.frames.count == written.count)
    for (line, frame) in zip(written, log.frames) {
      #expect(String(line) == PythonCAN.describe(frame, nil))
    }
  }
}

enum PythonCAN {
  static let interpreter: String? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let candidates = [
      ProcessInfo.processInfo.environment["IIOT_PYTHON"], "\(root)/.build-peers/venv/bin/python3",
      "/usr/bin/python3",
    ].compactMap { $0 }
    return candidates.first { path in
      FileManager.default.isExecutableFile(atPath: path)
        && (try? Tool(path, ["-c", "import can"]))?.status == 0
    }
  }()

  static func run(_ script: String, _ path: String) throws -> String {
    let tool = try Tool(interpreter ?? "", ["-c", script, path])
    #expect(tool.status == 0, "\(tool.errors)")
    return tool.output
  }

  /// Without the time, which some of its versions take for local time, and the channel, which it counts from 0 or 1.
  static func describe(_ frame: CANFrame, _ format: CANLogFormat?) -> String {
    let flags = frame.flags
    func bit(_ value: Bool) -> String { value ? "1" : "0" }
    let isEmptyFD = flags.contains(.fd) && frame.payload.isEmpty
    let length =
      flags.contains(.fd)
      ? CANFrame.byteCount(forDataLengthCode: frame.dataLengthCode, isFD: true)
      : Int(frame.dataLengthCode)
    return [
      "\(frame.identifier.value)", bit(frame.identifier.isExtended),
      // It takes these for remote frames in ASC.
      bit(flags.contains(.remote) || isEmptyFD && format == .asc), bit(flags.contains(.error)),
      bit(flags.contains(.fd)), bit(flags.contains(.bitRateSwitch)),
      bit(flags.contains(.errorStateIndicator)),
      // Its reader of error frames in BLF does not tell the direction.
      bit(!flags.contains(.transmitted)), "\(length)", frame.payload.description,
    ].joined(separator: " ")
  }

  private static let show = """
    import sys, can, random
    def show(m):
        return ' '.join(str(int(x)) for x in (m.arbitration_id, m.is_extended_id, m.is_remote_frame, m.is_error_frame,
            m.is_fd, m.bitrate_switch, m.error_state_indicator, m.is_rx, m.dlc)) + ' ' + bytes(m.data).hex()

    """

  static let reader =
    show + """
      for m in can.LogReader(sys.argv[1]):
          print(show(m))
      """

  static let writer =
    show + """
      rnd = random.Random(5)
      kind = sys.argv[1].rsplit('.', 1)[1]
      with can.Logger(sys.argv[1]) as log:
          t = 1700000000.0
          for i in range(1500):
              t += rnd.random()
              ext = rnd.random() < .5
              # Its candump writer leaves the length of remote frames out; its TRC writer makes small extended identifiers into standard ones and has no remote and FD frames.
              idn = rnd.randrange(0x10000, 1 << 29) if ext else rnd.randrange(1 << 11)
              fd = kind != 'trc' and rnd.random() < .4
              remote = kind != 'trc' and not fd and rnd.random() < .1
              length = 0 if remote and kind == 'log' else rnd.choice([1, 2, 3, 7, 8, 12, 20, 48, 64]) if fd else rnd.randrange(9)
              m = can.Message(timestamp=t, arbitration_id=idn, is_extended_id=ext, channel=rnd.randrange(3), is_fd=fd,
                  is_remote_frame=remote, is_rx=rnd.random() < .5, dlc=length, bitrate_switch=fd and rnd.random() < .5,
                  error_state_indicator=fd and rnd.random() < .5,
                  data=None if remote else bytes(rnd.randrange(256) for _ in range(length)))
              log(m)
              print(show(m))
      """
}
