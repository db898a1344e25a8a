internal import Sinks
internal import StoreForward
internal import Synchronization

/// The file that a gateway was started with, and who wants it to be read again: one after the other.
actor ConfigurationFile {
  let path: String
  private var last: Task<Void, Never>?

  init(path: String) { self.path = path }

  /// Reads the file and goes on with it, after those who asked before.
  func reload(_ gateway: GatewayRuntime, by actor: String) async -> Result<ReloadPlan, any Error> {
    let (before, path) = (last, path)
    let work = Task { () -> Result<ReloadPlan, any Error> in
      await before?.value
      do {
        return .success(try await Self.reload(gateway, path, by: actor))
      } catch {
        return .failure(error)
      }
    }
    last = Task { _ = await work.value }
    return await work.value
  }

  private static func reload(
    _ gateway: GatewayRuntime, _ path: String, by actor: String
  ) async throws -> ReloadPlan {
    #if Gateway
      return try await gateway.reload(contentsOf: path, by: actor)
    #else
      throw ConfigurationError(
        "this program was built without the package trait 'Gateway'", at: path,
        advice: "build it with: swift build --traits Gateway")
    #endif
  }
}

extension GatewayRuntime {
  /// Reads the configuration file that `run` was given again, and goes on with it as `reload(_:)` does; both outcomes are told as
  /// events. Calls at the same time are done one after the other.
  ///
  /// - Parameter actor: Who wants it, for the audit trail; nil for the user who runs the process.
  /// - Throws: `ConfigurationError`, `SinkError` or `StoreError`; the gateway then goes on as before.
  @discardableResult
  public func reloadFile(by actor: String? = nil) async throws -> ReloadPlan {
    guard let file = state.withLock({ $0.file }) else {
      throw ConfigurationError(
        "this gateway was not started with a file", at: "",
        advice: "give run(grace:file:) the file, or call reload(_:)")
    }
    switch await file.reload(self, by: actor ?? LocalUser.current) {
    case .success(let plan):
      report(GatewayEvent(.info, source: "configuration", "read again: \(plan)"))
      return plan
    case .failure(var error):
      if var problems = error as? ConfigurationError {
        problems.file = problems.file ?? file.path
        error = problems
      }
      report(
        GatewayEvent(
          .error, source: "configuration", "not changed, the gateway goes on as before: \(error)"))
      throw error
    }
  }

  /// The answer to `reload`: a line for each change.
  func reloadAnswer(_ request: ControlRequest) async -> ControlAnswer {
    do {
      return ControlAnswer(
        lines: try await reloadFile(by: LocalUser.name(request.user)).changes.map(\.json))
    } catch let error as ConfigurationError {
      return .refused(
        .init(
          error.problems.first?.message ?? "the configuration is wrong",
          "correct it; the gateway goes on as before", problems: error.json))
    } catch let error as StoreError {
      return .refused(.init(error.message, error.advice))
    } catch let error as SinkError {
      return .refused(.init("\(error.message) [\(error.destination)]", error.advice))
    } catch {
      return .refused(.init("\(error)", "the gateway goes on as before"))
    }
  }
}

extension ReloadPlan.Change {
  var json: OrderedJSON {
    .object([
      ("part", .string(part.rawValue)), ("name", .string(name)),
      ("action", .string(action.rawValue)),
      ("effect", effect.map { .string($0.rawValue) } ?? .null),
    ])
  }

  /// The change as a line of JSON: `{"part":"bus","name":"plc","action":"changed","effect":"reopened"}`.
  public var jsonLine: String { json.line }
}
