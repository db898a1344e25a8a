internal import Formula
internal import IndustrialModel
internal import Sinks
internal import StoreForward
internal import Synchronization

extension GatewayRuntime {
  /// Goes on with another configuration, while it runs and without losing a sample.
  ///
  /// What did not change is not touched: connections, formulas with memory, windows, the places of the sinks. A bus whose
  /// description or devices changed is closed and opened again. `gateway.id`, `gateway.data`, `gateway.audit`,
  /// `buffer.segment`, `journal` and `server` can't change.
  ///
  /// All that can fail comes first. When something does, the gateway goes on as before; a sink whose description changed has
  /// then been closed and opened again as it was.
  ///
  /// - Parameters:
  ///   - new: The other configuration.
  ///   - actor: Who wants it, for the audit trail; nil for the user who runs the process.
  /// - Returns: What was done.
  /// - Throws: `ConfigurationError`, `SinkError` or `StoreError` for what can't work; the gateway then goes on as before.
  @discardableResult
  public func reload(_ new: GatewayConfiguration, by actor: String? = nil) async throws
    -> ReloadPlan
  {
    try await reload(reading: { new }, by: actor)
  }

  #if Gateway
    /// Reads a configuration file and goes on with it: see `reload(_:by:)`. One that is wrong is refused, and the audit trail says so.
    @discardableResult
    public func reload(contentsOf path: String, by actor: String? = nil) async throws
      -> ReloadPlan
    {
      try await reload(reading: { try GatewayConfiguration(contentsOf: path) }, by: actor)
    }
  #endif

  /// The end of the gateway waits for this, whatever comes of it: no sink is left behind, and the stop is the last that the trail has.
  /// Once the end has begun nothing is read any more, and nothing is written into the trail.
  private func reload(
    reading new: () throws -> GatewayConfiguration, by actor: String?
  ) async throws -> ReloadPlan {
    guard await acquisition.beginChange() else {
      throw ConfigurationError(
        "the gateway ends", at: "", advice: "start it again with the other configuration")
    }
    do {
      let plan = try await apply(reading: new, by: actor)
      await acquisition.endChange()
      return plan
    } catch {
      await refused("\(error)", by: actor)
      await acquisition.endChange()
      throw error
    }
  }

  /// Writes into the audit trail that somebody wanted another configuration that could not be had.
  func refused(_ reason: String, by actor: String?) async {
    await audit.refused(history, because: reason, by: actor ?? LocalUser.current)
  }

  /// Nothing is read or compared before it is this one's turn: the one before it may have changed both.
  private func apply(
    reading read: () throws -> GatewayConfiguration, by actor: String?
  ) async throws -> ReloadPlan {
    let old = try beginReload()
    defer { state.withLock { $0.isReloading = false } }
    let new = try read()
    let planned = try makePlan(from: old, to: new)
    try new.checkBuffer()
    let tagNames = try tagNames(of: new, planned)
    let known = tagNames.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    // The plan goes by the files of now. The drivers that stay go by those of then.
    let reserved = new.reservedNames(known)
    var revised = planned
    revised.reopenBuses(
      of: new, forTags: state.withLock { $0.reserved }.symmetricDifference(reserved))
    let plan = revised
    let opening = Set(plan.startedBuses + plan.changedBuses)
    let drivers = try new.makeDrivers(tags: tags, reserved: reserved) { opening.contains($0) }
    let formulas = try new.checkedFormulas(ofOwn: known)
    let sinks = try await prepareSinks(plan, from: old, to: new)
    if old.buffer != new.buffer {
      // The last, because a smaller one can't get back what it let go.
      do {
        try await buffer.change(to: new.buffer)
      } catch {
        await abandon(sinks, of: old)
        throw error
      }
    }

    // From here on nothing fails.
    await exchange(sinks, plan)
    try? await forgetPlaces(of: new)
    for bus in plan.stoppedBuses + plan.changedBuses { await acquisition.stop(bus) }
    let before = history
    var after = before
    after.enter(new.text, report: report)
    var change = Moments(samples: SampleBatch(), grouping: .whole)
    if plan.changedStages || !drivers.isEmpty || !plan.stoppedBuses.isEmpty {
      change.change = StageChange(
        formulas, rules: new.processing, names: known.sorted(), forms: new.tagForms, memory: memory,
        board: board)
    }
    if before.current != after.current { change.configurationVersion = after.current.number }
    change.reload = JournalChange(
      configuration: JournaledConfiguration(
        version: after.current.number, text: new.text?.yaml),
      changesStages: change.change != nil, changesVersion: change.configurationVersion != nil,
      opened: plan.startedBuses + plan.changedBuses, closed: plan.stoppedBuses)
    if change.change != nil || change.configurationVersion != nil {
      await self.change(change, to: new.tagSet(known))
    }
    let gone = plan.stoppedBuses + plan.changedBuses
    events.forget { source in gone.contains { source.isPart(of: "bus \($0)") } }
    for (bus, driver) in drivers { await acquisition.start(bus, driver) }
    state.withLock { state in
      state.configuration = new
      state.history = after
      state.tagNames = tagNames
      state.reserved = reserved
      if !plan.isEmpty { state.configured = .now() }
    }
    warnOfSchedules(of: new, on: plan.startedBuses + plan.changedBuses)
    if !plan.isEmpty || before.current != after.current {
      await audit.reloaded(from: before, to: after, by: actor ?? LocalUser.current)
    }
    return plan
  }

  /// The tags of each bus: of those that are opened what their files say now, of the others what their drivers go by.
  private func tagNames(
    of new: GatewayConfiguration, _ plan: ReloadPlan
  ) throws(ConfigurationError) -> [String: Set<String>] {
    var names = state.withLock { $0.tagNames }
    for bus in plan.stoppedBuses { names[bus] = nil }
    for bus in plan.startedBuses + plan.changedBuses {
      guard let known = new.knownTags(of: { $0 == bus }) else {
        // Its driver says what is wrong.
        _ = try new.makeDrivers(tags: TagRegistry(), reserved: []) { $0 == bus }
        throw ConfigurationError(
          "its database or recording could be read, and then no more", at: "buses.\(bus)",
          advice: "reload again when the file is there")
      }
      names[bus] = known
    }
    return names
  }

  /// Has the lane go on in another way, after the samples of the old one and before those of the new.
  ///
  /// - Parameter tagSet: The tags that there are from then on.
  private func change(_ change: Moments, to tagSet: TagSet) async {
    var change = change
    change.onStored = { [board, tags] _ in
      board.forget(in: tags) { !tagSet.contains($0) }
    }
    if await !intake.change(change) {
      report(
        GatewayEvent(
          .info, source: "configuration",
          "formulas and processing change when there is room in the buffer"))
    }
  }

  /// Takes the turn of the only reload at a time, while the gateway runs; it is to be given back.
  ///
  /// - Returns: The configuration that holds until then.
  private func beginReload() throws(ConfigurationError) -> GatewayConfiguration {
    let present = state.withLock { state -> GatewayConfiguration? in
      guard state.isRunning, !state.isReloading else { return nil }
      state.isReloading = true
      return state.configuration
    }
    guard let configuration = present else {
      throw ConfigurationError(
        "the gateway does not run, or reloads already", at: "", advice: "try again in a moment")
    }
    return configuration
  }

  /// What is different; not where some of it needs a restart.
  private func makePlan(
    from old: GatewayConfiguration, to new: GatewayConfiguration
  ) throws(ConfigurationError) -> ReloadPlan {
    let plan = ReloadPlan(from: old, to: new)
    let problems = plan.needsRestart.map { path in
      ConfigurationError.Problem(
        path: path, message: "'\(path)' can't change while the gateway runs",
        advice: "take it back, or restart the gateway; nothing was changed")
    }
    guard problems.isEmpty else { throw ConfigurationError(file: nil, problems: problems) }
    return plan
  }

  /// Sinks that are open and get nothing yet.
  private struct PreparedSinks {
    var added: [SinkRunner] = []
    var changed: [SinkRunner] = []
    /// Those that have had no place in the buffer before.
    var newPlaces: [String] = []
  }

  /// Opens all sinks that are new or different before any of them gets a sample: when one can't be opened, those before are
  /// as they were, and nothing went to the wrong place.
  private func prepareSinks(
    _ plan: ReloadPlan, from old: GatewayConfiguration, to new: GatewayConfiguration
  ) async throws -> PreparedSinks {
    var prepared = PreparedSinks()
    // Those too that could not go on after a reload before this one.
    let reopened = Set(await plan.changedSinks + forwarding.parkedNames)
    let added = Set(plan.startedSinks)
    do {
      for sink in new.sinks {
        if added.contains(sink.name) {
          if !buffer.hasPlace(sink.name) { prepared.newPlaces.append(sink.name) }
          prepared.added.append(try await makeRunner(sink, of: new))
        } else if reopened.contains(sink.name) {
          prepared.changed.append(try await reopen(sink, of: new))
        }
      }
    } catch {
      await abandon(prepared, of: old)
      throw error
    }
    return prepared
  }

  private func abandon(_ prepared: PreparedSinks, of old: GatewayConfiguration) async {
    for runner in prepared.added {
      await runner.sink.close()
      runner.places.close()
      board.removeSink(runner.index)
    }
    try? await buffer.removePlaces(of: prepared.newPlaces)
    books.dropSinksOnTrial()
    for runner in prepared.changed { await runner.sink.close() }
    for runner in prepared.changed { await forwarding.park(runner) }
    await putBackSinks(of: old)
  }

  private func exchange(_ prepared: PreparedSinks, _ plan: ReloadPlan) async {
    books.settleSinks()
    for runner in prepared.added + prepared.changed { await forwarding.start(runner) }
    for name in plan.stoppedSinks {
      guard let runner = await stopSink(name) else { continue }
      // Of one that waited for a reload nobody told the last losses.
      runner.showPlace(isEnd: true)
      runner.places.close()
      board.removeSink(runner.index)
    }
  }

  /// Ends the deliveries to a sink. What was wrong with it is forgotten once nothing more comes from it: what goes on in its place
  /// tells anew what is wrong, and nobody else would tell the end.
  private func stopSink(_ name: String) async -> SinkRunner? {
    let runner = await forwarding.stop(name)
    events.forget { $0.isPart(of: "sink \(name)") }
    return runner
  }

  private func makeRunner(
    _ sink: GatewayConfiguration.Destination, of configuration: GatewayConfiguration
  ) async throws -> SinkRunner {
    try await Self.makeRunner(
      sink, of: configuration, buffer: buffer, books: books, keeper: keeper, tags: tags,
      board: board,
      report: report)
  }

  /// A runner for another sink in the place of the one of this name, which is closed first: both may want the same file.
  private func reopen(
    _ sink: GatewayConfiguration.Destination, of configuration: GatewayConfiguration
  ) async throws -> SinkRunner {
    guard var runner = await stopSink(sink.name) else {
      return try await makeRunner(sink, of: configuration)
    }
    do {
      try await runner.places.rewind()
      runner.sink = try configuration.openSink(
        sink, buffer: buffer.identity, tags: tags)
      runner.isLiveFirst = sink.backlog == .liveFirst
      runner.inFlight = configuration.inFlightBatch(of: sink, buffer: buffer.identity)
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
            "can't go on as before after a reload that failed; reload or restart. \(error)",
            phase: .begins))
      }
    }
  }
}

extension String {
  /// Whether the source of an event is a part of a gateway or belongs to it: `bus plc` has `bus plc, device pump`.
  func isPart(of source: String) -> Bool {
    self == source || hasPrefix(source + ",") || hasPrefix(source + " (")
  }
}
