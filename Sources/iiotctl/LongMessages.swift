internal import ArgumentParser
internal import CANTransport
internal import DBC

/// Puts together the messages that are longer than a frame, from the frames of a log or a live bus.
struct LongMessages {
  private var j1939: J1939Reassembler?
  private var isotp: ISOTPReassembler?
  private let parts: Set<CANIdentifier>

  /// - Parameters:
  ///   - takesAllAsJ1939: Whether every extended message is a J1939 parameter group, declared as such or not.
  ///   - isotp: The identifiers whose frames are parts of ISO-TP messages.
  init(_ decoders: [FrameDecoder], takesAllAsJ1939: Bool, isotp: [CANIdentifier]) {
    let needsJ1939 = decoders.contains { decoder in
      decoder.messages.contains {
        $0.byteCount > 8 && (takesAllAsJ1939 || $0.frameFormat == .j1939)
      }
    }
    if needsJ1939 { j1939 = J1939Reassembler() }
    if !isotp.isEmpty { self.isotp = ISOTPReassembler(identifiers: isotp) }
    parts = Set(isotp)
  }

  /// Takes a frame: the message that it completes, and whether it is a part only and means nothing by itself.
  mutating func take(_ frame: CANFrame) -> (message: TransportMessage?, isPart: Bool) {
    if let message = j1939?.append(frame) { return (message, false) }
    guard isotp != nil, parts.contains(frame.identifier),
      frame.flags.isDisjoint(with: [.remote, .error])
    else { return (nil, false) }
    return (isotp?.append(frame), true)
  }

  /// Tells what could not be put together.
  mutating func finish(_ log: String) {
    j1939?.finish()
    isotp?.finish()
    for findings in [j1939?.findings, isotp?.findings] {
      guard let findings else { continue }
      CanLogInput.report(findings.kept, of: findings.total, log)
    }
  }
}

/// A CAN identifier as can-utils write it: three hexadecimal digits, or eight for an extended one.
struct IdentifierArgument: ExpressibleByArgument {
  let identifier: CANIdentifier

  init?(argument: String) {
    guard let value = UInt32(argument, radix: 16), argument.first != "+",
      let identifier = argument.utf8.count == 3
        ? CANIdentifier(standard: value)
        : argument.utf8.count == 8 ? CANIdentifier(extended: value) : nil
    else { return nil }
    self.identifier = identifier
  }
}
