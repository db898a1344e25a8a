internal import CANCore
internal import CANSignals
internal import DBC
internal import IndustrialModel

/// The signals of the devices on one CAN bus, as the drivers of a bus and of a recording take them out of frames.
struct BusSignals: WireDecoder, Sendable {
  private var samplers: [SignalSampler]
  private var clock = ReceptionClock()
  /// Those that are told to be bad when the bus is lost.
  private let silent: [TagID]

  /// Frames that are in no message of the database.
  var unknownFrames: UInt64 { samplers.map(\.unknownFrames).min() ?? 0 }

  /// Messages of several frames that did not come whole.
  var brokenMessages: UInt64 { samplers.map(\.brokenMessages).max() ?? 0 }

  /// - Parameter isLive: Whether the bus can be lost: a recording can't.
  init(_ database: Database, devices: [String], isLive: Bool, tags: TagRegistry) {
    samplers = devices.map { SignalSampler(database, device: $0, tags: tags) }
    silent =
      !isLive
      ? []
      : devices.flatMap { device in
        database.messages.flatMap { message in
          message.signals.map { tags.intern("\(device)/\(message.name).\($0.name)") }
        }
      }
  }

  /// The samples of frames, a moment for each time.
  mutating func decode(_ event: WireEvent, at time: WireTime) -> Moments {
    switch event {
    case .frames(let frames):
      var samples = SampleBatch()
      for index in samplers.indices {
        samplers[index].append(frames, at: time.gateway, monotonic: time.monotonic, to: &samples)
      }
      return Moments(samples: samples, grouping: .byTime, time: time)
    case .received(let frames):
      let arrivals = clock.arrivals(of: frames, takenAt: time)
      var samples = SampleBatch()
      for index in samplers.indices {
        samplers[index].append(frames, cameAt: arrivals, to: &samples)
      }
      return Moments(samples: samples, grouping: .byTime, time: time)
    case .lost:
      return Moments(
        samples: bad(silent, .badNoCommunication, at: time), grouping: .whole, time: time)
    default: return Moments(at: time)
    }
  }
}
