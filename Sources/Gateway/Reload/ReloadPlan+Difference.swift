internal import Formula

extension ReloadPlan {
  /// What is different.
  public init(from old: GatewayConfiguration, to new: GatewayConfiguration) {
    compareSettings(old, new)
    compareBuses(old, new)
    compareDevices(old, new)
    compareFormulas(old, new)
    compareRules(old, new)
    compareSinks(old, new)
    compare(
      .report, Dictionary(old.reports.map { ($0.name, $0) }) { $1 }, old.reports.map(\.name),
      Dictionary(new.reports.map { ($0.name, $0) }) { $1 }, new.reports.map(\.name))
  }

  private mutating func add(
    _ part: Part, _ name: String, _ action: Action, _ effect: Effect? = nil
  ) {
    changes.append(Change(part: part, name: name, action: action, effect: effect))
  }

  private mutating func compareSettings(
    _ old: GatewayConfiguration, _ new: GatewayConfiguration
  ) {
    if old.id != new.id { add(.gateway, "id", .changed, .restart) }
    if old.dataFolder != new.dataFolder { add(.gateway, "data", .changed, .restart) }
    if old.audit != new.audit { add(.gateway, "audit", .changed, .restart) }
    if old.server != new.server {
      let action: Action = old.server == nil ? .added : new.server == nil ? .removed : .changed
      add(.server, "metrics", action, .restart)
    }
    if old.journal != new.journal {
      let action: Action = old.journal == nil ? .added : new.journal == nil ? .removed : .changed
      add(.journal, "capacity", action, .restart)
    }
    if old.timeZone != new.timeZone { add(.gateway, "timezone", .changed) }
    if old.buffer.segment != new.buffer.segment { add(.buffer, "segment", .changed, .restart) }
    if old.buffer.capacity != new.buffer.capacity { add(.buffer, "capacity", .changed) }
    if old.buffer.whenFull != new.buffer.whenFull { add(.buffer, "when_full", .changed) }
  }

  /// Parts by their names, those that are gone first.
  private mutating func compare<Value: Equatable>(
    _ part: Part, _ old: [String: Value], _ oldNames: [String], _ new: [String: Value],
    _ newNames: [String], _ effect: (String, Action) -> Effect? = { _, _ in nil }
  ) {
    for name in oldNames where new[name] == nil {
      add(part, name, .removed, effect(name, .removed))
    }
    for name in newNames {
      guard let before = old[name] else {
        add(part, name, .added, effect(name, .added))
        continue
      }
      if before != new[name] { add(part, name, .changed, effect(name, .changed)) }
    }
  }

  /// A bus without devices is not read. One whose devices are others is opened again even if nothing else of it changed, and so is one
  /// whose topics may make other tags than before: it is told when it is opened which names are taken.
  private mutating func compareBuses(_ old: GatewayConfiguration, _ new: GatewayConfiguration) {
    let before = Dictionary(grouping: old.devices, by: \.bus)
    let after = Dictionary(grouping: new.devices, by: \.bus)
    let known = Dictionary(old.buses.map { ($0.name, $0) }) { $1 }
    let names = Set(new.buses.map(\.name))
    let reserved: Set<String> =
      old.tagForms.isEmpty ? [] : old.reservedTags.symmetricDifference(new.reservedTags)
    for bus in old.buses where !names.contains(bus.name) {
      add(.bus, bus.name, .removed, before[bus.name] == nil ? nil : .closed)
    }
    for bus in new.buses {
      guard let past = known[bus.name] else {
        add(.bus, bus.name, .added, after[bus.name] == nil ? nil : .opened)
        continue
      }
      switch (before[bus.name], after[bus.name]) {
      case (nil, nil): if past != bus { add(.bus, bus.name, .changed) }
      case (nil, _): add(.bus, bus.name, .changed, .opened)
      case (_, nil): add(.bus, bus.name, .changed, .closed)
      case (let devices, let others):
        if past != bus || devices != others
          || reserved.contains(where: new.tagForms(on: bus.name).contains)
        {
          add(.bus, bus.name, .changed, .reopened)
        }
      }
    }
  }

  /// Has buses opened again whose topics may make some of these tags: what their drivers were told of them holds no more.
  mutating func reopenBuses(of new: GatewayConfiguration, forTags names: Set<String>) {
    guard !names.isEmpty else { return }
    let opened = Set(startedBuses + changedBuses)
    let concerned = new.buses.map(\.name).filter { bus in
      !opened.contains(bus) && names.contains(where: new.tagForms(on: bus).contains)
    }
    let first: Set<Part> = [.gateway, .buffer, .journal, .server, .bus]
    let place = changes.lastIndex { first.contains($0.part) }.map { $0 + 1 } ?? 0
    changes.insert(
      contentsOf: concerned.map {
        Change(part: .bus, name: $0, action: .changed, effect: .reopened)
      }, at: place)
  }

  private mutating func compareDevices(_ old: GatewayConfiguration, _ new: GatewayConfiguration) {
    let before = Dictionary(old.devices.map { ($0.name, $0) }) { $1 }
    let after = Dictionary(new.devices.map { ($0.name, $0) }) { $1 }
    compare(.device, before, old.devices.map(\.name), after, new.devices.map(\.name))
    let oldBuses = Dictionary(old.buses.map { ($0.name, $0.transport) }) { $1 }
    let newBuses = Dictionary(new.buses.map { ($0.name, $0.transport) }) { $1 }
    for device in old.devices where after[device.name] == nil {
      for name in device.tagNames(on: oldBuses[device.bus]) { add(.tag, name, .removed) }
    }
    for device in new.devices {
      guard let past = before[device.name] else {
        for name in device.tagNames(on: newBuses[device.bus]) { add(.tag, name, .added) }
        continue
      }
      let (bus, other) = (oldBuses[past.bus], newBuses[device.bus])
      guard past != device || bus != other else { continue }
      // What its tags are does not depend on where the other end of the wire is.
      let (names, others) = (past.tagNames(on: bus), device.tagNames(on: other))
      let (known, wanted) = (Set(names), Set(others))
      for name in names where !wanted.contains(name) { add(.tag, name, .removed) }
      let (tags, newTags) = (past.tagsByName, device.tagsByName)
      let isAnother = past.unit != device.unit || past.every != device.every
      for name in others {
        if !known.contains(name) {
          add(.tag, name, .added)
        } else if tags[name] != newTags[name] || isAnother {
          add(.tag, name, .changed)
        }
      }
    }
  }

  private mutating func compareFormulas(
    _ old: GatewayConfiguration, _ new: GatewayConfiguration
  ) {
    let before = Dictionary(old.formulas.map { ($0.tag, $0) }) { $1 }
    let after = Dictionary(new.formulas.map { ($0.tag, $0) }) { $1 }
    compare(
      .formula, before, old.formulas.map(\.tag), after, new.formulas.map(\.tag)
    ) { name, action in
      guard action == .changed, let past = before[name], let new = after[name] else { return nil }
      return Self.forgets(past.expression, new.expression, name) ? .forgets : nil
    }
  }

  /// Whether a call with memory of the old formula is not in the new one.
  private static func forgets(_ old: String, _ new: String, _ name: String) -> Bool {
    guard old != new, let past = compiled(old, name), past.isStateful else { return false }
    guard let formula = compiled(new, name), formula.isStateful,
      let (_, kept) = try? formula.makeState(from: past.makeState().bytes)
    else { return true }
    return kept < past.makeState().callCount
  }

  private static func compiled(_ expression: String, _ name: String) -> CompiledFormula? {
    FormulaSet.compile([(name, expression)], options: FormulaOptions(names: nil)).0?.members.first?
      .formula
  }

  private mutating func compareRules(_ old: GatewayConfiguration, _ new: GatewayConfiguration) {
    guard old.processing != new.processing else { return }
    let ends = WindowEnds(from: old, to: new)
    // What a device has of its group may have the pattern of a rule of `processing`.
    for isOfGroup in [false, true] {
      let (past, now) = (old.rules(isOfGroup: isOfGroup), new.rules(isOfGroup: isOfGroup))
      compare(
        .rule, Dictionary(past.map { ($0.pattern, $0) }) { $1 }, past.map(\.pattern),
        Dictionary(now.map { ($0.pattern, $0) }) { $1 }, now.map(\.pattern)
      ) { pattern, _ in
        ends.areCaused(by: pattern, isOfGroup: isOfGroup) ? .closesWindows : nil
      }
    }
  }

  private mutating func compareSinks(_ old: GatewayConfiguration, _ new: GatewayConfiguration) {
    func described(
      _ configuration: GatewayConfiguration
    ) -> [String: SinkDescription] {
      Dictionary(
        configuration.sinks.map {
          ($0.name, SinkDescription(sink: $0, withheld: configuration.withheld[$0.name]))
        }
      ) { $1 }
    }
    compare(
      .sink, described(old), old.sinks.map(\.name), described(new), new.sinks.map(\.name)
    ) { _, action in
      switch action {
      case .added: .opened
      case .removed: .closed
      case .changed: .reopened
      }
    }
  }

  /// A sink, and what it does not get.
  private struct SinkDescription: Equatable {
    var sink: GatewayConfiguration.Destination
    var withheld: [String]?
  }
}

extension GatewayConfiguration.Device {
  private enum Tag: Equatable {
    case register(RegisterTag)
    case message(MessageTag)
    case simulated(SimulatedTag)
  }

  /// How each tag that the device itself describes is made; kinds whose tags stand elsewhere have none.
  fileprivate var tagsByName: [String: some Equatable] {
    var all: [String: Tag] = [:]
    for tag in tags { all["\(name)/\(tag.name)"] = .register(tag) }
    for tag in messages { all["\(name)/\(tag.name)"] = .message(tag) }
    for tag in simulated { all["\(name)/\(tag.name)"] = .simulated(tag) }
    return all
  }

  /// The tags of the device; none where their names can't be read now.
  fileprivate func tagNames(on transport: GatewayConfiguration.Transport?) -> [String] {
    let own =
      tags.map { "\(name)/\($0.name)" } + messages.map { "\(name)/\($0.name)" }
      + simulated.map { "\(name)/\($0.name)" }
    guard own.isEmpty, let transport else { return own }
    let bus = GatewayConfiguration.Bus(name: bus, transport: transport)
    let alone = GatewayConfiguration(id: "", dataFolder: "", buses: [bus], devices: [self])
    return alone.knownTags()?.sorted() ?? []
  }
}
