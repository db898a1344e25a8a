internal import Glibc
internal import IndustrialModel
internal import StoreForward
internal import Synchronization

extension GatewayRuntime {
  /// The answer to `status`: a line for the gateway, one for each lane of the buffer, each device and each sink.
  func statusAnswer() async -> ControlAnswer {
    let now = Timestamp.now()
    let configuration = configuration
    let status = status
    var lines = [gatewayLine(configuration, status, now)]
    lines += bufferLines(status)
    lines += deviceLines(configuration, now)
    for sink in status.sinks { lines.append(sinkLine(sink.name, sink.counts, now)) }
    return ControlAnswer(lines: lines)
  }

  private func gatewayLine(
    _ configuration: GatewayConfiguration, _ status: GatewayStatus, _ now: Timestamp
  ) -> OrderedJSON {
    let (version, since) = state.withLock { ($0.history.current.number, $0.configured) }
    return .object([
      ("kind", "gateway"), ("id", .string(configuration.id)), ("time", .string("\(now)")),
      ("process", .integer(Int(getpid()))), ("uptime_s", .seconds(started.duration(to: .now))),
      ("configuration", .integer(Int(version))), ("configured", .string("\(since)")),
      ("acquired", .count(status.acquired)), ("suppressed", .count(status.suppressed)),
      ("folded", .count(status.folded)), ("shed", .count(status.shed)),
      ("stored", .count(status.stored)), ("too_late", .count(status.tooLate)),
      ("condition", condition(of: "buffer")),
    ])
  }

  private func bufferLines(_ status: GatewayStatus) -> [OrderedJSON] {
    buffer.lanes.compactMap { lane in
      guard let store = buffer.store(of: lane) else { return nil }
      let metrics = store.metrics
      let (capacity, bytes) = (
        metrics.segmentLimit * metrics.segmentSize, metrics.segments * metrics.segmentSize
      )
      // The records that the slowest sink has still to get, of all that are there.
      let waiting = store.cursors.map(\.backlog).max() ?? 0
      let all = metrics.durableSequence &+ 1 &- metrics.oldestSequence
      let share = all > 0 ? Double(waiting) / Double(all) * Double(bytes) / Double(capacity) : 0
      return .object([
        ("kind", "buffer"), ("lane", .string("\(lane)")), ("capacity_bytes", .integer(capacity)),
        ("bytes", .integer(bytes)), ("waiting_records", .count(waiting)),
        ("fill_percent", .literal("\((min(share, 1) * 1000).rounded() / 10)")),
      ])
    }
  }

  private func deviceLines(
    _ configuration: GatewayConfiguration, _ now: Timestamp
  ) -> [OrderedJSON] {
    struct Tally {
      var tags = 0
      var good = 0
      var last: Timestamp?
    }
    var tallies: [Substring: Tally] = [:]
    let names = tags.names
    for sample in board.latest where Int(sample.tag.rawValue) < names.count {
      let device = names[Int(sample.tag.rawValue)].prefix { $0 != "/" }
      var tally = tallies[device] ?? Tally()
      tally.tags += 1
      if !sample.quality.isBad {
        tally.good += 1
        tally.last = max(tally.last ?? sample.gatewayTime, sample.gatewayTime)
      }
      tallies[device] = tally
    }
    return configuration.devices.map { device in
      let tally = tallies[device.name[...]] ?? Tally()
      var problem = condition(of: "bus \(device.bus), device \(device.name)")
      if case .null = problem { problem = condition(of: "bus \(device.bus)", alone: true) }
      return .object([
        ("kind", "device"), ("bus", .string(device.bus)), ("device", .string(device.name)),
        ("tags", .integer(tally.tags)), ("usable", .integer(tally.good)),
        ("last_answer", tally.last.map { .string("\($0)") } ?? .null),
        ("age_s", tally.last.map { .age(of: $0, at: now) } ?? .null), ("condition", problem),
      ])
    }
  }

  private func sinkLine(
    _ name: String, _ counts: GatewayStatus.SinkCounts, _ now: Timestamp
  ) -> OrderedJSON {
    let lag: OrderedJSON =
      counts.waitingRecords == 0 ? 0 : counts.newest.map { .age(of: $0, at: now) } ?? .null
    return .object([
      ("kind", "sink"), ("sink", .string(name)), ("delivered", .count(counts.delivered)),
      ("dead_lettered", .count(counts.deadLettered)), ("retries", .count(counts.retries)),
      ("evicted_records", .count(counts.evictedRecords)),
      ("damaged_records", .count(counts.damagedRecords)),
      ("waiting_records", .count(counts.waitingRecords)), ("lag_s", lag),
      ("condition", condition(of: "sink \(name)")),
    ])
  }

  private func condition(of source: String, alone: Bool = false) -> OrderedJSON {
    let found = events.conditions.first {
      alone ? $0.source == source : $0.source.isPart(of: source)
    }
    guard let condition = found else { return .null }
    return .object([
      ("level", .string(condition.level.rawValue)), ("since", .string("\(condition.time)")),
      ("message", .string(condition.message)),
    ])
  }
}

extension OrderedJSON {
  static func count(_ number: UInt64) -> OrderedJSON { .literal("\(number)") }

  fileprivate static func seconds(_ duration: Duration) -> OrderedJSON {
    .literal("\(((duration / .seconds(1)) * 1000).rounded() / 1000)")
  }

  fileprivate static func age(of time: Timestamp, at now: Timestamp) -> OrderedJSON {
    let (age, overflow) = now.nanoseconds.subtractingReportingOverflow(time.nanoseconds)
    return overflow ? .null : seconds(.nanoseconds(max(0, age)))
  }
}
