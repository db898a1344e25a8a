public import IndustrialModel

/// Something an operator should know. Conditions are told when they begin and when they end, not each time
/// they are noticed.
public struct GatewayEvent: Sendable {
  /// How much it matters.
  public enum Level: String, Sendable, Hashable {
    /// For the record.
    case info
    /// Something does not work and is being retried.
    case warning
    /// Something does not work and will not by itself.
    case error
  }

  /// Whether it is about something that lasts.
  public enum Phase: String, Sendable, Hashable {
    /// It happened, and that is all.
    case single
    /// From now on something is so, until an event of the same source ends it.
    case begins
    /// What the last event of the same source began is over.
    case ends
  }

  /// When it was noticed.
  public var time: Timestamp
  /// How much it matters.
  public var level: Level
  /// Where: `bus plc1`, `sink influx`, ...
  public var source: String
  /// What happened, in words.
  public var message: String
  /// Whether it is about something that lasts.
  public var phase: Phase

  /// An event of now.
  public init(_ level: Level, source: String, _ message: String, phase: Phase = .single) {
    time = .now()
    self.level = level
    self.source = source
    self.message = message
    self.phase = phase
  }
}

extension GatewayEvent: CustomStringConvertible {
  /// One line: time, level, source, words. Control characters, which words from outside may have, become spaces.
  public var description: String {
    let words = message.split(whereSeparator: \.isNewline).joined(separator: "; ")
    let line = "\(time) \(level.rawValue) \(source): \(words)"
    guard line.unicodeScalars.contains(where: Self.isControl) else { return line }
    return String(
      String.UnicodeScalarView(line.unicodeScalars.map { Self.isControl($0) ? " " : $0 }))
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .control
  }
}
