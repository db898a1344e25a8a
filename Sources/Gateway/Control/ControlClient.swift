internal import Glibc
internal import IOThreads

/// Asks a running gateway of this machine.
///
/// ```swift
/// let reply = try await ControlClient(dataFolder: "data").ask("status")
/// for line in reply.lines { print(line.text) }
/// ```
public struct ControlClient: Sendable {
  /// One line of an answer: an object of JSON.
  public struct Line: Sendable {
    /// The line as it was sent.
    public var text: String
    private let object: OrderedJSON

    init?(_ text: String) {
      guard let object = OrderedJSON(parsing: Array(text.utf8)), case .object = object else {
        return nil
      }
      self.text = text
      self.object = object
    }

    /// The value of a key as text: strings without their quotes, all else as JSON; nil where there is none or it is null.
    public subscript(key: String) -> String? {
      switch object[key] {
      case nil, .null: nil
      case .string(let text): text
      case .some(let value): value.line
      }
    }

    /// The object at a key, nil where there is none.
    public func member(_ key: String) -> Line? {
      guard case .object? = object[key] else { return nil }
      return object[key].flatMap { Line($0.line) }
    }

    var json: OrderedJSON { object }
  }

  /// The data folder of the gateway.
  public var dataFolder: String
  /// So long the answer may take: a reload waits for sinks that are opened.
  public var timeout: Duration

  /// A client of the gateway that works in a data folder.
  public init(dataFolder: String, timeout: Duration = .seconds(60)) {
    self.dataFolder = dataFolder
    self.timeout = timeout
  }

  /// Sends a request and gives the answer's lines of data.
  ///
  /// - Parameter request: `status`, `ledger` or `reload`.
  /// - Throws: `ControlError` when nobody answers or what was asked is not done.
  public func ask(_ request: String) async throws(ControlError) -> [Line] {
    let asking = Asking()
    let question: OrderedJSON = [
      "version": .integer(ControlRequest.version), "request": .string(request),
    ]
    let answer = try await asking.ask(question.line, in: dataFolder, timeout)
    return try read(answer)
  }

  private func read(_ answer: [UInt8]) throws(ControlError) -> [Line] {
    var lines = String(decoding: answer, as: UTF8.self).split(separator: "\n")
      .compactMap { Line(String($0)) }
    guard let end = lines.popLast(), end["version"] != nil, let isDone = end["ok"] else {
      throw ControlError(
        .noAnswer, "the gateway gave no whole answer", at: ControlSocket.path(in: dataFolder),
        advice: "see whether it still runs; its events say what it does")
    }
    guard isDone == "true" else { throw ControlError(end, at: ControlSocket.path(in: dataFolder)) }
    return lines
  }

  /// On a thread of its own, because it waits.
  private actor Asking {
    private let thread = BlockingThread(name: "control-ask")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// An answer is smaller than this: some hundred bytes for each device.
    private static let longestAnswer = 256 << 20

    func ask(
      _ question: String, in dataFolder: String, _ timeout: Duration
    ) throws(ControlError) -> [UInt8] {
      let place = ControlSocket.path(in: dataFolder)
      let descriptor: Int32
      do throws(ControlSocket.Failure) {
        descriptor = try ControlSocket.connect(to: dataFolder)
      } catch {
        let isGone = error.errorNumber == ENOENT || error.errorNumber == ECONNREFUSED
        if isGone {
          throw ControlError(
            .notRunning, "no gateway runs here", at: place,
            advice: "run this in the folder in which the gateway was started, or start it")
        }
        throw ControlError(
          .noAnswer, "can't reach the gateway (\(error.message))", at: place,
          advice: "run this as the user who started the gateway, or as root")
      }
      defer { close(descriptor) }
      let deadline = ContinuousClock.now + timeout
      guard ControlSocket.write(Array((question + "\n").utf8), to: descriptor, until: deadline),
        let answer = ControlSocket.read(
          descriptor, limit: Self.longestAnswer, until: deadline, toEnd: true)
      else {
        throw ControlError(
          .noAnswer, "the gateway did not answer", at: place,
          advice: "run this as the user who started it; it may also be very busy: try again")
      }
      return answer
    }
  }
}

/// Why a running gateway did not do what it was asked for.
public struct ControlError: Error, Sendable, Equatable {
  /// What kind of failure it is.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// A word for it.
    public var rawValue: String
    /// A code of that word.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// No gateway runs in the data folder.
    public static let notRunning = Code(rawValue: "not-running")
    /// There is one, and it did not answer, or not to us.
    public static let noAnswer = Code(rawValue: "no-answer")
    /// The gateway did not do it; it goes on as before.
    public static let refused = Code(rawValue: "refused")
  }

  /// What kind of failure it is.
  public var code: Code
  /// What happened.
  public var message: String
  /// The socket.
  public var place: String
  /// What to do.
  public var advice: String
  /// The mistakes of a configuration that was refused.
  public var configuration: ConfigurationError?

  init(_ code: Code, _ message: String, at place: String, advice: String) {
    self.code = code
    self.message = message
    self.place = place
    self.advice = advice
  }

  init(_ end: ControlClient.Line, at place: String) {
    self.init(
      .refused, end["error"] ?? "refused", at: place, advice: end["advice"] ?? "see its events")
    configuration = end.json["problems"].flatMap { ConfigurationError(json: $0) }
  }
}

extension ControlError: CustomStringConvertible {
  /// Three lines: what, where, what to do.
  public var description: String {
    configuration.map { "\($0)" } ?? "\(message)\n  \(place)\n  \(advice)"
  }
}

extension ConfigurationError {
  /// As it goes over the socket.
  var json: OrderedJSON {
    .object([
      ("file", file.map { .string($0) } ?? .null),
      (
        "problems",
        .array(
          problems.map { problem in
            .object([
              ("line", .integer(problem.line)), ("column", .integer(problem.column)),
              ("path", .string(problem.path)), ("message", .string(problem.message)),
              ("advice", .string(problem.advice)),
            ])
          })
      ),
    ])
  }

  init?(json: OrderedJSON) {
    guard case .array(let list)? = json["problems"] else { return nil }
    func number(_ value: OrderedJSON?) -> Int {
      guard case .literal(let text)? = value else { return 0 }
      return Int(text) ?? 0
    }
    self.init(
      file: json["file"]?.string,
      problems: list.map { item in
        Problem(
          line: number(item["line"]), column: number(item["column"]),
          path: item["path"]?.string ?? "", message: item["message"]?.string ?? "",
          advice: item["advice"]?.string ?? "")
      })
  }
}
