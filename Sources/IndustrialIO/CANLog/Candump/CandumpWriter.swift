public import CANCore

/// Writes frames as candump's log file has them: `(1700640464.000001) can0 123#DEADBEEF`.
///
/// canplayer, log2asc and python-can read it. Times before 1970 can't be written in this format and become 0.
public struct CandumpWriter: Sendable {
  /// Nine decimals instead of six. The tools named above take the decimals for microseconds and
  /// misread nine; this library and newer ones read both.
  public var writesNanoseconds = false
  /// ` T` or ` R` behind each frame: sent or received by the recording machine.
  public var writesDirection = false

  /// The plain form that all tools read.
  public init() {}

  /// Appends a line for each frame. Channels without a name are called `can0`, `can1` and so on.
  public func append(_ batch: CANFrameBatch, to text: inout [UInt8]) {
    let names = batch.channels.map(Self.printableName)
    text.reserveCapacity(text.count + batch.headers.count * 48)
    for frame in batch {
      if Int(frame.channel) < names.count {
        append(frame, name: names[Int(frame.channel)], to: &text)
      } else {
        append(frame, name: Array("can\(frame.channel)".utf8), to: &text)
      }
    }
  }

  /// Appends the line of one frame.
  public func append(_ frame: CANFrame, channel: String, to text: inout [UInt8]) {
    append(frame, name: Self.printableName(channel), to: &text)
  }

  /// A blank in a name would end it.
  private static func printableName(_ name: String) -> [UInt8] {
    name.isEmpty ? Array("can0".utf8) : name.utf8.map { $0 > 0x20 && $0 < 0x7F ? $0 : 0x5F }
  }

  private func append(_ frame: CANFrame, name: [UInt8], to text: inout [UInt8]) {
    text.append(ASCII.openParenthesis)
    let time = UInt64(max(0, frame.time))
    LogText.append(time / 1_000_000_000, digits: 10, to: &text)
    text.append(ASCII.dot)
    let nanoseconds = time % 1_000_000_000
    if writesNanoseconds {
      LogText.append(nanoseconds, digits: 9, to: &text)
    } else {
      LogText.append(nanoseconds / 1000, digits: 6, to: &text)
    }
    text.append(ASCII.closeParenthesis)
    text.append(ASCII.space)
    text.append(contentsOf: name)
    text.append(ASCII.space)
    appendFrame(frame, to: &text)
    if writesDirection {
      text.append(ASCII.space)
      text.append(UInt8(ascii: frame.flags.contains(.transmitted) ? "T" : "R"))
    }
    text.append(ASCII.newline)
  }

  /// `ID#DATA`, as cansend takes it.
  private func appendFrame(_ frame: CANFrame, to text: inout [UInt8]) {
    if frame.flags.contains(.error) {
      LogText.append(hex: frame.identifier.value | 0x2000_0000, digits: 8, to: &text)
    } else {
      LogText.append(
        hex: frame.identifier.value, digits: frame.identifier.isExtended ? 8 : 3, to: &text)
    }
    text.append(ASCII.hash)
    if frame.flags.contains(.remote) {
      text.append(UInt8(ascii: "R"))
      if frame.dataLengthCode > 0 { text.append(LogText.upper[Int(min(frame.dataLengthCode, 8))]) }
    } else {
      if frame.flags.contains(.fd) {
        text.append(ASCII.hash)
        let bits =
          (frame.flags.contains(.bitRateSwitch) ? 1 : 0)
          | (frame.flags.contains(.errorStateIndicator) ? 2 : 0)
        text.append(LogText.upper[bits])
      }
      for byte in frame.payload { LogText.append(hex: UInt32(byte), digits: 2, to: &text) }
    }
    let hasRawCode =
      frame.dataLengthCode > 8 && !frame.flags.contains(.fd)
      && (frame.flags.contains(.remote) || frame.payload.count == 8)
    if hasRawCode {
      text.append(ASCII.underscore)
      text.append(LogText.upper[Int(frame.dataLengthCode & 15)])
    }
  }
}
