internal import ArgumentParser
internal import Gateway
internal import GatewayServer
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
      buffer for the next run. SIGHUP or `gateway reload` reads the configuration again, with --watch any change of the file does; \
      `gateway status` shows what it does.

      With `server` in the configuration it answers /metrics (Prometheus), /health and /readyz. Under systemd it tells when it is ready, \
      and gives signs of life to the watchdog.

      Example:
        iiotctl gateway run gateway.yaml --for 10s

      Exit codes: 0 success, 1 failure, 64 misuse.
      """)

  @Argument(help: "The configuration (docs/configuration.md).")
  var file: String

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Ends after so long; without it, Ctrl-C ends.", valueName: "duration"))
  var duration: DurationArgument?

  @Option(
    help: ArgumentHelp("How events are told on standard error: text or jsonl.", valueName: "format")
  )
  var events = EventFormat.text

  @Flag(help: "Prints less: events, no table and no summary.")
  var quiet = false

  @Flag(help: "Goes on with the configuration whenever the file has changed.")
  var watch = false

  func run() async throws {
    let configuration = try Configurations.load(file)
    let gateway = try await open(configuration, telling: events)
    let server = try await serve(gateway, configuration.server)
    ServiceManager.current?.ready("runs \(file)")
    do {
      try await Interruption.cancels { try await work(gateway) }
      await server?.stop()
    } catch {
      await server?.stop()
      throw error
    }
  }

  private func serve(
    _ gateway: GatewayRuntime, _ options: ServerOptions?
  ) async throws -> StatusServer? {
    guard let options else { return nil }
    do throws(ServerError) {
      let server = try await StatusServer(gateway, listeningOn: options)
      let place = ServerOptions(host: options.host, port: server.port)
      show(GatewayEvent(.info, source: "server", "http://\(place)/metrics, /health, /readyz"))
      return server
    } catch {
      throw Failure(error.message, at: error.address, advice: error.advice)
    }
  }

  private func open(
    _ configuration: GatewayConfiguration, telling events: EventFormat
  ) async throws -> GatewayRuntime {
    do {
      return try await GatewayRuntime(configuration) { events.show($0) }
    } catch var error as ConfigurationError {
      error.file = file
      throw ConfigurationFailure(error)
    } catch let error as StoreError {
      throw Failure(error.message, at: error.path, advice: error.advice)
    } catch let error as SinkError {
      throw Failure(error.message, at: error.destination, advice: error.advice)
    }
  }

  private func show(_ event: GatewayEvent) { events.show(event) }

  private func work(_ gateway: GatewayRuntime) async throws {
    let isShown = StandardOutput.isTerminal && !quiet
    let working = Task { try await gateway.run(file: file, isWatched: watch) }
    let showing = Task {
      var table = LiveTable(gateway)
      while isShown, !Task.isCancelled {
        try? await Task.sleep(for: .milliseconds(250))
        try table.show()
      }
    }
    let reloading = Task {
      await HangUp.forEach {
        ServiceManager.current?.reloading()
        // What it did, or why not, it tells as an event.
        _ = try? await gateway.reloadFile(by: "SIGHUP")
        ServiceManager.current?.ready("runs \(file)")
      }
    }
    let watching = Task { await ServiceManager.current?.watch(gateway) }
    let ending = Task {
      guard let duration else { return }
      if (try? await Task.sleep(for: duration.duration)) != nil { working.cancel() }
    }
    let result = await withTaskCancellationHandler {
      await working.result
    } onCancel: {
      ServiceManager.current?.stopping()
      working.cancel()
    }
    ending.cancel()
    reloading.cancel()
    watching.cancel()
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
