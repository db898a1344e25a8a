import Foundation
import MQTT
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite(
  "A gateway between brokers", .enabled(if: Mosquitto.path != nil, "mosquitto is not installed"),
  .timeLimit(.minutes(15)))
struct MQTTGatewayTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("messages become samples, also those that came while the gateway was away")
  func acquires() async throws {
    let broker = try await Mosquitto()
    let publisher = try MQTTClient(broker.url)
    try await publisher.publish("7", to: "plant/count", retain: true)
    let configuration = try configuration(broker)

    for round in 0..<3 {
      let gateway = try await GatewayRuntime(configuration)
      // The first time the session has to be there before something is published for it.
      if round > 0 { try await publish(100 * round, by: publisher) }
      try await run(gateway) { gateway in
        if round == 0 { return gateway.latest.contains { $0.value == .int64(7) } }
        return gateway.latest.contains { $0.value == .double(Double(100 * round + 99) / 2) }
      }
    }
    let lines = try folder.text(of: "out.lp").split(separator: "\n")
    let levels = lines.filter { $0.hasPrefix("tank level=") }.map { $0.split(separator: " ")[1] }
    #expect(Set(levels) == Set((100..<300).map { "level=\(Double($0) / 2)" }))
    #expect(lines.contains { $0.hasPrefix("tank open=true ") })
    // What was retained may be old, and says so.
    #expect(lines[0].hasPrefix("tank count=7i,count.status=1083179008i "))
  }

  @Test(
    "one subscription yields the tags of devices that nobody has named, and they are processed as others are"
  )
  func devicesOfTopics() async throws {
    let broker = try await Mosquitto()
    var configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [
        .init(
          name: "broker",
          transport: .mqtt(
            MQTTEndpoint(try MQTTAddress(broker.url)), filter: "iot/{device}/{kind}"))
      ],
      devices: [
        .init(
          name: "{device}", bus: "broker",
          messages: [
            MessageTag(name: "level", topic: "iot/{device}/raw", path: "level", unit: "m"),
            MessageTag(name: "t", topic: "iot/{device}/raw", path: "t", scale: 0.1),
          ]),
        .init(
          name: "pump-1", bus: "broker",
          messages: [
            MessageTag(name: "{kind}", topic: "iot/{device}/{kind}"),
            MessageTag(name: "t", topic: "iot/pump-1/temperature"),
          ]),
      ],
      formulas: [.init(tag: "sum/level", expression: "{pump-1/level} + {pump-2/level}")],
      buffer: .init(capacity: 4 << 20, segment: 1 << 20),
      sinks: [.init(name: "s", kind: .file(path: folder.file("out.jsonl"), format: .jsonl))])
    var limit = ProcessingRule("pump-2/*")
    limit.maximum = 5
    var window = ProcessingRule("pump-3/level")
    window.window = .init(length: .seconds(3600), functions: [.count])
    configuration.processing = [limit, window]
    let events = EventLog()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    let publisher = try MQTTClient(broker.url)
    var hasPublished = false
    try await run(gateway) { gateway in
      if !hasPublished {
        // The session is there when its first message has come.
        try await publisher.publish("1", to: "iot/pump-1/rpm")
        guard gateway.latest.contains(where: { $0.value == .int64(1) }) else { return false }
        hasPublished = true
        // Once, also where the publisher's connection is given up and made anew.
        let messages = [
          MQTTMessage(topic: "iot/pump-1/raw", text: #"{"level":3,"t":215}"#),
          MQTTMessage(topic: "iot/pump-1/temperature", text: "20"),
          MQTTMessage(topic: "iot/pump-2/raw", text: #"{"level":7}"#),
          MQTTMessage(topic: "iot/pump-3/raw", text: #"{"level":1,"t":10}"#),
          MQTTMessage(topic: "iot/pump-3/raw", text: #"{"level":2,"t":20}"#),
          MQTTMessage(topic: "iot/{x}/raw", text: "{}"),
        ]
        try await publisher.publish(
          messages.map { message in
            var message = message
            message.qos = .exactlyOnce
            return message
          })
      }
      return gateway.latest.contains { $0.value == .double(2) }
    }
    struct Line: Decodable {
      var tag: String
      var value: Double?
      var quality: String
      var reason: String?
    }
    let lines = try folder.text(of: "out.jsonl").split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    // Where a busy machine costs the connection, what was not acknowledged comes again.
    func values(_ tag: String) -> [String] {
      var different: [String] = []
      for line in lines where line.tag == tag {
        let value = "\(line.value.map { "\($0)" } ?? line.reason ?? "-") \(line.quality)"
        if !different.contains(value) { different.append(value) }
      }
      return different
    }
    #expect(values("pump-1/level") == ["3.0 good"])
    // The file names this tag itself, with a topic of its own.
    #expect(values("pump-1/t") == ["20.0 good"])
    #expect(values("pump-1/raw") == ["wrong type bad"])
    #expect(values("pump-2/level") == ["7.0 uncertain"])
    #expect(values("pump-2/t") == ["no data bad"])
    #expect(values("pump-3/level").isEmpty)
    let count = values("pump-3/level.count").first ?? ""
    #expect(["2.0 good", "4.0 good", "6.0 good"].contains(count))
    #expect(values("pump-3/t") == ["1.0 good", "2.0 good"])
    #expect(values("sum/level").last == "10.0 uncertain")
    #expect(events.all.contains { $0.message.contains("messages that make no tag") })
  }

  @Test(
    "a database that is exchanged on the disk counts when its bus is changed, and topics make the tags that it has no more"
  )
  func exchangedDatabase() async throws {
    func describe(_ signal: String) throws {
      try folder.write(
        "VERSION \"\"\nBU_: A\nBO_ 291 M: 8 A\n SG_ \(signal) : 0|16@1+ (1,0) [0|0] \"\" A\n",
        to: "m.dbc")
    }
    func log(_ name: String) -> GatewayConfiguration.Transport {
      .canLog(path: folder.file(name), database: folder.file("m.dbc"))
    }
    try describe("first")
    try folder.write("(1600000000.000000) can0 123#0100000000000000\n", to: "1.log")
    try folder.write("(1600000001.000000) can0 123#0200000000000000\n", to: "2.log")
    let broker = try await Mosquitto()
    var configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [
        .init(name: "can", transport: log("1.log")),
        .init(
          name: "broker",
          transport: .mqtt(
            MQTTEndpoint(try MQTTAddress(broker.url)), filter: "iot/{device}/{kind}")),
      ],
      devices: [
        .init(name: "car", bus: "can"),
        .init(
          name: "{device}", bus: "broker",
          messages: [MessageTag(name: "{kind}", topic: "iot/{device}/{kind}")]),
      ], buffer: .init(capacity: 4 << 20, segment: 1 << 20),
      sinks: [.init(name: "s", kind: .file(path: folder.file("out.jsonl"), format: .jsonl))])
    let gateway = try await GatewayRuntime(configuration)
    let publisher = try MQTTClient(broker.url)
    func publish(_ texts: KeyValuePairs<String, String>) async throws {
      try await publisher.publish(
        texts.map { MQTTMessage(topic: "iot/\($0.key)", text: $0.value, qos: .exactlyOnce) })
    }
    try await run(gateway) { gateway in
      guard gateway.isRunning else { return false }
      func latest(_ tag: String) -> Sample? {
        gateway.latest.first { gateway.tags.name(of: $0.tag) == tag }
      }
      // The session is there when its first message has come.
      while latest("pump/rpm") == nil {
        try await publisher.publish("0", to: "iot/pump/rpm")
        try await Task.sleep(for: .milliseconds(20))
      }
      try await publish(["car/M.second": "11", "pump/level": "10"])
      while latest("pump/level")?.value != .int64(10) || latest("car/M.first") == nil {
        try await Task.sleep(for: .milliseconds(5))
      }
      try describe("second")
      configuration.buses[0].transport = log("2.log")
      let plan = try await gateway.reload(configuration)
      #expect(Set(plan.changedBuses) == ["can", "broker"])
      // The first is the database's now, the second no longer.
      try await publish(["car/M.second": "13", "car/M.first": "14", "pump/level": "15"])
      while latest("pump/level")?.value != .int64(15)
        || latest("car/M.second")?.value == .int64(11)
      {
        try await Task.sleep(for: .milliseconds(5))
      }
      return true
    }
    struct Line: Decodable {
      var tag: String
      var value: Double?
    }
    let lines = try folder.text(of: "out.jsonl").split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    // Where a busy machine costs the connection, what was not acknowledged comes again.
    func values(_ tag: String) -> [Double] {
      var different: [Double] = []
      for line in lines where line.tag == tag {
        if let value = line.value, !different.contains(value) { different.append(value) }
      }
      return different
    }
    #expect(values("car/M.first") == [1, 14])
    #expect(values("car/M.second") == [11, 2])
    #expect(values("pump/level") == [10, 15])
    withExtendedLifetime(broker) {}
  }

  @Test("a broker that is not there is told once, and the tags are bad")
  func absentBroker() async throws {
    let broker = try await Mosquitto()
    let configuration = try configuration(broker)
    broker.kill()
    let events = EventLog()
    let gateway = try await GatewayRuntime(configuration, events: events.add)
    try await run(gateway) { $0.status.stored >= 3 }
    #expect(gateway.latest.allSatisfy { $0.quality == .badNoCommunication })
    #expect(events.all.filter { $0.source == "bus broker" }.count == 1)
  }

  @Test("who watches a broker hears of the next try to connect, however short the timeout is")
  func watcher() throws {
    var broker = MQTTEndpoint(try MQTTAddress("mqtt://127.0.0.1:1883"))
    broker.timeout = .milliseconds(100)
    let options = MQTTDriver.watcherOptions(broker, clientIdentifier: "g:watch:b")
    // The longest wait, and then a name with many addresses.
    let longest: Duration = options.backoff.maximum * 2 + options.connectTimeout * 20
    #expect(options.timeout > longest)
    #expect(options.backoff.maximum <= .seconds(5))
  }

  @Test(
    "what the gateway has read is published, and an outage costs nothing",
    .enabled(if: PeerProcess.find("socat") != nil, "socat is not installed"))
  func forwards() async throws {
    let broker = try await Mosquitto()
    // One connection goes through it, and is cut with it; the reader's stays.
    let socat = try #require(PeerProcess.find("socat"))
    let port = try Loopback.freePort()
    let way = [
      "TCP-LISTEN:\(port),bind=127.0.0.1,reuseaddr", "TCP:127.0.0.1:\(broker.port)",
    ]
    let link = Mutex(try PeerProcess(socat, way))
    var options = MQTTSinkOptions(
      broker: MQTTEndpoint(try MQTTAddress("mqtt://127.0.0.1:\(port)")),
      topic: try TopicTemplate("{gateway}/{device}/{tag}"))
    options.broker.timeout = .seconds(1)
    let configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"), buses: [.init(name: "sim", transport: .simulator)],
      devices: [
        .init(
          name: "s", bus: "sim", every: .milliseconds(2),
          simulated: [SimulatedTag(name: "a"), SimulatedTag(name: "b", shape: .walk)])
      ], buffer: .init(capacity: 4 << 20, segment: 1 << 20),
      sinks: [.init(name: "up", kind: .mqtt(options))])
    let gateway = try await GatewayRuntime(configuration)
    let seen = SequenceSet()
    let reading = Task {
      let reader = try MQTTClient(broker.url)
      try await reader.connect()
      for try await messages in try await reader.subscribe("g/#") {
        for message in messages { try seen.add(message.text) }
      }
    }
    try await run(gateway) { gateway in
      if gateway.status.stored > 200, !seen.wasCut, seen.count > 100 {
        seen.wasCut = true
        link.withLock { $0.stop() }
        while gateway.status.sinks[0].counts.retries == 0 {
          try await Task.sleep(for: .milliseconds(5))
        }
        let again = try PeerProcess(socat, way)
        link.withLock { $0 = again }
      }
      return seen.wasCut && gateway.status.sinks[0].counts.delivered > 1000
    }
    let stored = gateway.status.stored
    #expect(gateway.status.sinks[0].counts.delivered == stored)
    #expect(gateway.status.sinks[0].counts.waitingRecords == 0)
    while seen.count < stored { try await Task.sleep(for: .milliseconds(5)) }
    reading.cancel()
    #expect(seen.count == stored)
  }

  @Test("a bus and a sink of one name, and a second bus, are clients of their own at one broker")
  func sameNames() async throws {
    let broker = try await Mosquitto(folder: folder)
    let endpoint = MQTTEndpoint(try MQTTAddress(broker.url))
    var options = MQTTSinkOptions(
      broker: endpoint, topic: try TopicTemplate("out/{device}/{tag}"))
    options.payload = .value
    let configuration = GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [
        .init(name: "plant", transport: .mqtt(endpoint, filter: "in/#")),
        .init(name: "sink", transport: .mqtt(endpoint, filter: "else/#")),
      ],
      devices: [
        .init(name: "tank", bus: "plant", messages: [MessageTag(name: "n", topic: "in/n")]),
        .init(name: "pump", bus: "sink", messages: [MessageTag(name: "n", topic: "else/n")]),
      ], buffer: .init(capacity: 4 << 20, segment: 1 << 20),
      sinks: [.init(name: "plant", kind: .mqtt(options))])
    let publisher = try MQTTClient(broker.url)
    let reader = try MQTTClient(broker.url)
    let subscription = try await reader.subscribe("out/tank/n")
    let seen = Mutex<[String]>([])
    let reading = Task {
      for try await messages in subscription {
        seen.withLock { $0 += messages.map(\.text) }
      }
    }
    let clients = ["g-plant", "g-sink", "g:sink:plant", "g:watch:plant", "g:watch:sink"]
    let gateway = try await GatewayRuntime(configuration)
    var isPublished = false
    try await run(gateway) { _ in
      let log = try folder.text(of: "log")
      guard clients.allSatisfy({ log.contains(" as \($0) ") }) else {
        // The sink comes with the first sample.
        try await publisher.publish("-1", to: "in/n")
        return false
      }
      if !isPublished {
        isPublished = true
        try await publisher.publish(
          (0..<500).map { MQTTMessage(topic: "in/n", text: "\($0)", qos: .atLeastOnce) })
      }
      return seen.withLock { $0.contains("499") }
    }
    reading.cancel()
    #expect(Set(0..<500).isSubset(of: seen.withLock { Set($0.compactMap { Int($0) }) }))
    #expect(try !folder.text(of: "log").contains("already connected"))
  }

  // MARK: -

  private func configuration(_ broker: Mosquitto) throws -> GatewayConfiguration {
    GatewayConfiguration(
      id: "g", dataFolder: folder.file("data"),
      buses: [
        .init(
          name: "broker",
          transport: .mqtt(MQTTEndpoint(try MQTTAddress(broker.url)), filter: "plant/#"))
      ],
      devices: [
        .init(
          name: "tank", bus: "broker",
          messages: [
            MessageTag(name: "count", topic: "plant/count"),
            MessageTag(name: "level", topic: "plant/tank", path: "readings.0", scale: 0.5),
            MessageTag(name: "open", topic: "plant/tank", path: "open", type: .bool),
          ])
      ], buffer: .init(capacity: 4 << 20, segment: 1 << 20),
      sinks: [.init(name: "s", kind: .file(path: folder.file("out.lp"), format: .influx))])
  }

  private func publish(_ first: Int, by publisher: MQTTClient) async throws {
    try await publisher.publish(
      (first..<(first + 100)).map {
        MQTTMessage(topic: "plant/tank", text: #"{"readings":[\#($0)],"open":true}"#)
      })
  }
}
