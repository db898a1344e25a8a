/// What one round of a plan costs on its wire.
public struct PlanCost: Sendable, Hashable {
  /// Requests.
  public var requests = 0
  /// Bytes sent, without the network's own.
  public var bytesSent = 0
  /// Bytes received when all is answered well.
  public var bytesReceived = 0
  /// Places read, wanted or not.
  public var places = 0
  /// How long the bytes and the silences between them occupy a serial line; nil on a network.
  public var lineTime: Duration?

  /// The cost of a round of `plan` on `endpoint`.
  ///
  /// A serial character is 11 bits. Devices take a time of their own to answer, which nobody can know beforehand; it comes on top.
  public init(_ plan: ReadPlan, on endpoint: ModbusEndpoint) {
    let overhead = endpoint.isRTU ? 3 : 7
    for block in plan.blocks {
      requests += 1
      places += block.count
      bytesSent += overhead + 5
      bytesReceived += overhead + 2 + ReadResult.replyByteCount(block)
    }
    if case .serial(let line) = endpoint.transport {
      let bits = Double((bytesSent + bytesReceived) * 11)
      let silence = Double(2 * requests) * Double(line.gap) / 1e9
      let seconds = bits / Double(max(1, line.baud)) + silence
      lineTime = .microseconds(Int64((seconds * 1e6).rounded()))
    }
  }

  /// The share of a period that the line is occupied, 1 for all of it; nil on a network.
  public func occupancy(every period: Duration) -> Double? {
    lineTime.map { $0 / period }
  }

  /// How old a value can be just before it is read again, answers at once assumed.
  public func worstAge(every period: Duration) -> Duration { period + (lineTime ?? .zero) }
}
