internal import ArgumentParser
internal import Glibc
internal import MQTT

struct MqttPub: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pub", abstract: "Publishes a message, a file, or each line of standard input.",
    discussion: """
      Ends when the broker has acknowledged everything. A refusal is a failure (MQTT 5, QoS 1 and 2).

      Examples:
        iiotctl mqtt pub mqtt://broker/plant/setpoint -m 21.5 --retain
        iiotctl poll modbus://plc --holding 0:2 | iiotctl mqtt pub mqtt://broker/plant/raw --lines

      Exit codes: 0 success, 1 failure, 64 misuse, 130 or 143 after a signal.
      """)

  @OptionGroup var broker: MqttBrokerOptions

  @Option(name: .shortAndLong, help: "The topic, if it is not in the URL.")
  var topic: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("The message.", valueName: "text"))
  var message: String?

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Publish the content of a file.", valueName: "path"))
  var file: String?

  @Flag(name: .shortAndLong, help: "Publish each line of standard input as a message.")
  var lines = false

  @Option(
    name: .shortAndLong,
    help: "The quality of service: 0 at most once, 1 at least once, 2 exactly once.")
  var qos = MQTTQoS.atLeastOnce

  @Flag(name: .shortAndLong, help: "The broker keeps the message for later subscribers.")
  var retain = false

  func validate() throws {
    guard [message != nil, file != nil, lines].count(where: { $0 }) == 1 else {
      throw ValidationError("Give one of --message, --file and --lines.")
    }
  }

  func run() async throws {
    let address = try broker.address()
    guard let topic = topic ?? address.topic else {
      throw Failure(
        "no topic", at: "\(address)", advice: "put it into the URL or give --topic", exitCode: 64)
    }
    if let other = address.topic, other != topic {
      throw Failure(
        "two topics", at: "\(other) (URL), \(topic) (--topic)", advice: "give one of them",
        exitCode: 64)
    }
    try await Interruption.cancels(hasEnd: true) {
      do {
        let client = try MQTTClient(address, options: broker.options)
        try await client.connect()
        if lines {
          try await publishLines(to: topic, client)
        } else {
          let payload = try message.map { Array($0.utf8) } ?? content(of: file ?? "-")
          try await client.publish(payload, to: topic, qos: qos, retain: retain)
        }
        await client.close()
      } catch let error as MQTTError {
        throw Failure(error)
      }
    }
  }

  private func content(of path: String) throws -> [UInt8] {
    var input = try BlockInput(path)
    var content: [UInt8] = []
    while let block = try input.next() { content += block }
    // Half a file is no message.
    try Task.checkCancellation()
    return content
  }

  /// Lines that have arrived go as one batch, so that a fast writer is not held up by round trips.
  private func publishLines(to topic: String, _ client: MQTTClient) async throws {
    var input = try BlockInput("-")
    var rest: [UInt8] = []
    while let block = try input.next() {
      var lines = (rest + block).split(separator: 0x0A, omittingEmptySubsequences: false)
      rest = lines.popLast().map(Array.init) ?? []
      try await publish(lines.map(Array.init), to: topic, client)
    }
    // After a signal it may be half a line.
    if !rest.isEmpty, !Task.isCancelled { try await publish([rest], to: topic, client) }
  }

  private func publish(_ lines: [[UInt8]], to topic: String, _ client: MQTTClient) async throws {
    try await client.publish(
      lines.map { line in
        MQTTMessage(
          topic: topic, payload: line.last == 0x0D ? line.dropLast() : line, qos: qos,
          retain: retain)
      })
  }
}

/// A file or standard input, block by block.
private struct BlockInput: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(_ path: String) throws {
    self.path = path
    // A FIFO opens without its writer: a signal ends the wait for its bytes.
    descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(
        "can't open the file: \(String(cString: strerror(errno)))", at: path,
        advice: "check the path")
    }
  }

  deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

  /// What has come; nil at the end, and after a signal: what has not been read by then stays unpublished.
  mutating func next() throws -> [UInt8]? {
    var failure: Int32 = 0
    let block = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
      var got = 0
      repeat {
        guard Interruption.waitForInput(descriptor) else { return }
        got = read(descriptor, buffer.baseAddress, buffer.count)
      } while got < 0 && (errno == EINTR || errno == EAGAIN)
      if got < 0 { failure = errno }
      count = max(0, got)
    }
    guard failure == 0 else {
      throw Failure(
        "reading failed: \(String(cString: strerror(failure)))",
        at: path == "-" ? "standard input" : path, advice: "")
    }
    return block.isEmpty ? nil : block
  }
}
