internal import CANCore
internal import CANSignals
internal import DBC
internal import IndustrialModel

/// The signals of the devices on one CAN bus, as the drivers of a bus and of a recording take them out of frames.
struct BusSignals: Sendable {
  private var samplers: [SignalSampler]

  /// Frames that are in no message of the database.
  var unknownFrames: UInt64 { samplers.map(\.unknownFrames).min() ?? 0 }

  init(_ database: Database, devices: [String], tags: TagRegistry) {
    samplers = devices.map { SignalSampler(database, device: $0, tags: tags) }
  }

  /// The samples of these frames, a moment for each time.
  mutating func moments(of frames: CANFrameBatch) -> Moments {
    var samples = SampleBatch()
    for index in samplers.indices { samplers[index].append(frames, to: &samples) }
    return Moments(samples: samples, grouping: .byTime)
  }
}
