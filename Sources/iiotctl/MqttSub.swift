internal import ArgumentParser
internal import Glibc
internal import IndustrialModel
internal import MQTT
internal import Sinks

struct MqttSub: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, jsonl
  }

  static let configuration = CommandConfiguration(
    commandName: "sub", abstract: "Prints the messages of one or more topic filters.",
    discussion: """
      As text: the payload and a line end, with --verbose the topic before it. As JSON lines: time (of arrival), \
      topic, qos, retain, and payload, or payload_hex when it is no UTF-8 text.

      With --durable the broker keeps each message until it has been written to standard output, and to the \
      disk if that is a file: run it again with the same --id and name, and nothing is missing. With --count \
      too, messages are taken one at a time, and those beyond the count stay at the broker.

      Examples:
        iiotctl mqtt sub mqtt://broker/plant/# --verbose
        iiotctl mqtt sub mqtt://broker -t 'a/+' -t 'b/#' --count 10 --format jsonl
        iiotctl mqtt sub mqtt://broker/plant/# --id logger --durable capture >> messages.txt

      Exit codes: 0 success, 1 failure, 64 misuse, 130 or 143 after a signal when --count was not reached.
      """)

  @OptionGroup var broker: MqttBrokerOptions

  @Option(
    name: .shortAndLong,
    help: "A topic filter such as plant/+/level, beside one in the URL; repeatable.")
  var topic: [String] = []

  @Option(
    name: .shortAndLong, help: "The highest quality of service: 0, 1 or 2 (default: 1).")
  var qos: MQTTQoS?

  @Option(name: [.customShort("C"), .long], help: "How many messages, then it ends.")
  var count: Int?

  @Flag(name: .shortAndLong, help: "Prints more: the topic before the payload.")
  var verbose = false

  @Option(help: "How to print: text or jsonl.")
  var format = Format.text

  @Option(
    help: ArgumentHelp(
      "Acknowledge only what has been written; needs --id.", valueName: "name"))
  var durable: String?

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count is at least 1.") }
    if durable != nil && broker.id == nil {
      throw ValidationError("--durable needs --id, by which the broker knows the session again.")
    }
    if durable != nil, let qos, qos != .atLeastOnce {
      throw ValidationError("--durable is with quality of service 1; leave --qos out.")
    }
  }

  func run() async throws {
    let address = try broker.address()
    // A filter twice would give each message twice.
    let filters = ([address.topic].compactMap { $0 } + topic).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    guard !filters.isEmpty else {
      throw Failure(
        "no topic filter", at: "\(address)", advice: "put it into the URL or give --topic",
        exitCode: 64)
    }
    guard durable == nil || filters.count == 1 else {
      throw Failure(
        "--durable takes one filter, not \(filters.count)",
        at: filters.joined(separator: ", "),
        advice: "run one 'mqtt sub --durable' for each, with an --id of its own", exitCode: 64)
    }
    try await Interruption.cancels(hasEnd: count != nil) {
      do {
        if let durable {
          try await printDurably(filters[0], name: durable, address)
        } else {
          try await print(filters, address)
        }
      } catch let error as MQTTError {
        throw Failure(error)
      } catch is CancellationError {
        // Ctrl-C while connecting.
      }
    }
  }

  private func print(_ filters: [String], _ address: MQTTAddress) async throws {
    let client = try MQTTClient(address, options: broker.options)
    var subscriptions: [MQTTSubscription] = []
    for filter in filters {
      subscriptions.append(try await client.subscribe(filter, qos: qos ?? .atLeastOnce))
    }
    try await printMerged(subscriptions)
    await client.close()
  }

  private func printMerged(_ subscriptions: [MQTTSubscription]) async throws {
    var printer = MessagePrinter(self)
    try await withThrowingTaskGroup(of: (Int, [MQTTMessage]?).self) { group in
      func wait(_ index: Int) {
        let subscription = subscriptions[index]
        group.addTask {
          var iterator = subscription.makeAsyncIterator()
          return (index, try await iterator.next())
        }
      }
      for index in subscriptions.indices { wait(index) }
      while let (index, messages) = try await group.next() {
        guard let messages else { break }
        if try printer.print(messages) { break }
        wait(index)
      }
      group.cancelAll()
    }
  }

  private func printDurably(
    _ filter: String, name: String, _ address: MQTTAddress
  ) async throws {
    var options = broker.options
    options.session = .persistent(clientIdentifier: broker.id ?? "")
    let client = try MQTTClient(address, options: options)
    var durableOptions = MQTTDurableOptions(name: name)
    // A batch is acknowledged as a whole: one of several messages could go beyond the count.
    if count != nil { durableOptions.batchLimit = 1 }
    let subscription = try await client.durableSubscription(filter, options: durableOptions)
    var printer = MessagePrinter(self)
    for try await batch in subscription {
      var messages = batch.messages
      let isWanted = !messages.dropFirst(printer.left).contains { $0.qos != .atMostOnce }
      // What had waited at the broker comes before its answer to the subscription, as one batch however many there are.
      // If they are too many, they are let go and come again one at a time, all but those with QoS 0.
      if !isWanted { messages.removeAll { $0.qos != .atMostOnce } }
      let isDone = try printer.print(messages)
      if isWanted {
        try printer.sync()
        batch.acknowledge()
      }
      if isDone { break }
    }
    await subscription.close()
  }
}

/// Prints messages as they come, and counts them.
private struct MessagePrinter: ~Copyable {
  private var output = StandardOutput()
  private let format: MqttSub.Format
  private let isVerbose: Bool
  /// How many are still to be printed.
  private(set) var left: Int

  init(_ command: MqttSub) {
    format = command.format
    isVerbose = command.verbose
    left = command.count ?? Int.max
  }

  /// Prints messages at once; true when there were enough.
  mutating func print(_ messages: [MQTTMessage]) throws -> Bool {
    let shown = messages.prefix(left)
    let time = Timestamp.now()
    for message in shown {
      let text: [UInt8] =
        switch format {
        case .text:
          (isVerbose ? Array(message.topic.utf8) + [0x20] : []) + message.payload + [0x0A]
        case .jsonl:
          line(of: message, time)
        }
      try output.append { $0 += text }
    }
    try output.flush()
    left -= shown.count
    return left == 0
  }

  /// What was printed is on the disk, if standard output is a file.
  func sync() throws {
    guard fdatasync(STDOUT_FILENO) != 0, errno != EINVAL, errno != EROFS else { return }
    throw Failure(
      "can't write to the disk: \(String(cString: strerror(errno)))", at: "standard output",
      advice: "nothing of this batch was acknowledged; the broker delivers it again")
  }

  private func line(of message: MQTTMessage, _ time: Timestamp) -> [UInt8] {
    var text = Array("{\"time\":\"\(time)\",\"topic\":".utf8)
    text.append(json: message.topic)
    text += ",\"qos\":\(message.qos.rawValue),\"retain\":\(message.retain)".utf8
    if String(validating: message.payload, as: UTF8.self) != nil {
      text += ",\"payload\":".utf8
      text.append(json: message.payload)
      text += "}\n".utf8
    } else {
      text += ",\"payload_hex\":\"".utf8
      text.append(hex: message.payload)
      text += "\"}\n".utf8
    }
    return text
  }
}
