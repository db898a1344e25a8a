internal import Glibc

extension SerialLine {
  /// The rates that a port can be set to, and termios's numbers for them: those that libmodbus 3.1 knows. It sets any other to 9600
  /// baud and does not say so.
  static let rates: [(baud: Int, speed: speed_t)] = [
    (110, speed_t(B110)), (300, speed_t(B300)), (600, speed_t(B600)), (1200, speed_t(B1200)),
    (2400, speed_t(B2400)), (4800, speed_t(B4800)), (9600, speed_t(B9600)),
    (19_200, speed_t(B19200)), (38_400, speed_t(B38400)), (57_600, speed_t(B57600)),
    (115_200, speed_t(B115200)), (230_400, speed_t(B230400)), (460_800, speed_t(B460800)),
    (500_000, speed_t(B500000)), (576_000, speed_t(B576000)), (921_600, speed_t(B921600)),
    (1_000_000, speed_t(B1000000)), (1_152_000, speed_t(B1152000)),
    (1_500_000, speed_t(B1500000)), (2_500_000, speed_t(B2500000)),
    (3_000_000, speed_t(B3000000)), (3_500_000, speed_t(B3500000)),
    (4_000_000, speed_t(B4000000)),
  ]

  /// The rates next to one that is none, such as "9600 or 19200".
  static func rates(near baud: Int) -> String {
    let below = rates.last { $0.baud < baud }
    let above = rates.first { $0.baud > baud }
    return [below, above].compactMap { $0.map { "\($0.baud)" } }.joined(separator: " or ")
  }

  /// Whether the open port runs at the rate that it was told: drivers that can't set one keep or choose another.
  func isSet(on descriptor: Int32) -> Bool {
    var settings = termios()
    // What has no settings to show is not refused for that.
    guard tcgetattr(descriptor, &settings) == 0 else { return true }
    let speed = cfgetospeed(&settings)
    return Self.rates.contains { $0.baud == baud && $0.speed == speed }
  }
}
