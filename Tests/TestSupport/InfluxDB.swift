/// An influxd of a test's own: where it is, and what it is started with.
public enum InfluxDB {
  /// Where it is installed, or nil.
  public static let path = PeerProcess.find("influxd")

  /// Writes `influxdb.conf` to a folder: everything in that folder, one port on the loopback, nothing told to anybody.
  public static func configure(in folder: TemporaryFolder, port: UInt16) throws {
    try folder.write(
      """
      reporting-disabled = true
      bind-address = "127.0.0.1:\(try Loopback.freePort())"
      [meta]
      dir = "\(folder.file("meta"))"
      [data]
      dir = "\(folder.file("tsdb"))"
      wal-dir = "\(folder.file("wal"))"
      [http]
      bind-address = "127.0.0.1:\(port)"
      [monitor]
      store-enabled = false
      """, to: "influxdb.conf")
  }
}
