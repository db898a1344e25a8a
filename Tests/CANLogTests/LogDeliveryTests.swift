import CANCore
import CANLog
import Foundation
import Testing

/// How frames reach the reader's user: in time, in order, and cancellable.
@Suite(.timeLimit(.minutes(15))) struct LogDeliveryTests {
  /// Two ends of a stream. Unlike those of pipe(2) they can be made so that no child process that another
  /// test starts at the same moment inherits them and keeps them open.
  static func makePipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
    return (ends[0], ends[1])
  }

  static func send(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)
    while !bytes.isEmpty {
      let count = write(descriptor, bytes, bytes.count)
      guard count > 0 else { return }
      bytes.removeFirst(count)
    }
  }

  /// What Windows editors put in front of a text.
  @Test(arguments: [
    (CANLogFormat.candump, "(1.000000) can0 123#11\n"), (.candumpScreen, "  can0  123   [1]  11\n"),
    (.asc, "date Sat Sep 30 10:06:13.191 PM 2017\n0.1 1 123 Rx d 1 11\n"),
    (.trc, ";$FILEVERSION=1.1\n1) 17.4  Rx 0123  1  11\n"),
  ])
  func aByteOrderMarkIsNoPartOfTheLog(format: CANLogFormat, text: String) throws {
    for forced in [format, nil] {
      let plain = try ReadLog(text, options: CANLogOptions(format: forced))
      let marked = try ReadLog("\u{FEFF}" + text, options: CANLogOptions(format: forced))
      #expect(marked.frames == plain.frames && marked.frames.count == 1)
      #expect(marked.findings == [] && marked.timeBase == plain.timeBase)
    }
  }

  @Test func aPipeDeliversEachLineWhenItIsThere() async throws {
    let ends = try Self.makePipe()
    let frames = CANLogReader(fileDescriptor: ends.read, closingWhenDone: true).frames()
    var iterator = frames.makeAsyncIterator()
    for number in 0..<20 {
      // Each line comes in two pieces; the next is not written before this one was delivered.
      let line = "  can0  12\(number % 10)   [1]  \(10 + number)\n"
      Self.send(String(line.prefix(9)), to: ends.write)
      Self.send(String(line.dropFirst(9)), to: ends.write)
      let batch = try await iterator.next()
      #expect(batch?.count == 1)
      #expect(batch?.first?.identifier == standard(0x120 + UInt32(number % 10)))
      #expect(batch?.first.map { $0.time > 0 } == true, "live frames carry the time of arrival")
    }
    close(ends.write)
    #expect(try await iterator.next() == nil)
    #expect(frames.format == .candumpScreen)
    #expect(frames.timeBase == .arrival)
  }

  @Test func theBlockingFaceDeliversFromAPipeToo() throws {
    let ends = try Self.makePipe()
    var reader = CANLogReader(fileDescriptor: ends.read, closingWhenDone: true)
    var batch = CANFrameBatch()
    Self.send("(1700640464.000001) can0 123#11\n(1700640464.0", to: ends.write)
    #expect(try reader.next(into: &batch))
    #expect(batch.count == 1)
    Self.send("00002) can0 123#22\n", to: ends.write)
    #expect(try reader.next(into: &batch))
    #expect(batch.map(\.payload) == [[0x22]])
    close(ends.write)
    #expect(try !reader.next(into: &batch))
    #expect(try !reader.next(into: &batch))
  }

  @Test func aStopEndsItBehindWhatHadCome() throws {
    let ends = try Self.makePipe()
    let stop = try Self.makePipe()
    defer { for end in [ends.write, stop.read, stop.write] { close(end) } }
    var reader = CANLogReader(fileDescriptor: ends.read, closingWhenDone: true)
    let isLive = reader.isLive
    #expect(isLive)
    var batch = CANFrameBatch()
    Self.send("(1700640464.000001) can0 123#11\n", to: ends.write)
    #expect(try reader.next(into: &batch, until: stop.read))
    Self.send("(1700640464.000002) can0 123#22\n(1700640464.0", to: ends.write)
    Self.send("!", to: stop.write)
    #expect(try reader.next(into: &batch, until: stop.read))
    #expect(batch.map(\.payload) == [[0x22]])
    // This comes too late.
    Self.send("00003) can0 123#33\n", to: ends.write)
    #expect(try !reader.next(into: &batch, until: stop.read))
    #expect(batch.isEmpty)
  }

  @Test func cancellingAWaitIsPromptAndLosesNothing() async throws {
    let ends = try Self.makePipe()
    let frames = CANLogReader(fileDescriptor: ends.read, closingWhenDone: true).frames()
    for round in 0..<50 {
      let waiting = Task { () -> Int in
        var count = 0
        for try await batch in frames { count += batch.count }
        return count
      }
      if round % 2 == 0 { await Task.yield() }
      waiting.cancel()
      #expect(try await waiting.value == 0)
    }
    Self.send("(1700640464.000001) can0 123#11\n", to: ends.write)
    var iterator = frames.makeAsyncIterator()
    #expect(try await iterator.next()?.count == 1)
    close(ends.write)
  }

  @Test func droppingTheSequenceEndsTheThreadAndClosesTheDescriptor() async throws {
    let ends = try Self.makePipe()
    do {
      let frames = CANLogReader(fileDescriptor: ends.read, closingWhenDone: true).frames()
      Self.send("(1700640464.000001) can0 123#11\n", to: ends.write)
      var iterator = frames.makeAsyncIterator()
      #expect(try await iterator.next()?.count == 1)
    }
    // The stream breaks when its other end is closed, which this one sees as POLLHUP.
    var entry = pollfd(fd: ends.write, events: 0, revents: 0)
    #expect(poll(&entry, 1, 20_000) == 1)
    close(ends.write)
  }

  @Test func aFileComesInBatchesInOrder() async throws {
    let path = NSTemporaryDirectory() + "canlog-\(UUID().uuidString).log"
    defer { unlink(path) }
    var text = ""
    for number in 0..<50_000 {
      let id = String(0x100000 + number, radix: 16, uppercase: true)
      text += "(1700640464.\(100_000 + number)) can0 00\(id)#\(id)\n"
    }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    var next: UInt32 = 0x100000
    for try await batch in try CANLogReader(contentsOf: path).frames() {
      #expect(batch.count <= CANLogOptions().batchCapacity)
      for frame in batch {
        #expect(frame.identifier.value == next)
        next += 1
      }
    }
    #expect(next == 0x100000 + 50_000)
  }

  @Test func aFileThatIsNoLogFailsInTheSequenceToo() async throws {
    let frames = CANLogReader(bytes: Array("no log\n".utf8)).frames()
    let error = await #expect(throws: CANLogError.self) { for try await _ in frames {} }
    #expect(error?.code == .unknownFormat)
  }

  /// More of it than the buffer holds: as of a file that was preallocated and not written.
  @Test(arguments: [UInt8(ascii: "\n"), UInt8(ascii: " "), 0])
  func aLongBlankBeginningIsPassedOver(blank: UInt8) throws {
    let text = "\n(1700640464.000001) can0 123#11\nbad line\n(1700640464.000002) can0 123#22\n"
    let bytes = Array(repeating: blank, count: 300_000) + Array(text.utf8)
    let log = try ReadLog(CANLogReader(bytes: bytes))
    #expect(log.frames.map(\.payload) == [[0x11], [0x22]])
    let damaged = try #require(log.findings.last)
    #expect(damaged.line == (blank == UInt8(ascii: "\n") ? 300_003 : 3))
    #expect(damaged.byteOffset == 300_000 + 33)
    // And when nothing comes behind it.
    let empty = try ReadLog(CANLogReader(bytes: Array(repeating: blank, count: 600_000)))
    #expect(empty.frames == [] && empty.format == nil)
  }

  /// Whatever the pieces in which it arrives, the frames are the same.
  @Test func everyCutOfAPipeGivesTheSameFrames() async throws {
    let text = """
      (1700640464.000001) can0 123#DEADBEEF
      bad line
      (1700640464.000002) can0 18FEF100##1000102030405060708090A0B
      (1700640465.000003) can1 123#R R

      """
    let whole = try ReadLog(text)
    #expect(whole.frames.count == 3)
    for cut in 1..<text.utf8.count {
      let ends = try Self.makePipe()
      var reader = CANLogReader(fileDescriptor: ends.read, closingWhenDone: true)
      var batch = CANFrameBatch()
      var frames: [CANFrame] = []
      Self.send(String(text.prefix(cut)), to: ends.write)
      // Reads the first part if there is a whole frame in it, so that the cut is really seen.
      if cut > 38, try reader.next(into: &batch) { frames += Array(batch) }
      Self.send(String(text.dropFirst(cut)), to: ends.write)
      close(ends.write)
      while try reader.next(into: &batch) { frames += Array(batch) }
      #expect(frames == whole.frames, "cut at \(cut)")
      #expect(reader.findings.kept == whole.findings, "cut at \(cut)")
    }
  }
}
