public import Gateway
internal import Glibc

/// The service manager that started this process, as far as it wants to know how it is: systemd's notification protocol
/// (sd_notify(3)).
public struct ServiceManager: Sendable {
  private let address: String
  /// How long it waits for a sign of life; nil for ever.
  public let watchdog: Duration?

  /// The one that the environment names (`NOTIFY_SOCKET`, `WATCHDOG_USEC`); nil if there is none.
  public static var current: ServiceManager? {
    guard let address = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }),
      address.hasPrefix("/") || address.hasPrefix("@"), address.utf8.count > 1
    else { return nil }
    var watchdog: Duration?
    let isForUs = getenv("WATCHDOG_PID").map { String(cString: $0) == "\(getpid())" } ?? true
    if isForUs, let text = getenv("WATCHDOG_USEC"), let micro = Int64(String(cString: text)),
      micro > 0
    {
      watchdog = .microseconds(micro)
    }
    return ServiceManager(address: address, watchdog: watchdog)
  }

  init(address: String, watchdog: Duration?) {
    self.address = address
    self.watchdog = watchdog
  }

  /// The service works.
  public func ready(_ status: String) { send("READY=1\nSTATUS=\(Self.line(status))\n") }

  /// The service begins to read its configuration again; `ready` ends that.
  public func reloading() { send("RELOADING=1\n") }

  /// The service begins to end.
  public func stopping() { send("STOPPING=1\n") }

  /// A sign of life.
  public func isAlive() { send("WATCHDOG=1\n") }

  /// Sends signs of life as long as the gateway gives some, until the task is cancelled.
  public func watch(_ gateway: GatewayRuntime) async {
    await watch(gateway, by: ContinuousClock())
  }

  func watch<Time: Clock>(_ gateway: GatewayRuntime, by clock: Time) async
  where Time.Duration == Duration {
    guard let watchdog else { return }
    var (beat, changed) = (gateway.heartbeat, clock.now)
    while (try? await clock.sleep(until: clock.now.advanced(by: watchdog / 3), tolerance: nil))
      != nil
    {
      let now = clock.now
      let latest = gateway.heartbeat
      if latest != beat { (beat, changed) = (latest, now) }
      if changed.duration(to: now) < Self.longestSilence { isAlive() }
    }
  }

  /// A gateway that moves at all gives a sign of life every ten seconds.
  static let longestSilence: Duration = .seconds(15)

  private static func line(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  /// A manager that can't be reached hears nothing; there is nobody else to tell.
  private func send(_ message: String) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var place = sockaddr_un()
    place.sun_family = sa_family_t(AF_UNIX)
    var path = Array(address.utf8)
    guard path.count < MemoryLayout.size(ofValue: place.sun_path) else { return }
    // A name that begins with @ is in the abstract namespace, which a zero byte stands for.
    if path[0] == UInt8(ascii: "@") { path[0] = 0 }
    withUnsafeMutableBytes(of: &place.sun_path) { $0.copyBytes(from: path) }
    let length = MemoryLayout<sa_family_t>.size + path.count
    let bytes = Array(message.utf8)
    _ = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(
          descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
      }
    }
  }
}
