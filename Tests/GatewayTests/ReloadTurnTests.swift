import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("Reloads that come at the same time", .timeLimit(.minutes(15)))
struct ReloadTurnTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("each goes by what the one before it has left: no bus is begun twice")
  func plans() async throws {
    let gateway = try await GatewayRuntime(configuration(0))
    try await run(gateway) { gateway in
      guard gateway.isRunning else { return false }
      for round in 1...15 {
        let wanted = configuration(round)
        let reloads = (0..<2).map { _ in
          Task { try await Self.reload(gateway, wanted) }
        }
        var begun: [String] = []
        for reload in reloads { begun += try await reload.value.startedBuses }
        #expect(begun == ["b\(round)"])
        #expect(gateway.configuration == wanted)
      }
      return true
    }
  }

  @Test("one that is refused leaves the turn to the next, whatever it was refused for")
  func givesBack() async throws {
    let configuration = configuration(0)
    let gateway = try await GatewayRuntime(configuration)
    try await run(gateway) { gateway in
      guard gateway.isRunning else { return false }
      var other = configuration
      other.id = "other"
      await #expect(throws: ConfigurationError.self) { try await gateway.reload(other) }
      var waiting = configuration
      waiting.buffer.whenFull = .wait
      await #expect(throws: ConfigurationError.self) { try await gateway.reload(waiting) }
      #if Gateway
        let file = folder.file("none.yaml")
        await #expect(throws: ConfigurationError.self) {
          try await gateway.reload(contentsOf: file)
        }
      #endif
      let plan = try await gateway.reload(configuration)
      #expect(plan.isEmpty)
      return true
    }
  }

  @Test("a bus that is begun while it is read has the new driver alone")
  func drivers() async throws {
    let acquisition = Acquisition(DriverContext(intake: Intake(limit: 1), report: { _ in }))
    let drivers = (0..<3).map { _ in PatientDriver() }
    for driver in drivers { await acquisition.start("b", driver) }
    #expect(drivers.map(\.hasEnded) == [true, true, false])
    await acquisition.stop("b")
    #expect(drivers.map(\.hasEnded) == [true, true, true])
  }

  // MARK: -

  /// With a bus of this number, and formulas that are other ones each time and take a while to compare: the one who asks second
  /// is about it when the first comes to its end.
  private func configuration(_ number: Int) -> GatewayConfiguration {
    var configuration = GatewayConfiguration.simulated(
      in: folder, every: .seconds(1), tags: [SimulatedTag(name: "s")],
      formulas: (0..<150).map {
        .init(tag: "f/t\($0)", expression: "count_if({sim/s} >= \(number * 1000 + $0))")
      })
    configuration.buses.append(.init(name: "b\(number)", transport: .simulator))
    configuration.devices.append(
      .init(
        name: "d\(number)", bus: "b\(number)", every: .seconds(1),
        simulated: [SimulatedTag(name: "s")]))
    return configuration
  }

  /// Asks again while another one has its turn.
  private static func reload(
    _ gateway: GatewayRuntime, _ configuration: GatewayConfiguration
  ) async throws -> ReloadPlan {
    while true {
      do {
        return try await gateway.reload(configuration)
      } catch let error as ConfigurationError
        where error.description.contains("reloads already")
      {
        try await Task.sleep(for: .milliseconds(1))
      }
    }
  }
}

/// Reads nothing, until it is cancelled.
private final class PatientDriver: Driver {
  private let end = Mutex(false)

  var hasEnded: Bool { end.withLock { $0 } }

  func run(_ context: DriverContext) async {
    while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
    end.withLock { $0 = true }
  }
}
