import Foundation
import Glibc
import IndustrialModel
import MQTT
import Modbus
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A kind of driver with a real other end, and what the kit has to know of it.
struct DriverCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Why it can't be tried on this machine; nil when it can.
  var missing: String?
  let make: @Sendable (TemporaryFolder) async throws -> any DriverPeer

  var testDescription: String { name }

  static let all = [
    DriverCase(name: "modbus-tcp") { _ in try ModbusPeer() },
    DriverCase(
      name: "modbus-rtu",
      missing: PeerProcess.find("socat") == nil || PeerProcess.find("python3") == nil
        ? "needs socat and python3" : nil
    ) { try await SerialPeer($0) },
    DriverCase(name: "mqtt", missing: Mosquitto.isInstalled ? nil : "needs mosquitto") { _ in
      try await BrokerPeer()
    },
    DriverCase(name: "can-log") { try FIFOPeer($0) },
    DriverCase(
      name: "socketcan",
      missing: if_nametoindex("vcan0") == 0 || geteuid() != 0
        || PeerProcess.find("cansend") == nil || PeerProcess.find("ip") == nil
        ? "needs virtual CAN interfaces (Tests/vcan/run), can-utils, and root to add some" : nil
    ) { try InterfacePeer($0) },
    DriverCase(name: "system") { _ in MadeUpPeer(.system(disk: "/"), .init(name: "d", bus: "b")) },
    DriverCase(name: "simulator") { _ in
      MadeUpPeer(
        .simulator,
        .init(
          name: "d", bus: "b", every: .milliseconds(2),
          simulated: [SimulatedTag(name: "x"), SimulatedTag(name: "y", every: .milliseconds(5))]))
    },
    DriverCase(name: "recording") { folder in
      try folder.write("time,x,y\n0,1,2\n0.001,3,4\n", to: "r.csv")
      return MadeUpPeer(
        .simulator,
        .init(
          name: "d", bus: "b",
          recording: Recording(path: folder.file("r.csv"), repeats: true)))
    },
  ]

  static let possible = all.filter { $0.missing == nil }
}

/// The other end of a driver.
protocol DriverPeer: AnyObject, Sendable {
  var configuration: GatewayConfiguration { get }
  /// The tags that there have to be.
  var tags: Set<String> { get }
  /// Whether it can go away and come back, and the driver learns of it.
  var goesAway: Bool { get }
  /// Says something, where it does not answer but speaks.
  func speak() async throws
  func goAway() async throws
  func comeBack() async throws
}

extension DriverPeer {
  var goesAway: Bool { false }
  func speak() async throws {}
  func goAway() async throws {}
  func comeBack() async throws {}
}

private func plant(
  _ transport: GatewayConfiguration.Transport, _ device: GatewayConfiguration.Device
) -> GatewayConfiguration {
  GatewayConfiguration(
    id: "kit-\(UUID().uuidString.prefix(8))", dataFolder: "/no/such/folder",
    buses: [.init(name: "b", transport: transport)], devices: [device])
}

private let registers = ["x", "y"].enumerated().map { number, name in
  RegisterTag(name: name, table: .holding, address: UInt16(number), type: .int16)
}

/// Our Modbus server.
private final class ModbusPeer: DriverPeer {
  private let server: Mutex<ModbusServer?>
  private let port: UInt16
  let tags: Set = ["d/x", "d/y"]
  let goesAway = true

  init() throws {
    port = try Loopback.freePort()
    server = Mutex(try ModbusServer(port: port))
  }

  var configuration: GatewayConfiguration {
    plant(
      .modbusTCP(host: "127.0.0.1", port: port, timeout: .seconds(5)),
      .init(name: "d", bus: "b", every: .milliseconds(2), tags: registers))
  }

  func goAway() { server.withLock { $0.take()?.close() } }

  func comeBack() async throws {
    let again = try ModbusServer(port: port)
    server.withLock { $0 = again }
  }
}

/// A slave in Python on one end of a pair of terminals.
private final class SerialPeer: DriverPeer {
  private let line: PeerProcess
  private let slave: Mutex<PeerProcess?> = Mutex(nil)
  private let ends: [String]
  let tags: Set = ["d/x", "d/y"]
  let goesAway = true

  init(_ folder: TemporaryFolder) async throws {
    let ends = [folder.file("ours"), folder.file("theirs")]
    self.ends = ends
    line = try PeerProcess(
      try #require(PeerProcess.find("socat")), ends.map { "pty,raw,echo=0,link=\($0)" })
    while line.isRunning, !ends.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) {
      try await Task.sleep(for: .milliseconds(10))
    }
    try startSlave()
  }

  var configuration: GatewayConfiguration {
    plant(
      .modbusRTU(
        .rtu(SerialLine(ends[0], baud: 115_200, parity: .none)), timeout: .milliseconds(300)),
      .init(name: "d", bus: "b", unit: 7, every: .milliseconds(5), tags: registers))
  }

  func goAway() { slave.withLock { $0.take()?.stop() } }

  func comeBack() async throws { try startSlave() }

  private func startSlave() throws {
    let script = URL(filePath: #filePath).appending(path: "../../Fixtures/modbus/rtu_slave.py")
    let process = try PeerProcess(
      try #require(PeerProcess.find("python3")), [script.standardized.path, ends[1]])
    slave.withLock { $0 = process }
  }
}

/// mosquitto.
private final class BrokerPeer: DriverPeer {
  // Sendable: one test has it, and does one thing after the other.
  private nonisolated(unsafe) let broker: Mosquitto
  private let url: String
  let tags: Set = ["d/x", "d/y"]
  let goesAway = true

  init() async throws {
    broker = try await Mosquitto()
    url = broker.url
  }

  var configuration: GatewayConfiguration {
    let address = (try? MQTTAddress(url)) ?? MQTTAddress(host: "")
    return plant(
      .mqtt(MQTTEndpoint(address), filter: "kit/#"),
      .init(
        name: "d", bus: "b",
        messages: [
          MessageTag(name: "x", topic: "kit/x"), MessageTag(name: "y", topic: "kit/y"),
        ]))
  }

  func speak() async throws {
    let client = try MQTTClient(url)
    for number in 0..<50 {
      try await client.publish("\(number)", to: "kit/x")
      try await client.publish("\(number)", to: "kit/y")
    }
    await client.close()
  }

  func goAway() { broker.kill() }

  func comeBack() async throws { try await broker.start() }
}

/// A FIFO into which frames are written.
private final class FIFOPeer: DriverPeer {
  private let folder: TemporaryFolder
  let tags: Set = ["d/M.x", "d/M.y"]

  init(_ folder: TemporaryFolder) throws {
    self.folder = folder
    try folder.writeMessages()
    guard mkfifo(folder.file("fifo"), 0o600) == 0 else { throw POSIXError(.EIO) }
  }

  var configuration: GatewayConfiguration {
    plant(
      .canLog(path: folder.file("fifo"), database: folder.file("m.dbc")), .init(name: "d", bus: "b")
    )
  }

  func speak() async throws {
    let lines = (0..<50).map { "(\(1_600_000_000 + $0).000000) can0 123#0100020000000000\n" }
    // The driver holds it open for writing too, so that this does not wait for it, unless it has not begun.
    let descriptor = open(folder.file("fifo"), O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    let text = lines.joined()
    _ = text.utf8.withContiguousStorageIfAvailable { write(descriptor, $0.baseAddress, $0.count) }
    // What nobody has read is lost with the last descriptor.
    try await Task.sleep(for: .milliseconds(50))
  }
}

/// A virtual CAN interface of its own, because others would wait for ever for one that is switched off, and can-utils on it.
private final class InterfacePeer: DriverPeer {
  private let folder: TemporaryFolder
  private let interface = "kit\(UInt32.random(in: 0 ... .max))"
  let tags: Set = ["d/M.x", "d/M.y"]
  let goesAway = true

  init(_ folder: TemporaryFolder) throws {
    self.folder = folder
    try folder.writeMessages()
    try ip("link", "add", interface, "type", "vcan")
    try ip("link", "set", interface, "up")
  }

  deinit { try? ip("link", "del", interface) }

  var configuration: GatewayConfiguration {
    plant(
      .socketCAN(interface: interface, database: folder.file("m.dbc")), .init(name: "d", bus: "b"))
  }

  func speak() async throws {
    _ = try await Tool(
      try #require(PeerProcess.find("cansend")), [interface, "123#0100020000000000"])
  }

  func goAway() async throws { try ip("link", "set", interface, "down") }

  func comeBack() async throws { try ip("link", "set", interface, "up") }

  private func ip(_ words: String...) throws {
    let tool = try Tool(try #require(PeerProcess.find("ip")), words)
    try #require(tool.status == 0, "ip \(words): \(tool.errors)")
  }
}

extension TemporaryFolder {
  fileprivate func writeMessages() throws {
    try write(
      """
      VERSION ""
      BU_: A
      BO_ 291 M: 8 A
       SG_ x : 0|16@1+ (1,0) [0|0] "" A
       SG_ y : 16|16@1+ (1,0) [0|0] "" A

      """, to: "m.dbc")
  }
}

/// What has no other end.
private final class MadeUpPeer: DriverPeer {
  let configuration: GatewayConfiguration
  let tags: Set<String>

  init(_ transport: GatewayConfiguration.Transport, _ device: GatewayConfiguration.Device) {
    var device = device
    device.every = .milliseconds(2)
    configuration = plant(transport, device)
    tags =
      switch transport {
      case .system: ["d/cpu/load1", "d/memory/total", "d/disk/free", "d/uptime"]
      default: ["d/x", "d/y"]
      }
  }
}
