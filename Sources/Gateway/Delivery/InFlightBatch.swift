internal import Glibc
internal import IOThreads
internal import StoreForward

extension GatewayConfiguration {
  /// What remembers the batch that is on its way to a sink; nil for a sink that needs no such thing.
  func inFlightBatch(of sink: Destination, buffer: StoreIdentity) -> InFlightBatch? {
    guard sink.kind.needsSameBatches else { return nil }
    return InFlightBatch(path: "\(dataFolder)/in-flight-\(sink.name)", buffer: buffer)
  }
}

/// Remembers on the disk which records are on their way to a sink, so that after a crash the same ones go there again as one
/// batch, and not others together with them: a server knows them by the key that they had.
actor InFlightBatch {
  /// Which records.
  struct Place: Equatable {
    var lane: BufferLane
    var numbers: ClosedRange<UInt64>
  }

  private let thread = BlockingThread(name: "in-flight")
  private let path: String
  private let buffer: StoreIdentity
  private var descriptor: Int32 = -1

  /// The line has a fixed length within one sector of a disk, so that no crash leaves half of it.
  private static let length = 128

  /// The file's own thread: syncing a file blocks.
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - path: The file; its folder exists.
  ///   - buffer: What the numbers of the records are of.
  init(path: String, buffer: StoreIdentity) {
    self.path = path
    self.buffer = buffer
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// What was begun and not ended.
  func unfinished() -> Place? {
    guard let line = readFile(path) else { return nil }
    let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 5, words[0] == buffer.description, words[4] == "in-flight",
      let lane = BufferLane.allCases.first(where: { $0.folder == words[1] }),
      let first = UInt64(words[2]), let last = UInt64(words[3]), first <= last
    else { return nil }
    return Place(lane: lane, numbers: first...last)
  }

  /// These records are about to be sent; that is on the disk when it returns.
  func begin(_ place: Place) throws(SystemFailure) {
    try write(
      "\(buffer) \(place.lane.folder) \(place.numbers.lowerBound) \(place.numbers.upperBound) in-flight"
    )
    guard fdatasync(descriptor) == 0 else { throw SystemFailure("fdatasync") }
  }

  /// They are acknowledged, and that is on the disk: where a power cut forgets this, the sink's place tells it.
  func end() { try? write("") }

  private func write(_ text: String) throws(SystemFailure) {
    if descriptor < 0 {
      descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw SystemFailure("open") }
      syncFolder(ofFile: path)
    }
    var line = Array(text.utf8.prefix(Self.length - 1))
    line += Array(repeating: UInt8(ascii: " "), count: Self.length - 1 - line.count)
    line.append(UInt8(ascii: "\n"))
    let count = line.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == line.count else { throw SystemFailure("pwrite") }
  }
}
