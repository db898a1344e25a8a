import Foundation
import Glibc
import IndustrialModel
import TestSupport
import Testing

@testable import Gateway

@Suite("A running gateway is asked over a socket in its data folder", .timeLimit(.minutes(15)))
struct ControlTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("status tells counts, devices and sinks, and what is wrong as long as it is")
  func status() async throws {
    var configuration = configuration()
    configuration.sinks.append(.init(name: "full", kind: .file(path: "/dev/full", format: .jsonl)))
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway, grace: .zero) { gateway in
      guard gateway.status.sinks.last?.counts.retries ?? 0 > 0 else { return false }
      let lines = try await client.ask("status")
      #expect(lines.compactMap { $0["kind"] } == ["gateway", "buffer", "device", "sink", "sink"])
      #expect(lines[0]["id"] == "g" && lines[0]["process"] == "\(getpid())")
      #expect(lines[0]["condition"] == nil)
      #expect(UInt64(lines[0]["stored"] ?? "") ?? 0 > 0)
      #expect(lines[2]["device"] == "sim" && lines[2]["tags"] == "2" && lines[2]["usable"] == "2")
      #expect(lines[2]["last_answer"].flatMap { Timestamp(rfc3339: $0) } != nil)
      #expect(lines[3].member("condition") == nil)
      #expect(lines[4].member("condition")?["message"]?.contains("No space left") == true)
      #expect(lines[4]["waiting_records"] != "0")
      for line in lines {
        _ = try #require(
          try JSONSerialization.jsonObject(with: Data(line.text.utf8)) as? [String: Any])
      }
      configuration.sinks[1].kind = .file(path: folder.file("b.csv"), format: .csv)
      try await gateway.reload(configuration)
      let after = try await client.ask("status")
      #expect(
        after[0]["configured"] != lines[0]["configured"] && after[4].member("condition") == nil)
      return true
    }
    await #expect(throws: ControlError.self) { try await client.ask("status") }
    #expect(access(folder.file("data/control.sock"), F_OK) != 0)
  }

  @Test("it is for its own user: nobody else can open it")
  func mode() async throws {
    let gateway = try await GatewayRuntime(configuration())
    try await run(gateway) { gateway in
      guard access(folder.file("data/control.sock"), F_OK) == 0 else { return false }
      var found = stat()
      #expect(stat(folder.file("data/control.sock"), &found) == 0)
      #expect(found.st_mode & 0o777 == 0o600)
      return true
    }
  }

  @Test("a path of any length will do, and what a killed process left is replaced")
  func places() async throws {
    var configuration = configuration()
    configuration.dataFolder = folder.file(
      [String](repeating: "long-name-of-a-folder", count: 8).joined(separator: "/"))
    try FileManager.default.createDirectory(
      atPath: configuration.dataFolder, withIntermediateDirectories: true)
    // A socket that nobody listens at.
    close(try ControlSocket.listen(in: configuration.dataFolder))
    let client = ControlClient(dataFolder: configuration.dataFolder)
    await #expect(throws: ControlError.self) { try await client.ask("status") }
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { gateway in
      guard gateway.status.stored > 0 else { return false }
      let lines = try await client.ask("status")
      #expect(lines.count == 4)
      return true
    }
  }

  @Test("something else of that name is left alone and told; the gateway works without")
  func taken() async throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("data"), withIntermediateDirectories: true)
    try folder.write("mine", to: "data/control.sock")
    let events = EventLog()
    let gateway = try await GatewayRuntime(configuration(), events: events.add)
    try await run(gateway) { $0.status.stored > 0 }
    #expect(try folder.text(of: "data/control.sock") == "mine")
    #expect(events.all.contains { $0.source == "control socket" })
  }

  #if Gateway
    @Test("reload answers with what it did, or with every mistake of the file")
    func reload() async throws {
      func write(_ every: String, _ shape: String = "sine") throws {
        try folder.write(
          """
          schema: iiot/1
          gateway: {id: g, data: \(folder.file("data"))}
          buses: {sim: {driver: simulator}}
          devices: {sim: {bus: sim, every: \(every), tags: {a: {shape: \(shape)}}}}
          sinks: {s: {type: file, path: \(folder.file("a.jsonl")), format: jsonl}}
          """, to: "g.yaml")
      }
      try write("5ms")
      let events = EventLog()
      let file = folder.file("g.yaml")
      let gateway = try await GatewayRuntime(
        GatewayConfiguration(contentsOf: file), events: events.add)
      let running = Task { try await gateway.run(file: file) }
      while gateway.status.stored == 0 { try await Task.sleep(for: .milliseconds(5)) }
      var answer = try await client.ask("reload")
      #expect(answer.isEmpty)
      try write("6ms")
      answer = try await client.ask("reload")
      let parts = answer.map { "\($0["part"] ?? "") \($0["name"] ?? "")" }
      #expect(parts == ["bus sim", "device sim", "tag sim/a"])
      try write("6", "round")
      do {
        _ = try await client.ask("reload")
        Issue.record("taken")
      } catch {
        #expect(error.code == .refused)
        let found = error.configuration
        #expect(found?.problems.count == 2 && found?.file == file)
        #expect(found?.problems.allSatisfy { $0.line == 4 && $0.column > 0 } == true)
      }
      #expect(gateway.configuration.devices[0].every == .milliseconds(6))
      // Many at once are done one after the other.
      try write("7ms")
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 { group.addTask { try await client.ask("reload") } }
        for try await _ in group {}
      }
      #expect(events.all.count { $0.message.hasPrefix("read again: bus sim changed") } == 2)
      running.cancel()
      try await running.value
    }
  #endif

  @Test("whatever a client says or leaves unsaid, the next one is answered")
  func hostile() async throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let good = Array("{\"version\":1,\"request\":\"status\"}\n".utf8)
    let gateway = try await GatewayRuntime(configuration())
    try await run(gateway) { gateway in
      guard gateway.status.stored > 0 else { return false }
      for round in 0..<300 {
        var bytes = good
        switch round % 6 {
        case 0: bytes = (0..<Int.random(in: 0..<300, using: &random)).map { _ in random.byte() }
        case 1: bytes[Int.random(in: bytes.indices, using: &random)] = random.byte()
        case 2: bytes = Array(bytes.prefix(Int.random(in: bytes.indices, using: &random)))
        case 3: bytes = [UInt8](repeating: UInt8(ascii: "["), count: 60_000) + [0x0A]
        case 4: bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 70_000)
        default: bytes = Array("{\"version\":2,\"request\":\"status\"}\n".utf8)
        }
        let deadline = ContinuousClock.now + .seconds(120)
        let question = bytes
        func ask(isPatient: Bool) async throws -> [UInt8]? {
          try await onThread { [folder] in
            let descriptor = try ControlSocket.connect(to: folder.file("data"))
            defer { close(descriptor) }
            _ = ControlSocket.write(question, to: descriptor, until: deadline)
            guard isPatient else { return nil }
            shutdown(descriptor, Int32(SHUT_WR))
            return ControlSocket.read(descriptor, limit: 1 << 20, until: deadline, toEnd: true)
          }
        }
        guard bytes.contains(0x0A), Bool.random(using: &random) else {
          _ = try await ask(isPatient: false)
          continue
        }
        var answer = try await ask(isPatient: true)
        guard round % 6 == 5 else { continue }
        // Where those before are still being dealt with, one is turned away, and comes again.
        while answer?.isEmpty != false, ContinuousClock.now < deadline {
          answer = try await ask(isPatient: true)
        }
        #expect(String(decoding: answer ?? [], as: UTF8.self).contains(#""ok":false"#))
      }
      // Sixteen that say nothing keep a place each, but not for long.
      let silent = try await onThread { [folder] in
        try (0..<16).map { _ in try ControlSocket.connect(to: folder.file("data")) }
      }
      let stored = gateway.status.stored
      while gateway.status.stored < stored + 10 { try await Task.sleep(for: .milliseconds(5)) }
      silent.forEach { close($0) }
      while (try? await client.ask("status")) == nil {
        try await Task.sleep(for: .milliseconds(20))
      }
      await #expect(throws: ControlError.self) { try await client.ask("nonsense") }
      return true
    }
  }

  @Test("documents are taken and refused as another reader of JSON does")
  func documents() throws {
    let seed = UInt64.random(in: .min ... .max)
    print("seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let seeds = [
      #"{"a":[1,-2.5e+3,0,true,false,null,"x\u00e9\ud83d\ude00\n"],"b":{"c":""}}"#,
      #"[[],{},"\\\"\/\b\f\r\t",1E5,0.25,-0]"#, #""text""#, " 17 ",
    ].map { Array($0.utf8) }
    for _ in 0..<20_000 {
      var bytes = seeds.randomElement(using: &random) ?? []
      for _ in 0..<Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[place] = random.byte()
        case 1: bytes.remove(at: place)
        default:
          bytes.insert(Array("{}[],:\"\\0e-. u".utf8).randomElement(using: &random) ?? 0, at: place)
        }
      }
      guard let ours = OrderedJSON(parsing: bytes) else { continue }
      // Where both take it, they read the same.
      let line = Data(ours.line.utf8)
      let theirs =
        try? JSONSerialization.jsonObject(
          with: Data(bytes), options: .fragmentsAllowed) as? NSObject
      let again =
        try? JSONSerialization.jsonObject(with: line, options: .fragmentsAllowed) as? NSObject
      if let theirs { #expect(theirs == again, "\(String(decoding: bytes, as: UTF8.self))") }
    }
    for bytes in seeds {
      let ours = try #require(OrderedJSON(parsing: bytes))
      let theirs =
        try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) as? NSObject
      let again =
        try JSONSerialization.jsonObject(
          with: Data(ours.line.utf8), options: .fragmentsAllowed) as? NSObject
      #expect(theirs == again)
    }
    for text in [
      "", "{", "[1,]", "01", "1.", "+1", "\"\u{1}\"", #""\ud800""#, #""\x""#, "nul", "1 2",
    ] {
      #expect(OrderedJSON(parsing: Array(text.utf8)) == nil, "\(text)")
    }
    let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
    #expect(OrderedJSON(parsing: Array(deep.utf8)) == nil)
  }

  // MARK: -

  private var client: ControlClient {
    ControlClient(dataFolder: folder.file("data"), timeout: .seconds(300))
  }

  private func configuration() -> GatewayConfiguration {
    .simulated(
      in: folder, every: .milliseconds(5),
      tags: [SimulatedTag(name: "a"), SimulatedTag(name: "b")],
      buffer: .init(capacity: 4 << 20, segment: 1 << 20), sinks: ["s"])
  }
}

extension SeededGenerator {
  fileprivate mutating func byte() -> UInt8 { UInt8.random(in: .min ... .max, using: &self) }
}
