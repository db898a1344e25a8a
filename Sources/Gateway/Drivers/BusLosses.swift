internal import IndustrialModel

/// Tells what of a CAN bus came to nothing while it is read: frames that the kernel dropped, messages of several frames that
/// broke off, frames that no message of the database has. Dropped frames are lost values: they are told again and again, but
/// not with each batch. The others are told when they are 1, 10, 100 and so on.
struct BusLosses {
  private let source: String
  private let report: @Sendable (GatewayEvent) -> Void
  /// Of the interface as it is open now; a new socket counts from 0.
  private var dropped: UInt64 = 0
  private var untold: UInt64 = 0
  /// By the monotonic clock; nothing has been told at first.
  private var toldAt: Int64?
  private var nextBroken: UInt64 = 1
  private var nextUnknown: UInt64 = 1

  /// So long, in nanoseconds, dropped frames are gathered before they are told again.
  static let pause: Int64 = 5_000_000_000

  init(source: String, report: @escaping @Sendable (GatewayEvent) -> Void) {
    (self.source, self.report) = (source, report)
  }

  /// The interface was opened anew.
  mutating func opened() { dropped = 0 }

  /// Looks at the counts after a batch.
  ///
  /// - Parameters:
  ///   - dropped: What the interface counts since it was opened.
  ///   - broken: Messages of several frames that did not come whole, since the start.
  ///   - unknown: Frames that are in no message of the database, since the start.
  ///   - now: The monotonic clock.
  mutating func note(
    dropped count: UInt64, broken: UInt64, unknown: UInt64, at now: Int64 = MonotonicClock.now()
  ) {
    untold &+= count &- dropped
    dropped = count
    if untold > 0, toldAt.map({ now &- $0 >= Self.pause }) ?? true {
      toldAt = now
      tellDropped()
    }
    if Self.reaches(broken, &nextBroken) {
      tell("\(Self.brokenText): \(broken) so far")
    }
    if Self.reaches(unknown, &nextUnknown) {
      tell("\(Self.unknownText): \(unknown) so far")
    }
  }

  /// Tells what has not been told: no batch will come for long.
  mutating func finish() { if untold > 0 { tellDropped() } }

  static let brokenText = "messages of several frames that did not come whole"
  static let unknownText = "frames that are in no message of the database"

  private mutating func tellDropped() {
    tell(
      "the kernel dropped frames that were not taken in time: \(untold). Their values are lost; take load off this "
        + "machine, or give sockets more room (sysctl net.core.rmem_default)")
    untold = 0
  }

  private func tell(_ message: String) {
    report(GatewayEvent(.warning, source: source, message))
  }

  private static func reaches(_ count: UInt64, _ next: inout UInt64) -> Bool {
    guard count >= next else { return false }
    while next <= count { next = next > .max / 10 ? .max : next * 10 }
    return true
  }
}
