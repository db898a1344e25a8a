import Foundation
import Glibc
import Modbus
import StoreForward
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("A gateway goes on with another configuration", .timeLimit(.minutes(15)))
struct ReloadTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a hundred times under load: no number is missing anywhere, untouched buses stay connected")
  func underLoad() async throws {
    let server = try ModbusServer(port: 0)
    var configuration = configuration()
    configuration.buses.append(
      .init(
        name: "plc",
        transport: .modbusTCP(host: "127.0.0.1", port: server.port, timeout: .seconds(2))))
    configuration.devices.append(
      .init(
        name: "pump", bus: "plc", every: .milliseconds(1),
        tags: [RegisterTag(name: "a", table: .holding, address: 0)]))
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { gateway in
      let pump = gateway.latest.first { gateway.tags.name(of: $0.tag) == "pump/a" }
      guard gateway.status.stored > 100, pump?.quality.isGood == true else { return false }
      let connection = try connections(to: server.port)
      #expect(connection.count == 1)
      for round in 0..<100 {
        configuration.devices[0].every = .milliseconds(1 + round % 3)
        configuration.formulas = [
          .init(tag: "f/count", expression: "count_if({pump/a} >= 0)"),
          .init(tag: "f/other", expression: "{sim/s} + \(round)"),
        ]
        configuration.sinks[1].kind = .file(
          path: folder.file("b.jsonl"), format: .jsonl,
          rotation: FileRotation(size: 1 << 30 + round))
        if round % 10 == 5 {
          configuration.sinks.append(
            .init(
              name: "c\(round)",
              kind: .file(path: folder.file("c\(round).jsonl"), format: .jsonl)))
        }
        let result = try await gateway.reload(configuration)
        #expect(result.changedSinks == ["b"])
        #expect(result.changedBuses == (round == 0 ? [] : ["made-up"]))
        #expect(result.changedStages)
      }
      #expect(try connections(to: server.port) == connection)
      return true
    }
    let status = gateway.status
    #expect(status.acquired == status.stored)
    #expect(status.sinks.count == 12)
    let all = Array(1...status.stored)
    #expect(try Set(numbers("a.jsonl")) == Set(all) && numbers("a.jsonl").count == all.count)
    #expect(try Set(numbers("b.jsonl")) == Set(all))
    #expect(try Set(numbers("c95.jsonl")) == Set(all))
    // A formula that did not change counts on.
    let counts = try values("a.jsonl", of: "f/count")
    #expect(
      counts.first.map { $0 >= 1 } == true && zip(counts, counts.dropFirst()).allSatisfy { $0 < $1 }
    )
    #expect(counts.count > 50)
  }

  @Test(
    "a hundred times under load: the device sees one connection, and each of its answers is stored",
    .enabled(if: PeerProcess.find("python3") != nil, "python3 is not installed"))
  func unnoticed() async throws {
    let script = URL(filePath: #filePath)
      .appending(path: "../../Fixtures/modbus/counting_server.py").standardized.path
    try folder.write("", to: "seen")
    let server = try PeerProcess(
      try #require(PeerProcess.find("python3")), [script], output: folder.file("seen"))
    func seen() throws -> [Substring] { try folder.text(of: "seen").split(separator: "\n") }
    while try seen().isEmpty, server.isRunning { try await Task.sleep(for: .milliseconds(20)) }
    var configuration = configuration()
    configuration.buses.append(
      .init(
        name: "plc",
        transport: .modbusTCP(
          host: "127.0.0.1", port: UInt16(try seen()[0]) ?? 0, timeout: .seconds(60))))
    configuration.devices.append(
      .init(
        name: "pump", bus: "plc", every: .milliseconds(5),
        tags: [RegisterTag(name: "a", table: .holding, address: 0)]))
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { _ in
      guard try seen().count > 20 else { return false }
      for round in 0..<100 {
        configuration.devices[0].every = .milliseconds(1 + round % 3)
        configuration.formulas = [.init(tag: "f/x", expression: "{sim/s} + \(round)")]
        configuration.buffer.capacity = (16 + round % 2) << 20
        configuration.sinks[1].kind = .file(
          path: folder.file("b.jsonl"), format: .jsonl,
          rotation: FileRotation(size: 1 << 30 + round))
        try await gateway.reload(configuration)
        let before = try seen().count
        if round % 10 == 0 {
          while try seen().count < before + 3 { try await Task.sleep(for: .milliseconds(5)) }
        }
      }
      return true
    }
    let requests = try seen().dropFirst()
    #expect(requests.count { $0 == "+" } == 1)
    let stored = try objects("a.jsonl").filter { $0["tag"] as? String == "pump/a" }
    #expect(stored.allSatisfy { $0["quality"] as? String == "good" })
    // One request may have been on its way at the end.
    let asked = requests.count { $0 == "1" }
    #expect(stored.count == asked || stored.count == asked - 1, "\(stored.count) of \(asked)")
  }

  @Test("each way in which a reload can fail leaves everything as it was")
  func rollsBack() async throws {
    let server = try ModbusServer(port: 0)
    var configuration = configuration()
    configuration.buses.append(
      .init(
        name: "plc",
        transport: .modbusTCP(host: "127.0.0.1", port: server.port, timeout: .seconds(60))))
    configuration.devices.append(
      .init(
        name: "pump", bus: "plc", every: .milliseconds(2),
        tags: [RegisterTag(name: "a", table: .holding, address: 0)]))
    let gateway = try await GatewayRuntime(configuration)
    let original = configuration
    let failures: [(String, @Sendable (inout GatewayConfiguration) -> Void)] = [
      // A driver can't be made.
      (
        "/no/such.dbc",
        { new in
          new.buses.append(
            .init(name: "can", transport: .canLog(path: "/x", database: "/no/such.dbc")))
          new.devices.append(.init(name: "car", bus: "can"))
        }
      ),
      ("f/x", { $0.formulas = [.init(tag: "f/x", expression: "{pump/a} +")] }),
      // A new sink can't be opened, behind one that can and one that has been exchanged.
      ("/no/such/folder/x", { $0.sinks[2].kind = .file(path: "/no/such/folder/x", format: .csv) }),
      (
        "without a sink",
        { new in
          new.sinks = []
          new.buffer.whenFull = .wait
        }
      ),
    ]
    try await run(gateway) { gateway in
      guard gateway.status.stored > 10 else { return false }
      let connection = try connections(to: server.port)
      let limit = gateway.buffer.store(of: .telemetry)?.metrics.segmentLimit
      for (words, change) in failures {
        var wrong = original
        wrong.devices[0].every = .milliseconds(7)
        wrong.devices[1].every = .milliseconds(7)
        wrong.sinks[0].kind = .file(path: folder.file("other.jsonl"), format: .jsonl)
        wrong.sinks.append(
          .init(name: "new", kind: .file(path: folder.file("new.jsonl"), format: .jsonl)))
        wrong.processing = [ProcessingRule("sim/*")]
        change(&wrong)
        do {
          try await gateway.reload(wrong)
          Issue.record("taken: \(words)")
        } catch {
          #expect("\(error)".contains(words))
        }
        #expect(gateway.configuration == original)
        #expect(gateway.status.sinks.map(\.name) == ["a", "b"])
        #expect(gateway.buffer.store(of: .telemetry)?.metrics.segmentLimit == limit)
        #expect(gateway.buffer.hasPlace("new") == false)
        // Everything goes on, also the sinks that were exchanged.
        let before = gateway.status.sinks.map(\.counts.delivered)
        while zip(before, gateway.status.sinks).contains(where: { $0 >= $1.counts.delivered }) {
          try await Task.sleep(for: .milliseconds(5))
        }
      }
      #expect(try connections(to: server.port) == connection)
      return true
    }
    let all = Array(1...gateway.status.stored)
    #expect(try Set(numbers("a.jsonl")) == Set(all))
    #expect(try Set(numbers("b.jsonl")) == Set(all))
  }

  @Test("what was wrong with a sink ends with it, also by a reload that fails")
  func conditionEnds() async throws {
    let configuration = configuration()
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { gateway in
      guard gateway.status.sinks[0].counts.delivered > 0 else { return false }
      try await gateway.exchangeSink("a", for: ScriptedSink { _, _ in .failure(.away) })
      while gateway.conditions.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      #expect(gateway.conditions.map(\.source) == ["sink a"])
      var wrong = configuration
      wrong.sinks[0].backlog = .liveFirst
      wrong.sinks.append(
        .init(name: "new", kind: .file(path: "/no/such/folder/x", format: .csv)))
      await #expect(throws: (any Error).self) { try await gateway.reload(wrong) }
      // It is the file again, and takes what comes.
      let before = gateway.status.sinks[0].counts.delivered
      while gateway.status.sinks[0].counts.delivered <= before {
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(gateway.conditions.isEmpty, "\(gateway.conditions)")
      return true
    }
  }

  @Test("what can't work changes nothing, and says why")
  func refuses() async throws {
    let configuration = configuration()
    let gateway = try await GatewayRuntime(configuration)
    await #expect(throws: ConfigurationError.self) { try await gateway.reload(configuration) }
    try await run(gateway) { gateway in
      guard gateway.status.stored > 10 else { return false }
      func refused(_ change: (inout GatewayConfiguration) -> Void) async -> String {
        var wrong = configuration
        change(&wrong)
        do {
          try await gateway.reload(wrong)
          return "taken"
        } catch {
          return "\(error)"
        }
      }
      #expect(await refused { $0.id = "other" }.contains("'gateway.id' can't change"))
      #expect(await refused { $0.dataFolder = "/x" }.contains("restart"))
      #expect(await refused { $0.buffer.segment *= 2 }.contains("buffer.segment"))
      #expect(
        await refused { $0.formulas = [.init(tag: "f/x", expression: "{no/tag}")] }
          .contains("no/tag"))
      #expect(
        await refused { $0.formulas = [.init(tag: "sim/s", expression: "{sim/s}")] }
          .contains("device 'sim' has a tag 'sim/s' already"))
      #expect(
        await refused { $0.sinks[0].kind = .file(path: "/no/such/folder/x", format: .csv) }
          .contains("/no/such/folder/x"))
      // The second fails when the first has been exchanged already: that one is put back.
      #expect(
        await refused {
          $0.sinks[0].kind = .file(path: folder.file("a.csv"), format: .csv)
          $0.sinks[1].kind = .file(path: "/no/such/folder/x", format: .csv)
        }.contains("/no/such/folder/x"))
      #expect(gateway.configuration == configuration)
      #expect(try await gateway.reload(configuration).isEmpty)
      let before = gateway.status.sinks.map(\.counts.delivered)
      while zip(before, gateway.status.sinks).contains(where: { $0 >= $1.counts.delivered }) {
        try await Task.sleep(for: .milliseconds(5))
      }
      return true
    }
    let all = Array(1...gateway.status.stored)
    #expect(try Set(numbers("a.jsonl")) == Set(all))
    #expect(try Set(numbers("b.jsonl")) == Set(all))
  }

  @Test("buses come and go, and what is gone shows no value any more")
  func buses() async throws {
    var configuration = configuration()
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { gateway in
      guard gateway.status.stored > 10 else { return false }
      configuration.buses = [.init(name: "machine", transport: .system(disk: "/"))]
      configuration.devices = [.init(name: "host", bus: "machine", every: .milliseconds(5))]
      var rule = ProcessingRule("host/*")
      rule.deadband = .absolute(1e15)
      configuration.processing = [rule]
      configuration.sinks.removeLast()
      let result = try await gateway.reload(configuration)
      #expect(
        "\(result)"
          == "bus made-up stopped, bus machine started, sink b stopped, formulas and processing changed"
      )
      while gateway.status.suppressed < 100 { try await Task.sleep(for: .milliseconds(5)) }
      let names = gateway.latest.map { gateway.tags.name(of: $0.tag) }
      #expect(names.allSatisfy { $0.hasPrefix("host/") } && names.contains("host/cpu/load1"))
      #expect(gateway.status.sinks.map(\.name) == ["a"])
      return true
    }
    let status = gateway.status
    #expect(status.acquired == status.stored + status.suppressed + status.folded)
    #expect(try Set(numbers("a.jsonl")) == Set(1...status.stored))
  }

  @Test(
    "a sink that is taken out is closed behind its last delivery, and goes on there when it comes back"
  )
  func sinkTakenOut() async throws {
    let configuration = configuration()
    let gateway = try await GatewayRuntime(configuration)
    let steps = Mutex<[String]>([])
    // Nobody ends it: who goes through it goes on when the task is cancelled.
    let endless = AsyncStream.makeStream(of: Void.self)
    let sink = ScriptedSink { _, _ in
      for await _ in endless.stream {}
      // A delivery takes the time that it takes. In a task of its own, because this one is cancelled.
      await Task {
        let end = gateway.status.stored + 20
        while gateway.status.stored < end { try? await Task.sleep(for: .milliseconds(5)) }
      }.value
      steps.withLock { $0.append("delivered") }
      return .success([])
    } closed: {
      steps.withLock { $0.append("closed") }
    }
    try await run(gateway) { gateway in
      guard gateway.status.sinks[1].counts.delivered > 0 else { return false }
      try await gateway.exchangeSink("b", for: sink)
      while sink.calls.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      var without = configuration
      without.sinks.removeLast()
      let plan = try await gateway.reload(without)
      #expect(plan.stoppedSinks == ["b"])
      let order = steps.withLock { $0 }
      #expect(order == ["delivered", "closed"])
      try await gateway.reload(configuration)
      return true
    }
    #expect(sink.calls.count == 1)
    let all = try numbers("b.jsonl") + sink.calls.joined()
    #expect(all.sorted() == Array(1...gateway.status.stored))
  }

  @Test("a tag that is taken out of a device that stays is no longer shown")
  func tagTakenOut() async throws {
    var configuration = GatewayConfiguration.simulated(
      in: folder, tags: ["a", "b", "c"].map { SimulatedTag(name: $0) }, sinks: ["a"])
    let device = configuration.devices[0].name
    var rule = ProcessingRule("\(device)/c")
    rule.window = .init(length: .milliseconds(20), functions: [.min, .max])
    configuration.processing = [rule]
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { gateway in
      func names() -> [String] { gateway.latest.map { gateway.tags.name(of: $0.tag) }.sorted() }
      let all = ["a", "b", "c.max", "c.min"].map { "\(device)/\($0)" }
      while names() != all { try await Task.sleep(for: .milliseconds(5)) }
      configuration.devices[0].simulated.remove(at: 1)
      rule.window?.functions = [.max]
      configuration.processing = [rule]
      try await gateway.reload(configuration)
      while names() != ["\(device)/a", "\(device)/c.max"] {
        try await Task.sleep(for: .milliseconds(5))
      }
      return true
    }
  }

  @Test("a database that is exchanged on the disk takes no rule from the tags of a bus that stays")
  func exchangedDatabase() async throws {
    func describe(_ signal: String) throws {
      try folder.write(
        "VERSION \"\"\nBU_: A\nBO_ 291 M: 8 A\n SG_ \(signal) : 0|16@1+ (1,0) [0|0] \"\" A\n",
        to: "m.dbc")
    }
    try describe("before")
    try #require(mkfifo(folder.file("fifo"), 0o600) == 0)
    // Open until the end: what nobody has read is lost with the last descriptor.
    let pipe = open(folder.file("fifo"), O_RDWR | O_CLOEXEC)
    defer { close(pipe) }
    func send(_ count: Int) {
      let line = "(1600000000.000000) can0 123#0100020000000000\n"
      let bytes = Array(String(repeating: line, count: count).utf8)
      _ = bytes.withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
    }
    var configuration = configuration()
    configuration.formulas = [.init(tag: "f/x", expression: "{sim/s} * 2")]
    configuration.buses.append(
      .init(
        name: "can",
        transport: .canLog(path: folder.file("fifo"), database: folder.file("m.dbc"))))
    configuration.devices.append(.init(name: "car", bus: "can"))
    var rule = ProcessingRule("car/*")
    rule.window = .init(length: .seconds(1 << 30), functions: [.count])
    configuration.processing = [rule]
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { gateway in
      // All goes into a window that is open to the end.
      func isStored() -> Bool {
        gateway.latest.contains { gateway.tags.name(of: $0.tag).hasPrefix("car/") }
      }
      send(50)
      while gateway.status.folded < 50 { try await Task.sleep(for: .milliseconds(5)) }
      try describe("after")
      configuration.formulas[0].expression = "{sim/s} * 3"
      #expect(try await gateway.reload(configuration).changedBuses.isEmpty)
      send(50)
      while gateway.status.folded < 100, !isStored() {
        try await Task.sleep(for: .milliseconds(5))
      }
      #expect(!isStored())
      return true
    }
    #expect(try values("a.jsonl", of: "car/M.before.count") == [100])
  }

  // MARK: -

  private func configuration() -> GatewayConfiguration {
    .simulated(in: folder, tags: [SimulatedTag(name: "s", shape: .walk)], sinks: ["a", "b"])
  }

  /// Our ends of the connections to a port of this machine, as the kernel lists them.
  private func connections(to port: UInt16) throws -> Set<String> {
    let remote = ":" + String(format: "%04X", Int(port))
    var ends: Set<String> = []
    // To its end: the kernel gives it in pieces, and String(contentsOfFile:) takes the first.
    let table = try FileHandle(forReadingFrom: URL(filePath: "/proc/net/tcp")).readToEnd()
    for line in String(decoding: table ?? Data(), as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ")
      // 01 is an established connection; the inode tells one from its successor.
      if fields.count > 9, fields[2].hasSuffix(remote), fields[3] == "01" {
        ends.insert("\(fields[1]) \(fields[9])")
      }
    }
    return ends
  }

  private func numbers(_ file: String) throws -> [UInt64] {
    try objects(file).map { ($0["seq"] as? NSNumber)?.uint64Value ?? 0 }
  }

  private func values(_ file: String, of tag: String) throws -> [Double] {
    try objects(file).filter { $0["tag"] as? String == tag }
      .compactMap { ($0["value"] as? NSNumber)?.doubleValue }
  }

  private func objects(_ file: String) throws -> [[String: Any]] {
    try folder.text(of: file).split(separator: "\n").map { line in
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
    }
  }
}
