#if History
  import Foundation
  import Sinks
  import Synchronization
  import TestSupport
  import Testing

  @testable import Gateway

  @Suite("A history that is lost while a gateway runs is told", .timeLimit(.minutes(15)))
  struct HistoryLossEventTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(
      "deleted or moved: one event says that it was begun anew, and where",
      arguments: [true, false])
    func lost(isDeleted: Bool) async throws {
      let path = folder.file("h.db")
      var configuration = GatewayConfiguration.simulated(in: folder, tags: [.init(name: "s")])
      configuration.sinks = [.init(name: "h", kind: .history(HistoryOptions(path: path)))]
      let errors = Mutex<[GatewayEvent]>([])
      let gateway = try await GatewayRuntime(configuration) { event in
        guard event.source == "sink h", event.level == .error else { return }
        errors.withLock { $0.append(event) }
      }
      var isGone = false
      var atEvent: UInt64?
      try await run(gateway) { gateway in
        let delivered = gateway.status.sinks.first?.counts.delivered ?? 0
        if !isGone, delivered > 0 {
          isGone = true
          if isDeleted {
            try FileManager.default.removeItem(atPath: path)
          } else {
            try FileManager.default.moveItem(atPath: path, toPath: folder.file("moved.db"))
          }
        }
        if atEvent == nil, errors.withLock({ !$0.isEmpty }) { atEvent = delivered }
        // Batches behind that tell nothing any more.
        return atEvent.map { delivered > $0 + 20 } ?? false
      }
      let told = errors.withLock { $0 }
      #expect(told.count == 1 && told.first?.phase == .single, "\(told)")
      let message = try #require(told.first?.message)
      #expect(message.contains("others moved or deleted the history at '\(path)'"))
      #expect(message.contains("begun anew"))
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }
#endif
