/// A serial port and how it is set.
///
/// The line must not echo what is sent, as two-wire RS-485 adapters do whose receiver stays on while they send: the echo of
/// a write of one coil or register (functions 5, 6 and 22) is the same bytes as its good answer, and nobody could tell
/// whether a device has answered.
public struct SerialLine: Sendable, Hashable {
  /// The parity bit.
  public enum Parity: String, Sendable, Hashable, CaseIterable {
    /// None; the specification then wants two stop bits, and most devices have one.
    case none = "N"
    /// Even, the specification's default.
    case even = "E"
    /// Odd.
    case odd = "O"
  }

  /// The device file, such as `/dev/ttyUSB0`.
  public var path: String
  /// Bits a second: 110, 300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 576000, 921600,
  /// 1000000, 1152000, 1500000, 2500000, 3000000, 3500000 or 4000000. A port with any other can't be opened.
  public var baud: Int
  /// The parity bit.
  public var parity: Parity
  /// Data bits, 7 or 8. RTU needs 8.
  public var dataBits: Int
  /// Stop bits, 1 or 2.
  public var stopBits: Int
  /// Whether the kernel switches an RS-485 driver's direction (TIOCSRS485), for ports that need it.
  public var isRS485: Bool

  /// A port; 19200 baud, 8 data bits, even parity and 1 stop bit unless given, as the specification has it.
  public init(
    _ path: String, baud: Int = 19200, parity: Parity = .even, dataBits: Int = 8,
    stopBits: Int = 1, isRS485: Bool = false
  ) {
    self.path = path
    self.baud = baud
    self.parity = parity
    self.dataBits = dataBits
    self.stopBits = stopBits
    self.isRS485 = isRS485
  }

  /// The silence between two frames, ns: 3.5 characters of 11 bits, and 1.75 ms above 19200 baud (Modbus over serial line
  /// 1.02, section 2.5.1.1).
  var gap: Int64 {
    baud > 19200 ? 1_750_000 : Int64(38_500_000_000) / Int64(max(1, baud))
  }
}
