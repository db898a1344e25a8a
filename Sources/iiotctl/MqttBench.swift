internal import ArgumentParser
internal import Glibc
internal import MQTT

struct MqttBench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measures how many messages a second a broker passes on.",
    discussion: """
      Publishes messages to a topic of its own and receives them with a second connection. The rate counts from the \
      first publish to the last message received; lost messages are counted. A load for the \
      broker: don't aim it at one that others depend on.

      Example:
        iiotctl mqtt bench mqtt://127.0.0.1 --qos 1 --count 10000

      Exit codes: 0 all messages came, 1 failure or lost messages, 64 misuse, 130 or 143 after a signal.
      """)

  @OptionGroup var broker: MqttBrokerOptions

  @Option(name: .shortAndLong, help: "The quality of service: 0, 1 or 2.")
  var qos = MQTTQoS.atLeastOnce

  @Option(help: "How many messages, then it ends.")
  var count = 100_000

  @Option(help: ArgumentHelp("The size of a message.", valueName: "bytes"))
  var size = 100

  @Option(help: "How many messages may wait for their acknowledgements at once.")
  var inflight = 100

  func validate() throws {
    guard count > 0, size >= 0, size < 1 << 20, (1...65_535).contains(inflight) else {
      throw ValidationError("--count is above 0, --size below 1048576, --inflight 1 to 65535.")
    }
  }

  func run() async throws {
    let address = try broker.address()
    try await Interruption.cancels(hasEnd: true) {
      do {
        try await measure(address)
      } catch let error as MQTTError {
        throw Failure(error)
      }
    }
  }

  private func measure(_ address: MQTTAddress) async throws {
    var options = broker.options
    options.maximumInflight = inflight
    let receiver = try MQTTClient(address, options: options)
    let sender = try MQTTClient(address, options: options)
    let topic = "\(address.topic ?? "iiotctl/bench")/\(getpid())"
    let subscription = try await receiver.subscribe(topic, qos: qos)
    try await sender.connect()
    let clock = ContinuousClock()
    let start = clock.now
    let wanted = count
    let receiving = Task { () -> (Int, ContinuousClock.Instant) in
      var received = 0
      var last = clock.now
      for try await messages in subscription {
        received += messages.count
        last = clock.now
        if received >= wanted { break }
      }
      return (received, last)
    }
    let message = MQTTMessage(
      topic: topic, payload: [UInt8](repeating: 0x2E, count: size), qos: qos)
    let chunk = 1000
    // Two calls on their way, so that the window stays full from one to the next.
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        var sent = 0
        var running = 0
        while sent < count {
          let share = min(chunk, count - sent)
          sent += share
          if running == 2 { try await group.next() } else { running += 1 }
          group.addTask {
            try await sender.publish(Array(repeating: message, count: share))
          }
        }
        try await group.waitForAll()
      }
    } catch is CancellationError {
      // What came until now is told.
    }
    let published = clock.now
    let patience = Task {
      try await Task.sleep(for: .seconds(5))
      receiving.cancel()
    }
    let (received, last) = try await withTaskCancellationHandler {
      try await receiving.value
    } onCancel: {
      receiving.cancel()
    }
    patience.cancel()
    await sender.close()
    await receiver.close()
    if Task.isCancelled, received == 0 { return }
    let seconds = (last - start) / .seconds(1)
    var output = StandardOutput()
    let report = """
      qos \(qos.rawValue), \(size) bytes: \(Int(Double(received) / seconds)) messages/s received \
      (\(received) of \(count)); publishing took \((published - start) / .seconds(1)) of \(seconds) s

      """
    try output.append { $0 += Array(report.utf8) }
    try output.flush()
    if received < count, !Task.isCancelled {
      throw Failure(
        "\(count - received) messages did not come back", at: "\(address), topic \(topic)",
        advice: qos == .atMostOnce ? "QoS 0 may lose messages" : "see the broker's queue limits")
    }
  }
}
