internal import CANCore
internal import IndustrialModel
internal import MQTT

/// What came from a bus, before anything is made of it.
enum WireEvent: Sendable {
  /// Frames of a CAN bus, in their order, with the times of who recorded them.
  case frames(CANFrameBatch)
  /// Frames that this machine received itself, in their order, stamped by its own clock, which may be set.
  case received(CANFrameBatch)
  /// What the registers of a device held.
  case registers(RegisterRound)
  /// Messages of a broker, in their order.
  case messages([MQTTMessage])
  /// Values that need no decoding: made up, played, or read from the machine.
  case values(NamedValues)
  /// The bus is away: nobody may take its last values for living ones.
  case lost
  /// The bus is there again.
  case back
}

/// When something came, by both clocks of this machine.
struct WireTime: Sendable, Hashable {
  var gateway: Timestamp
  var monotonic: Int64

  static func now() -> WireTime {
    WireTime(gateway: .now(), monotonic: MonotonicClock.now())
  }

  /// What the gateway's clock, as it is set now, would have shown at an earlier moment: nanoseconds since 1970. Between two moments of one event no
  /// setting of the clock can lie.
  func gateway(at monotonic: Int64) -> Int64 {
    gateway.nanoseconds &- (self.monotonic &- monotonic)
  }
}

/// Values by the names of their tags.
struct NamedValues: Sendable, Hashable {
  struct Entry: Sendable, Hashable {
    /// The place of its name.
    var name: Int
    var value: Value
    var quality = Quality.good
  }

  /// The same array each time, so that whoever looks names up does it once.
  var names: [String]
  var entries: [Entry]
}

/// Makes samples of what comes from a bus. What it makes follows from the events alone, in their order: it reads no clock and
/// does no input or output.
protocol WireDecoder {
  mutating func decode(_ event: WireEvent, at time: WireTime) -> Moments
}

extension WireDecoder {
  func bad(_ tags: [TagID], _ quality: Quality, at time: WireTime) -> SampleBatch {
    SampleBatch(
      tags.map { tag in
        Sample(
          tag: tag, value: .none, quality: quality, gatewayTime: time.gateway,
          monotonicTime: time.monotonic)
      })
  }
}
