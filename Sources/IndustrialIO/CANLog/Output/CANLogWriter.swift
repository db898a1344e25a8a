public import CANCore
internal import Glibc
internal import IOThreads

/// How to write a log.
public struct CANLogWriterOptions: Sendable, Hashable {
  /// Nine decimals in the times of candump and ASC logs instead of six; can-utils misread nine. BLF and JSON lines
  /// always hold nanoseconds.
  public var writesNanoseconds = false
  /// ` T` or ` R` behind each frame of a candump log. The other formats always tell the direction.
  public var writesDirection = false

  /// The form that all tools read.
  public init() {}
}

/// Writes a CAN log in any format of ``CANLogFormat/writable``.
///
/// ```swift
/// var log = try CANLogWriter("drive.blf", format: .blf)
/// try log.append(batch)
/// try log.finish()
/// ```
///
/// What can't be kept: candump and ASC hold microseconds unless told otherwise. ASC and BLF number their channels
/// (`can0` is 1); an error frame's classes and details are not kept in ASC. ASC and BLF count times from
/// the log's first frame: a frame that is older than that one by more than a millisecond is written at the start,
/// and counted in ``shiftedTimes``.
public struct CANLogWriter: ~Copyable, Sendable {
  private var encoder: any CANLogEncoder
  private let descriptor: Int32
  private let ownsDescriptor: Bool
  private let path: String?
  private var pending: [UInt8] = []

  /// Creates the file, or empties it.
  ///
  /// - Throws: ``CANLogError/Code/cannotOpen``, ``CANLogError/Code/unknownFormat``.
  public init(
    _ path: String, format: CANLogFormat, options: CANLogWriterOptions = CANLogWriterOptions()
  ) throws(CANLogError) {
    let encoder = try Self.makeEncoder(format, options)
    self.init(encoder, try Self.create(path), owned: true, path: path)
  }

  /// Writes to a descriptor: standard output (1), a pipe, a socket.
  ///
  /// - Throws: ``CANLogError/Code/unknownFormat``.
  public init(
    fileDescriptor: Int32, format: CANLogFormat,
    options: CANLogWriterOptions = CANLogWriterOptions()
  ) throws(CANLogError) {
    self.init(try Self.makeEncoder(format, options), fileDescriptor, owned: false, path: nil)
  }

  private init(_ encoder: any CANLogEncoder, _ descriptor: Int32, owned: Bool, path: String?) {
    self.encoder = encoder
    self.descriptor = descriptor
    ownsDescriptor = owned
    self.path = path
  }

  private static func create(_ path: String) throws(CANLogError) -> Int32 {
    var opened: Int32 = -1
    repeat {
      opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    } while opened < 0 && errno == EINTR
    guard opened >= 0 else {
      let number = errno
      throw CANLogError(
        code: .cannotOpen,
        message: "can't write the log: \(SystemFailure.explanation(of: number))", path: path,
        errno: number)
    }
    return opened
  }

  deinit { if ownsDescriptor { _ = close(descriptor) } }

  /// Frames whose time the format can't hold; they were written at the nearest time that it can.
  public var shiftedTimes: Int { encoder.shiftedTimes }

  /// Adds the frames.
  ///
  /// - Throws: ``CANLogError/Code/cannotWrite``.
  public mutating func append(_ batch: CANFrameBatch) throws(CANLogError) {
    encoder.append(batch, to: &pending)
    if pending.count >= 1 << 16 { try flush() }
  }

  /// Writes out what has gathered, for a reader that waits. BLF gathers whole containers first.
  ///
  /// - Throws: ``CANLogError/Code/cannotWrite``.
  public mutating func flush() throws(CANLogError) {
    defer { pending.removeAll(keepingCapacity: true) }
    try write(pending, at: nil)
  }

  /// Ends the log; without it the last frames may be missing.
  ///
  /// - Throws: ``CANLogError/Code/cannotWrite``.
  public mutating func finish() throws(CANLogError) {
    encoder.finish(to: &pending)
    try flush()
    // Only a file of our own is known to begin where it begins.
    guard ownsDescriptor, let head = encoder.finalHead(), lseek(descriptor, 0, SEEK_CUR) >= 0 else {
      return
    }
    try write(head, at: 0)
  }

  private func write(_ bytes: [UInt8], at offset: off_t?) throws(CANLogError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        let start = buffer.baseAddress?.advanced(by: written)
        let left = buffer.count - written
        guard let offset else { return Glibc.write(descriptor, start, left) }
        return pwrite(descriptor, start, left, offset + off_t(written))
      }
      if count >= 0 {
        written += count
      } else if errno == EAGAIN {
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&entry, 1, -1)
      } else if errno != EINTR {
        let number = errno
        throw CANLogError(
          code: .cannotWrite, message: "can't write: \(SystemFailure.explanation(of: number))",
          path: path, errno: number)
      }
    }
  }

  private static func makeEncoder(
    _ format: CANLogFormat, _ options: CANLogWriterOptions
  ) throws(CANLogError) -> any CANLogEncoder {
    switch format {
    case .candump:
      var encoder = CandumpEncoder()
      encoder.writer.writesNanoseconds = options.writesNanoseconds
      encoder.writer.writesDirection = options.writesDirection
      return encoder
    case .asc: return ASCEncoder(decimals: options.writesNanoseconds ? 9 : 6)
    case .blf: return BLFEncoder()
    case .jsonLines: return JSONLinesEncoder()
    default:
      throw CANLogError(
        code: .unknownFormat,
        message: "the format \"\(format.rawValue)\" can't be written; these can: "
          + CANLogFormat.writable.map(\.rawValue).joined(separator: ", "))
    }
  }
}

extension CANLogFormat {
  /// All formats that can be written.
  public static var writable: [CANLogFormat] { [.candump, .asc, .blf, .jsonLines] }
}
