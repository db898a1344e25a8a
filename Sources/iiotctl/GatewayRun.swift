internal import ArgumentParser
internal import Gateway
internal import IndustrialModel
internal import Sinks
internal import StoreForward

struct GatewayRun: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Reads, computes, stores and forwards until it is told to end.",
    discussion: """
      On a terminal it shows the latest value of each tag. Events go to standard error. Ctrl-C (or SIGTERM) ends it: what \
      was read is stored, and the sinks get a few seconds to take what is left; the rest waits in the \
      buffer for the next run. SIGHUP reads the configuration again.

      Example:
        iiotctl gateway run gateway.yaml --for 10s

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The configuration (docs/configuration.md).")
  var file: String

  @Option(name: .customLong("for"), help: ArgumentHelp("Ends by itself.", valueName: "duration"))
  var duration: DurationArgument?

  @Flag(help: "No table and no summary; only events.")
  var quiet = false

  func run() async throws {
    let configuration = try Configurations.load(file)
    let gateway = try await open(configuration)
    try await Interruption.cancels { try await work(gateway) }
  }

  private func open(_ configuration: GatewayConfiguration) async throws -> GatewayRuntime {
    do {
      return try await GatewayRuntime(configuration, events: Self.show)
    } catch var error as ConfigurationError {
      error.file = file
      throw ConfigurationFailure(error)
    } catch let error as StoreError {
      throw Failure(error.message, at: error.path, advice: error.advice)
    } catch let error as SinkError {
      throw Failure(error.message, at: error.destination, advice: error.advice)
    }
  }

  private static func show(_ event: GatewayEvent) {
    StandardError.print(
      "\(event.time) \(event.level.rawValue) \(event.source): "
        + event.message.split(separator: "\n").joined(separator: "; "))
  }

  /// A file that is wrong changes nothing.
  private func reload(_ gateway: GatewayRuntime) async {
    do {
      let changes = try await gateway.reload(try Configurations.load(file))
      Self.show(GatewayEvent(.info, source: "configuration", "read again: \(changes)"))
    } catch {
      Self.show(
        GatewayEvent(
          .error, source: "configuration", "not changed, the gateway goes on as before: \(error)"))
    }
  }

  private func work(_ gateway: GatewayRuntime) async throws {
    let isShown = StandardOutput.isTerminal && !quiet
    let working = Task { try await gateway.run() }
    let showing = Task {
      var table = LiveTable(gateway)
      while isShown, !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(250))
        try table.show()
      }
    }
    let reloading = Task {
      await HangUp.forEach { await reload(gateway) }
    }
    let ending = Task {
      guard let duration else { return }
      if (try? await Task.sleep(for: duration.duration)) != nil { working.cancel() }
    }
    let result = await withTaskCancellationHandler {
      await working.result
    } onCancel: {
      working.cancel()
    }
    ending.cancel()
    reloading.cancel()
    showing.cancel()
    _ = await showing.result
    do {
      try result.get()
    } catch let error as StoreError {
      throw Failure(error.message, at: error.path, advice: error.advice)
    }
    guard !quiet else { return }
    var table = LiveTable(gateway)
    if !isShown { try table.show() }
    try table.summarize()
  }
}
