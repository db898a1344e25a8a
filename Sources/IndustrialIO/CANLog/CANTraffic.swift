public import CANCore

/// What was on the buses of a recording: how often each identifier came, how regularly, with how much data.
///
/// ```swift
/// var traffic = CANTraffic()
/// while try log.next(into: &batch) { traffic.append(batch) }
/// for entry in traffic.entries { print(entry.channel, entry.identifier, entry.frames) }
/// ```
public struct CANTraffic: Sendable {
  /// One identifier on one channel.
  public struct Entry: Sendable, Hashable {
    /// The channel's name.
    public let channel: String
    /// The identifier; for error frames, their classes.
    public let identifier: CANIdentifier
    /// Whether these are error frames.
    public let isError: Bool
    /// How many there were.
    public internal(set) var frames = 0
    /// How many of them were remote frames.
    public internal(set) var remoteFrames = 0
    /// How many of them were CAN FD frames.
    public internal(set) var fdFrames = 0
    /// The data bytes of all together.
    public internal(set) var byteCount = 0
    /// The time of the first one, in nanoseconds since 1970.
    public internal(set) var firstTime: Int64
    /// The time of the last one, in nanoseconds since 1970.
    public internal(set) var lastTime: Int64
    /// The shortest time from one to the next, in nanoseconds; nil before the second.
    public internal(set) var shortestGap: Int64?
    /// The longest time from one to the next, in nanoseconds; nil before the second.
    public internal(set) var longestGap: Int64?

    /// The mean time from one to the next, in nanoseconds; nil before the second.
    public var meanGap: Double? {
      frames > 1 ? (Double(lastTime) - Double(firstTime)) / Double(frames - 1) : nil
    }
  }

  private struct Key: Hashable {
    var identifier: UInt32
    var channel: UInt16
    var isError: Bool
  }

  /// Identifiers are kept up to so many; frames of others are counted in ``otherFrames``.
  public static let mostEntries = 65_536

  private var places: [Key: Int] = [:]
  private var list: [Entry] = []
  /// All frames.
  public private(set) var frames = 0
  /// Frames of identifiers past the ``mostEntries`` first ones.
  public private(set) var otherFrames = 0

  /// Nothing yet.
  public init() {}

  /// Counts the frames. Channel numbers must mean the same in all batches, as those of one log do.
  public mutating func append(_ batch: CANFrameBatch) {
    for header in batch.headers {
      frames += 1
      let isError = header.flags.contains(.error)
      let key = Key(
        identifier: header.identifier.rawValue, channel: header.channel, isError: isError)
      let place: Int
      if let known = places[key] {
        place = known
      } else {
        guard list.count < Self.mostEntries else {
          otherFrames += 1
          continue
        }
        place = list.count
        places[key] = place
        list.append(
          Entry(
            channel: batch.channelName(of: header) ?? "can\(header.channel)",
            identifier: header.identifier, isError: isError, firstTime: header.time,
            lastTime: header.time))
      }
      list[place].count(header)
    }
  }

  /// By channel, then by identifier; error frames last.
  public var entries: [Entry] {
    list.sorted {
      ($0.channel, $0.isError ? 1 : 0, $0.identifier.value, $0.identifier.rawValue)
        < ($1.channel, $1.isError ? 1 : 0, $1.identifier.value, $1.identifier.rawValue)
    }
  }
}

extension CANTraffic.Entry {
  fileprivate mutating func count(_ header: CANFrameBatch.Header) {
    if frames > 0 {
      let (gap, overflow) = header.time.subtractingReportingOverflow(lastTime)
      if !overflow {
        shortestGap = min(shortestGap ?? gap, gap)
        longestGap = max(longestGap ?? gap, gap)
      }
    }
    frames += 1
    if header.flags.contains(.remote) { remoteFrames += 1 }
    if header.flags.contains(.fd) { fdFrames += 1 }
    byteCount += Int(header.count)
    lastTime = header.time
  }
}
