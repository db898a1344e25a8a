// From a publisher over a real broker to a subscriber: 1000 messages of 100 bytes an operation, until the last has arrived.
import Foundation
import Harness
import MQTT

/// Mosquitto on a loopback port. A shell stands between, so that the broker ends when this program does.
struct Broker: Sendable {
  private nonisolated(unsafe) static var running: [ChildProgram] = []
  let port: UInt16

  init() throws {
    let folder = FileManager.default.temporaryDirectory
    let file = folder.appending(
      path: "iiot-bench-\(ProcessInfo.processInfo.processIdentifier).conf")
    port = try Self.freePort()
    // Mosquitto up to 2.0.12 can lose count of a full window (mosquitto issue 2362).
    try """
    listener \(port) 127.0.0.1
    allow_anonymous true
    max_inflight_messages 2000
    max_queued_messages 0
    """.write(to: file, atomically: true, encoding: .utf8)
    let script = """
      /usr/sbin/mosquitto -c \(file.path) &
      until (exec 3<>/dev/tcp/127.0.0.1/\(port)) 2>/dev/null; do sleep 0.05; done
      echo ready
      read line
      kill $!
      rm -f \(file.path)
      """
    let shell = try ChildProgram("/bin/bash", ["-c", script], hidingErrors: true)
    _ = shell.readLine()
    Self.running.append(shell)
  }

  var url: String { "mqtt://127.0.0.1:\(port)" }

  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
      }
    }
    guard status == 0 else { throw POSIXError(.EADDRINUSE) }
    return UInt16(bigEndian: address.sin_port)
  }
}

/// The two ends, connected at the first iteration.
actor Ends {
  private let broker: Broker
  private let qos: MQTTQoS
  private var subscriber: MQTTClient?
  private var subscription: MQTTSubscription?
  private let publisher: MQTTClient

  init(_ broker: Broker, qos: MQTTQoS) throws {
    self.broker = broker
    self.qos = qos
    publisher = try MQTTClient(broker.url)
  }

  func run(_ iterations: Int) async throws -> UInt64 {
    if subscriber == nil {
      let client = try MQTTClient(broker.url)
      subscription = try await client.subscribe("bench/ours", qos: qos)
      subscriber = client
    }
    let payload = Array(repeating: UInt8(ascii: "x"), count: 100)
    let messages = Array(
      repeating: MQTTMessage(topic: "bench/ours", payload: payload, qos: qos), count: 1000)
    var received = 0
    var iterator = subscription?.makeAsyncIterator()
    for iteration in 1...max(1, iterations) {
      async let published: Void = publisher.publish(messages)
      while received < iteration * 1000, let batch = try await iterator?.next() {
        received += batch.count
      }
      try await published
    }
    return UInt64(received)
  }
}

var suite = BenchmarkSuite("MQTT")

for (name, qos, number) in [("QoS 0", MQTTQoS.atMostOnce, 0), ("QoS 1", .atLeastOnce, 1)] {
  suite.add("publish and receive, \(name)") {
    let broker = try Broker()
    let ends = try Ends(broker, qos: qos)
    return Comparison(
      operation: "message", itemsPerOperation: 1000, bytesPerOperation: 100_000,
      countedIterations: 0,
      ours: { iterations in try await ends.run(Int(iterations)) },
      against: [
        .peer(
          "libmosquitto", program: "MQTT/libmosquitto_pubsub.c",
          arguments: ["\(broker.port)", "\(number)"])
      ])
  }
}

suite.run()
