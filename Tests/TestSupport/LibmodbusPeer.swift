/// libmodbus's own server loop as a device, in a process of its own (`Fixtures/modbus/peers/libmodbus_server.c`): unit 9, whose
/// 300 registers hold 500 + address.
public struct LibmodbusPeer {
  /// Whether it can be made here.
  public static let isThere = CCompiler.path != nil
  private let folder: TemporaryFolder
  private let process: PeerProcess
  /// Of the pseudo terminal at whose other end it is; empty over TCP.
  public let path: String
  /// Where it listens; 0 on a serial line.
  public var port: UInt16 { process.port }

  /// It ended before it was ready.
  public struct Missing: Error {}

  /// Listens on the loopback interface; any unit.
  public static func tcp() async throws -> LibmodbusPeer {
    let port = try Loopback.freePort()
    let peer = try await LibmodbusPeer(["tcp", "\(port)"], port: port)
    guard try await peer.process.isListening() else { throw Missing() }
    return peer
  }

  /// Unit 9 on a serial line.
  public static func rtu() async throws -> LibmodbusPeer {
    let peer = try await LibmodbusPeer(["rtu"], port: 0)
    guard peer.path != "" else { throw Missing() }
    return peer
  }

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
  }
}
