internal import Formula
internal import IndustrialModel
internal import Sinks
internal import StoreForward
internal import Synchronization

extension GatewayRuntime {
  /// Goes on with another configuration, while it runs and without losing a sample.
  ///
  /// What did not change is not touched: connections, formulas with memory, windows, the places of the sinks. A bus whose
  /// description or devices changed is closed and opened again. `gateway.id`, `gateway.data` and `buffer.segment` can't change.
  ///
  /// - Returns: What was done.
  /// - Throws: `ConfigurationError`, `SinkError` or `StoreError` for what can't work; the gateway then goes on as before.
  @discardableResult
  public func reload(_ new: GatewayConfiguration) async throws -> ReloadReport {
    let old = try beginReload(new)
    defer { state.withLock { $0.isReloading = false } }
    var result = ReloadReport()

    // All that can fail comes first, and changes nothing.
    var drivers: [(bus: String, driver: any Driver)] = []
    for bus in new.buses where new.isRead(bus.name) {
      guard old.isRead(bus.name) else {
        result.startedBuses.append(bus.name)
        drivers += try new.makeDrivers(tags: tags) { $0 == bus.name }
        continue
      }
      guard !old.isSame(bus.name, in: new) else { continue }
      result.changedBuses.append(bus.name)
      drivers += try new.makeDrivers(tags: tags) { $0 == bus.name }
    }
    result.stoppedBuses = old.buses.map(\.name).filter { old.isRead($0) && !new.isRead($0) }
    let names = new.knownTags() ?? Set(tags.names)
    let forms = new.tagForms
    let formulas = try new.checkedFormulas(known: names)
    result.changedStages = old.formulas != new.formulas || old.processing != new.processing
    if old.buffer.capacity != new.buffer.capacity {
      try await buffer.resize(to: new.buffer.capacity)
    }
    try await changeSinks(from: old, to: new, &result)

    await acquisition.beginChange()
    for bus in result.stoppedBuses + result.changedBuses { await acquisition.stop(bus) }
    if result.changedStages || !drivers.isEmpty || !result.stoppedBuses.isEmpty {
      var change = Moments(samples: SampleBatch(), grouping: .whole)
      change.change = StageChange(
        formulas, rules: new.processing, names: Array(names), forms: forms,
        memory: memory, board: board)
      await intake.putDurably(change)
    }
    board.forget(in: tags) { name in
      let device = name.prefix { $0 != "/" }
      return !new.devices.contains { $0.name == device } && !forms.contains(name)
        && !new.formulas.contains { $0.tag == name || name.hasPrefix($0.tag + ".") }
    }
    for (bus, driver) in drivers { await acquisition.start(bus, driver) }
    state.withLock { $0.configuration = new }
    await acquisition.endChange()
    return result
  }

  /// Only one at a time, while it runs, and not what needs a restart.
  private func beginReload(
    _ new: GatewayConfiguration
  ) throws(ConfigurationError) -> GatewayConfiguration {
    let old = configuration
    var problems: [ConfigurationError.Problem] = []
    for (path, isSame) in [
      ("gateway.id", old.id == new.id), ("gateway.data", old.dataFolder == new.dataFolder),
      ("buffer.segment", old.buffer.segment == new.buffer.segment),
    ] where !isSame {
      problems.append(
        .init(
          path: path, message: "'\(path)' can't change while the gateway runs",
          advice: "take it back, or restart the gateway; nothing was changed"))
    }
    guard problems.isEmpty else { throw ConfigurationError(file: nil, problems: problems) }
    let isFree = state.withLock { state in
      guard state.isRunning, !state.isReloading else { return false }
      state.isReloading = true
      return true
    }
    guard isFree else {
      throw ConfigurationError(
        "the gateway does not run, or reloads already", at: "", advice: "try again in a moment")
    }
    return old
  }

  /// Opens all sinks that are new or different before any of them gets a sample: when one can't be opened, those before are
  /// as they were, and nothing went to the wrong place.
  private func changeSinks(
    from old: GatewayConfiguration, to new: GatewayConfiguration, _ result: inout ReloadReport
  ) async throws {
    var added: [SinkRunner] = []
    var changed: [SinkRunner] = []
    do {
      for sink in new.sinks {
        guard let before = old.sinks.first(where: { $0.name == sink.name }) else {
          added.append(try await makeRunner(sink, of: new))
          continue
        }
        guard before != sink else { continue }
        changed.append(try await reopen(sink, of: new))
      }
    } catch {
      for runner in added {
        await runner.sink.close()
        board.removeSink(runner.index)
      }
      for runner in changed { await runner.sink.close() }
      for runner in changed { await forwarding.park(runner) }
      await putBackSinks(of: old)
      throw error
    }
    for runner in added + changed { await forwarding.start(runner) }
    for sink in old.sinks where !new.sinks.contains(where: { $0.name == sink.name }) {
      result.stoppedSinks.append(sink.name)
      if let runner = await forwarding.stop(sink.name) { board.removeSink(runner.index) }
    }
    result.startedSinks = added.map(\.name)
    result.changedSinks = changed.map(\.name)
  }

  private func makeRunner(
    _ sink: GatewayConfiguration.Destination, of configuration: GatewayConfiguration
  ) async throws -> SinkRunner {
    try await Self.makeRunner(
      sink, of: configuration, buffer: buffer, tags: tags, board: board, report: report)
  }

  /// A runner for another sink in the place of the one of this name, which is closed first: both may want the same file.
  private func reopen(
    _ sink: GatewayConfiguration.Destination, of configuration: GatewayConfiguration
  ) async throws -> SinkRunner {
    guard var runner = await forwarding.stop(sink.name) else {
      return try await makeRunner(sink, of: configuration)
    }
    do {
      try await runner.places.rewind()
      runner.sink = try sink.makeSink(
        gateway: configuration.id, buffer: buffer.identity, tags: tags)
      runner.isLiveFirst = sink.backlog == .liveFirst
      return runner
    } catch {
      // The place in the store stays with this runner until it can go on.
      await forwarding.park(runner)
      throw error
    }
  }

  /// After a reload that failed: the sinks that were stopped for it go on as before.
  private func putBackSinks(of old: GatewayConfiguration) async {
    for name in await forwarding.parkedNames {
      guard let sink = old.sinks.first(where: { $0.name == name }) else { continue }
      do {
        await forwarding.start(try await reopen(sink, of: old))
      } catch {
        report(
          GatewayEvent(
            .error, source: "sink \(name)",
            "can't go on as before after a reload that failed; restart the gateway. \(error)"))
      }
    }
  }
}

extension GatewayConfiguration {
  /// Whether there is such a bus, with devices on it.
  fileprivate func isRead(_ bus: String) -> Bool {
    buses.contains { $0.name == bus } && devices.contains { $0.bus == bus }
  }

  /// Whether a bus and its devices are the same in another configuration.
  fileprivate func isSame(_ bus: String, in other: GatewayConfiguration) -> Bool {
    buses.first { $0.name == bus } == other.buses.first { $0.name == bus }
      && devices.filter { $0.bus == bus } == other.devices.filter { $0.bus == bus }
  }
}
