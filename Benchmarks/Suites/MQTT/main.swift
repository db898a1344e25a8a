// From a publisher over a real broker to a subscriber: 1000 messages of 100 bytes an operation, until the last has arrived.
import Foundation
import Harness
import MQTT
import StoreForward

/// Mosquitto on a loopback port. A shell stands between, so that the broker ends when this program does.
struct Broker: Sendable {
  private nonisolated(unsafe) static var running: [ChildProgram] = []
  let port: UInt16

  init() throws {
    // The first port that the broker can have. Mosquitto up to 2.0.12 can lose count of a full window (mosquitto issue 2362).
    let script = """
      file=$(mktemp)
      for port in $(shuf -i 20000-30000 -n 20); do
        printf 'listener %s 127.0.0.1\nallow_anonymous true\n' $port >$file
        printf 'max_inflight_messages 2000\nmax_queued_messages 0\n' >>$file
        /usr/sbin/mosquitto -c $file &
        while kill -0 $!; do
          sleep 0.05
          (exec 3<>/dev/tcp/127.0.0.1/$port) && kill -0 $! && break 2
        done
      done
      rm -f $file
      echo $port
      read line
      kill $!
      """
    let shell = try ChildProgram("/bin/bash", ["-c", script], hidingErrors: true)
    let line = String(decoding: shell.readLine() ?? [], as: UTF8.self)
    guard let port = UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw POSIXError(.EADDRINUSE)
    }
    self.port = port
    Self.running.append(shell)
  }

  var url: String { "mqtt://127.0.0.1:\(port)" }
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

/// A publisher and a durable subscription, whose batches are acknowledged when a store has synced them.
actor DurableEnds {
  private let broker: Broker
  private let folder: String
  private let publisher: MQTTClient
  private var subscriber: MQTTClient?
  private var subscription: MQTTDurableSubscription?
  private var store: RingStore?
  private var records = RecordBatch()

  init(_ broker: Broker) throws {
    self.broker = broker
    folder = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID())").path
    publisher = try MQTTClient(broker.url)
  }

  func run(_ iterations: Int) async throws -> UInt64 {
    if subscriber == nil {
      store = try await RingStore(
        directory: folder, options: StoreOptions(capacity: .bytes(256 << 20)))
      let client = try MQTTClient(
        broker.url, options: MQTTOptions(session: .persistent(clientIdentifier: "bench")))
      subscription = try await client.durableSubscription("bench/durable")
      subscriber = client
    }
    let payload = Array(repeating: UInt8(ascii: "x"), count: 100)
    let messages = Array(
      repeating: MQTTMessage(topic: "bench/durable", payload: payload), count: 1000)
    var received = 0
    var iterator = subscription?.makeAsyncIterator()
    for iteration in 1...max(1, iterations) {
      async let published: Void = publisher.publish(messages)
      while received < iteration * 1000, let batch = try await iterator?.next() {
        records.removeAll()
        for message in batch.messages { try records.append(message.payload, time: 0) }
        _ = try await store?.append(records)
        batch.acknowledge()
        received += batch.messages.count
      }
      try await published
    }
    return UInt64(received)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}

suite.add("durable receive into a RingStore") {
  let broker = try Broker()
  let durable = try DurableEnds(broker)
  let plain = try Ends(broker, qos: .atLeastOnce)
  return Comparison(
    operation: "message", itemsPerOperation: 1000, bytesPerOperation: 100_000,
    countedIterations: 0,
    ours: { iterations in try await durable.run(Int(iterations)) },
    against: [
      .limit("plain subscription, QoS 1") { iterations in try await plain.run(Int(iterations)) }
    ])
}

suite.run()
