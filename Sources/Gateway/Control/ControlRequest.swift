/// What somebody asks of a running gateway.
struct ControlRequest: Sendable {
  /// The version of requests and answers.
  static let version = 1

  var name: String
  /// Who asks.
  var user: UInt32
  /// What else it says.
  var arguments: OrderedJSON

  /// Reads a line.
  static func read(_ line: [UInt8], of user: UInt32) -> Result<
    ControlRequest, ControlAnswer.Refusal
  > {
    guard let object = OrderedJSON(parsing: line), case .object = object else {
      return .failure(
        .init("the request is no JSON object", "write {\"version\":1,\"request\":...}"))
    }
    guard case .literal("\(version)")? = object["version"] else {
      return .failure(
        .init(
          "this gateway speaks version \(version) of its control protocol",
          "use the iiotctl that belongs to the gateway"))
    }
    guard let name = object["request"]?.string else {
      return .failure(.init("the request has no name", "write \"request\":\"status\""))
    }
    return .success(ControlRequest(name: name, user: user, arguments: object))
  }
}

/// What is told back: lines of data, and whether it was done.
struct ControlAnswer: Sendable {
  /// Why something is not done.
  struct Refusal: Error {
    var message: String
    var advice: String
    /// The mistakes of a configuration.
    var problems: OrderedJSON?

    init(_ message: String, _ advice: String, problems: OrderedJSON? = nil) {
      self.message = message
      self.advice = advice
      self.problems = problems
    }
  }

  var lines: [OrderedJSON] = []
  var refusal: Refusal?

  static func refused(_ refusal: Refusal) -> ControlAnswer { ControlAnswer(refusal: refusal) }

  var bytes: [UInt8] {
    var text = lines.map { $0.line + "\n" }.joined()
    var end: [(key: String, value: OrderedJSON)] = [
      ("version", .integer(ControlRequest.version)), ("ok", .bool(refusal == nil)),
    ]
    if let refusal {
      end += [("error", .string(refusal.message)), ("advice", .string(refusal.advice))]
      if let problems = refusal.problems { end.append(("problems", problems)) }
    }
    text += OrderedJSON.object(end).line + "\n"
    return Array(text.utf8)
  }
}

/// The requests that a gateway answers. A new one is one line here.
enum ControlRequests {
  static let all: [String: @Sendable (ControlRequest, GatewayRuntime) async -> ControlAnswer] = [
    "status": { _, gateway in await gateway.statusAnswer() },
    "reload": { request, gateway in await gateway.reloadAnswer(request) },
    "ledger": { _, gateway in await gateway.ledgerAnswer() },
  ]

  static func answer(_ request: ControlRequest, of gateway: GatewayRuntime) async -> ControlAnswer {
    guard let work = all[request.name] else {
      return .refused(
        .init(
          "this gateway has no answer to '\(request.name)'",
          "it knows: \(all.keys.sorted().joined(separator: ", "))"))
    }
    return await work(request, gateway)
  }
}
