import TestSupport
import Testing

/// libmodbus's own server loop as a device, in a process of its own (`Fixtures/modbus/peers/libmodbus_server.c`): unit 9, whose
/// 300 registers hold 500 + address.
struct LibmodbusPeer {
  static let isThere = CCompiler.path != nil
  private let folder: TemporaryFolder
  private let process: PeerProcess
  /// Of the pseudo terminal at whose other end it is; empty over TCP.
  let path: String
  var port: UInt16 { process.port }

  /// Listens on the loopback interface; any unit.
  static func tcp() async throws -> LibmodbusPeer {
    let port = try Loopback.freePort()
    let peer = try await LibmodbusPeer(["tcp", "\(port)"], port: port)
    try #require(try await peer.process.isListening())
    return peer
  }

  /// Unit 9 on a serial line.
  static func rtu() async throws -> LibmodbusPeer { try await LibmodbusPeer(["rtu"], port: 0) }

  private init(_ arguments: [String], port: UInt16) async throws {
    folder = try TemporaryFolder()
    let program = folder.file("server")
    try await CCompiler.compile("modbus/peers/libmodbus_server.c", to: program, ["-lmodbus"])
    try folder.write("", to: "path")
    process = try PeerProcess(program, arguments, port: port, output: folder.file("path"))
    while port == 0, process.isRunning, folder.lineCount(of: "path") == 0 {
      try await Task.sleep(for: .milliseconds(10))
    }
    path = try folder.text(of: "path").split(separator: "\n").first.map(String.init) ?? ""
    try #require(port != 0 || path != "")
  }
}
