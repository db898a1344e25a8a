#if Gateway
  import Foundation
  import Gateway
  import Glibc
  import TestSupport
  import Testing

  @Suite("A watched configuration counts when its file changes", .timeLimit(.minutes(15)))
  struct FileWatchTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("written in place, renamed over it, and behind links that are exchanged")
    func ways() async throws {
      // As Kubernetes mounts a ConfigMap: g.yaml -> ..data/g.yaml, ..data -> ..1
      try makeFolder("..1")
      try folder.write(text(1), to: "..1/g.yaml")
      try link("..data", to: "..1")
      try link("g.yaml", to: "..data/g.yaml")
      try await watched { gateway, _ in
        try makeFolder("..2")
        try folder.write(text(2), to: "..2/g.yaml")
        try link("..tmp", to: "..2")
        #expect(rename(folder.file("..tmp"), folder.file("..data")) == 0)
        try await wait(for: 2, gateway)
        try folder.write(text(3), to: "..2/g.yaml")
        try await wait(for: 3, gateway)
        // An editor: a new file in the place of the link, and once more.
        for every in 4...5 {
          try folder.write(text(every), to: "new")
          #expect(rename(folder.file("new"), folder.file("g.yaml")) == 0)
          try await wait(for: every, gateway)
        }
        unlink(folder.file("g.yaml"))
        try await Task.sleep(for: .milliseconds(300))
        try folder.write(text(6), to: "g.yaml")
        try await wait(for: 6, gateway)
      }
    }

    @Test("folders above the file are exchanged for others")
    func folders() async throws {
      try makeFolder("plant/conf")
      try folder.write(text(1), to: "plant/conf/g.yaml")
      try await watched("plant/conf/g.yaml") { gateway, _ in
        // Watches are set once what was there has been read; an exchange before that is seen anyway.
        for (every, part) in [(2, "plant/conf"), (3, "plant"), (4, "plant"), (5, "plant/conf")] {
          let parent = part == "plant" ? "next" : "plant/next"
          let file = part == "plant" ? "\(parent)/conf/g.yaml" : "\(parent)/g.yaml"
          try makeFolder(String(file.dropLast("/g.yaml".count)))
          try folder.write(text(every), to: file)
          #expect(rename(folder.file(part), folder.file("old-\(every)")) == 0)
          #expect(rename(folder.file(parent), folder.file(part)) == 0)
          try await wait(for: every, gateway)
        }
      }
    }

    @Test("the same contents do nothing; a wrong file changes nothing and is told once")
    func quiet() async throws {
      try folder.write(text(1), to: "g.yaml")
      try await watched { gateway, events in
        try folder.write(text(1), to: "g.yaml")
        try folder.write("schema: iiot/2", to: "g.yaml")
        func told() -> Int { events.all.count { $0.source == "configuration" } }
        while told() == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(events.all.contains { $0.message.contains("not changed") })
        try folder.write("schema: iiot/2", to: "g.yaml")
        try folder.write("x", to: "neighbour")
        // Were this shorter than the watch waits, the test would only see less.
        try await Task.sleep(for: .milliseconds(600))
        #expect(told() == 1)
        #expect(gateway.configuration.devices[0].every == .milliseconds(1))
        try folder.write(text(2), to: "g.yaml")
        try await wait(for: 2, gateway)
      }
    }

    @Test("bytes that are no text are no change")
    func noText() async throws {
      try Data(Array((text(1) + "\n# ").utf8) + [0xFF, 0xC3, 0x0A])
        .write(to: URL(filePath: folder.file("g.yaml")))
      try await watched { gateway, events in
        // Were this shorter than the watch waits, the test would only see less.
        try await Task.sleep(for: .milliseconds(600))
        #expect(!events.all.contains { $0.source == "configuration" })
        try folder.write(text(2), to: "g.yaml")
        try await wait(for: 2, gateway)
      }
    }

    @Test("a change that comes before the gateway runs counts")
    func early() async throws {
      let file = folder.file("g.yaml")
      try folder.write(text(1), to: "g.yaml")
      let gateway = try await GatewayRuntime(GatewayConfiguration(contentsOf: file))
      try folder.write(text(2), to: "g.yaml")
      let running = Task { try await gateway.run(file: file, isWatched: true) }
      try await wait(for: 2, gateway)
      running.cancel()
      try await running.value
    }

    @Test("while the file is away nothing is done, but for a look a second")
    func away() async throws {
      try folder.write(text(1), to: "g.yaml")
      try await watched { gateway, _ in
        unlink(folder.file("g.yaml"))
        try await Task.sleep(for: .milliseconds(500))
        let before = try processorTime(ofThreads: "file-watch")
        try await Task.sleep(for: .seconds(1))
        // In a loop without a pause it is as long as the wait; what other tests take of the machine makes it shorter.
        let ticks = try processorTime(ofThreads: "file-watch") - before
        #expect(ticks < sysconf(Int32(_SC_CLK_TCK)) / 5, "\(ticks) ticks")
        try folder.write(text(2), to: "g.yaml")
        try await wait(for: 2, gateway)
      }
    }

    // MARK: -

    /// In ticks, of all threads of this name.
    private func processorTime(ofThreads name: String) throws -> Int {
      var ticks = 0
      for task in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task") {
        // A thread may end meanwhile.
        guard
          let text = try? String(contentsOfFile: "/proc/self/task/\(task)/stat", encoding: .utf8),
          text.contains("(\(name))"), let end = text.lastIndex(of: ")")
        else { continue }
        let fields = text[end...].split(separator: " ")
        ticks += (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0)
      }
      return ticks
    }

    private func watched(
      _ name: String = "g.yaml", _ body: (GatewayRuntime, EventLog) async throws -> Void
    ) async throws {
      let events = EventLog()
      let file = folder.file(name)
      let gateway = try await GatewayRuntime(
        GatewayConfiguration(contentsOf: file), events: events.add)
      let running = Task { try await gateway.run(file: file, isWatched: true) }
      while gateway.status.stored == 0 { try await Task.sleep(for: .milliseconds(5)) }
      try await body(gateway, events)
      running.cancel()
      try await running.value
    }

    private func wait(for every: Int, _ gateway: GatewayRuntime) async throws {
      while gateway.configuration.devices[0].every != .milliseconds(every) {
        try await Task.sleep(for: .milliseconds(5))
      }
    }

    private func makeFolder(_ name: String) throws {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: true)
    }

    private func link(_ name: String, to target: String) throws {
      try #require(symlink(target, folder.file(name)) == 0)
    }

    private func text(_ every: Int) -> String {
      """
      schema: iiot/1
      gateway: {id: g, data: \(folder.file("data"))}
      buses: {sim: {driver: simulator}}
      devices: {sim: {bus: sim, every: \(every)ms, tags: {a: {shape: sine}}}}
      sinks: {s: {type: file, path: \(folder.file("a.jsonl")), format: jsonl}}
      """
    }
  }
#endif
