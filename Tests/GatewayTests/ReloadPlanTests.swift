import Foundation
import MQTT
import Modbus
import Sinks
import Testing

@testable import Gateway

@Suite("What a reload would do is told beforehand")
struct ReloadPlanTests {
  @Test("the same configuration makes no plan")
  func same() {
    #expect(ReloadPlan(from: base(), to: base()).isEmpty)
    #expect("\(ReloadPlan(from: base(), to: base()))" == "nothing changed")
  }

  @Test("buses, devices and tags")
  func wires() {
    expect("device p2 added | tag p2/x added | bus plc changed: its connection is opened again") {
      $0.devices.append(device("p2", ["x"]))
    }
    expect(
      "bus plc changed: its connection is opened again | device p1 changed | tag p1/b removed | tag p1/a changed | tag p1/c added"
    ) { new in
      new.devices[0].tags[0].scale = 2
      new.devices[0].tags[1] = RegisterTag(name: "c", table: .holding, address: 1)
    }
    expect("bus plc changed: its connection is opened again") {
      $0.buses[0].transport = .modbusTCP(host: "b", port: 502, timeout: .seconds(1))
    }
    // A slower device has the same tags, read at other times.
    expect(
      "bus plc changed: its connection is opened again | device p1 changed | tag p1/a changed | tag p1/b changed"
    ) { $0.devices[0].every = .seconds(9) }
    expect("bus plc removed: is closed | device p1 removed | tag p1/a removed | tag p1/b removed") {
      $0.buses.removeFirst()
      $0.devices.removeFirst()
    }
    expect("bus spare changed: is opened | device s added | tag s/x added") {
      $0.devices.append(.init(name: "s", bus: "spare", simulated: [SimulatedTag(name: "x")]))
    }
    expect("bus other added") { $0.buses.append(.init(name: "other", transport: .simulator)) }
  }

  @Test("formulas say whether they forget, rules whether they end windows")
  func stages() {
    expect("formula f/t changed: begins anew, all or some of what it remembers") {
      $0.formulas[0].expression = "integral({p1/b})"
    }
    expect("formula f/t changed") { $0.formulas[0].expression = "integral({p1/a}) * 2" }
    expect("formula f/t removed | formula f/u added") { $0.formulas[0].tag = "f/u" }
    expect("rule p1/* changed: windows that are open are stored as they are") {
      $0.processing[0].window?.length = .seconds(5)
    }
    expect("rule p1/* changed") { $0.processing[0].maximum = 7 }
    // It takes a tag out of the windows that the other rule gives it; one with the same windows does not.
    expect("rule p1/a added: windows that are open are stored as they are") {
      var rule = ProcessingRule("p1/a")
      rule.minimum = 0
      $0.processing.append(rule)
    }
    expect("rule p1/a added") {
      var rule = $0.processing[0]
      rule.pattern = "p1/a"
      rule.minimum = 0
      $0.processing.append(rule)
    }
    expect("rule p1/* removed: windows that are open are stored as they are") {
      $0.processing = []
    }
    expect("rule p2/* added") {
      var rule = ProcessingRule("p2/*")
      rule.window = .init(length: .seconds(1))
      $0.processing.append(rule)
    }
  }

  @Test("a bus is opened again when its topics may make other tags")
  func topics() {
    var old = base()
    old.buses.append(
      .init(
        name: "broker",
        transport: .mqtt(MQTTEndpoint(MQTTAddress(host: "h")), filter: "#")))
    old.devices.append(
      .init(
        name: "{device}", bus: "broker",
        messages: [MessageTag(name: "level", topic: "plant/{device}")]))
    old.formulas.append(.init(tag: "tank/level", expression: "{p1/a}"))
    func changes(_ change: (inout GatewayConfiguration) -> Void) -> [String] {
      var new = old
      change(&new)
      return ReloadPlan(from: old, to: new).changes.map { "\($0)" }
    }
    let reopened = "bus broker changed: its connection is opened again"
    #expect(changes { $0.formulas.removeLast() } == [reopened, "formula tank/level removed"])
    #expect(
      changes { $0.formulas.append(.init(tag: "vat/level", expression: "1")) }
        == [reopened, "formula vat/level added"])
    #expect(changes { $0.formulas.removeFirst() } == ["formula f/t removed"])
    #expect(changes { $0.formulas[1].expression = "{p1/b}" } == ["formula tank/level changed"])
    /// What is done when its driver was told other names than the files of now have.
    func revised(_ names: Set<String>, _ change: (inout GatewayConfiguration) -> Void) -> [String] {
      var new = old
      change(&new)
      var plan = ReloadPlan(from: old, to: new)
      plan.reopenBuses(of: new, forTags: names)
      return plan.changes.map { "\($0)" }
    }
    #expect(revised(["vat/level"]) { _ in } == [reopened])
    #expect(revised(["p1/c", "vat/height"]) { _ in } == [])
    // Once is enough, and in the place of buses.
    #expect(
      revised(["vat/level"]) { $0.formulas.removeLast() }
        == [reopened, "formula tank/level removed"])
    #expect(
      revised(["vat/level"]) { $0.formulas.removeFirst() } == [reopened, "formula f/t removed"])
  }

  @Test("sinks, the buffer, and what needs a restart")
  func others() {
    expect("sink a changed: is opened again and goes on at its place") {
      $0.withheld["a"] = ["p1/*"]
    }
    expect("sink a removed: gets nothing any more") { $0.sinks = [] }
    expect("sink b added: begins with the oldest samples of the buffer") {
      $0.sinks.append(.init(name: "b", kind: .file(path: "b", format: .csv)))
    }
    expect("gateway id changed: needs a restart | buffer segment changed: needs a restart") {
      $0.id = "x"
      $0.buffer.segment *= 2
    }
    expect("buffer capacity changed | buffer when_full changed") {
      $0.buffer.capacity *= 2
      $0.buffer.whenFull = .wait
    }
    var new = base()
    new.dataFolder = "elsewhere"
    #expect(ReloadPlan(from: base(), to: new).needsRestart == ["gateway.data"])
  }

  @Test("a line of JSON says the same, and is read back")
  func lines() throws {
    var new = base()
    new.sinks = []
    let change = try #require(ReloadPlan(from: base(), to: new).changes.first)
    #expect(
      change.jsonLine == #"{"part":"sink","name":"a","action":"removed","effect":"closed"}"#)
    #expect(
      ReloadPlan.Change(part: "sink", name: "a", action: "removed", effect: "closed") == change)
    #expect(ReloadPlan.Change(part: "sunk", name: "a", action: "removed", effect: nil) == nil)
  }

  // MARK: -

  /// The changes, in any order.
  private func expect(
    _ words: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout GatewayConfiguration) -> Void
  ) {
    var new = base()
    change(&new)
    let found = ReloadPlan(from: base(), to: new).changes.map { "\($0)" }
    #expect(
      found.sorted() == words.components(separatedBy: " | ").sorted(),
      sourceLocation: sourceLocation)
  }

  private func device(_ name: String, _ tags: [String]) -> GatewayConfiguration.Device {
    .init(
      name: name, bus: "plc",
      tags: tags.enumerated().map {
        RegisterTag(name: $1, table: .holding, address: UInt16($0))
      })
  }

  private func base() -> GatewayConfiguration {
    var rule = ProcessingRule("p1/*")
    rule.window = .init(length: .seconds(60))
    return GatewayConfiguration(
      id: "g", dataFolder: "d",
      buses: [
        .init(
          name: "plc", transport: .modbusTCP(host: "a", port: 502, timeout: .seconds(1))),
        .init(name: "spare", transport: .simulator),
      ], devices: [device("p1", ["a", "b"])],
      formulas: [.init(tag: "f/t", expression: "integral({p1/a})")], processing: [rule],
      sinks: [.init(name: "a", kind: .file(path: "a", format: .csv))])
  }
}
