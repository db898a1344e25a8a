/// How a client treats its wire.
public struct ModbusOptions: Sendable, Hashable {
  /// How many requests may wait for their answers at once, 1 to 64.
  ///
  /// Many devices answer one request at a time and some lose a second one, so the default is 1; a device or gateway
  /// that queues requests is read many times faster with 4 or more.
  public var inFlight: Int
  /// How long to wait for an answer once its request has been sent. Some inverters need more than half a second.
  public var timeout: Duration
  /// How long one attempt to connect may take, the look-up of the name included.
  public var connectTimeout: Duration
  /// How long to wait before connecting again after a failure; doubles at each further one, with jitter.
  public var backoff: Backoff
  /// After so many timeouts with no answer between them, be it a late or a malformed one, the connection is given up and made
  /// anew: a device that was switched off can't say so. Not on a serial port, which is no connection.
  public var silentTimeouts: Int
  /// Whether a read whose connection ended before its answer is sent once more on a new connection, if its time
  /// allows; of RTU frames when its unit has been left alone for `timeout`. Writes are never sent twice.
  public var resendsReads: Bool
  /// Whether an answer may bear another unit number than its request. Off, because behind a gateway such an answer is
  /// another device's; some devices with one unit answer with a fixed number.
  public var acceptsAnyUnit: Bool

  /// The most requests that may be under way at once.
  public static let maximumInFlight = 64

  /// How long to stay away from a peer that can't be reached.
  public struct Backoff: Sendable, Hashable {
    /// The wait after the first failure.
    public var initial: Duration
    /// The longest wait.
    public var maximum: Duration

    /// Waits from `initial`, doubling up to `maximum`; each is shortened at random by up to a half, so that many
    /// clients of one device do not come back at the same moment.
    public init(initial: Duration = .milliseconds(100), maximum: Duration = .seconds(5)) {
      self.initial = initial
      self.maximum = maximum
    }
  }

  /// Options; each has a default that is safe with any device.
  public init(
    inFlight: Int = 1, timeout: Duration = .seconds(1), connectTimeout: Duration = .seconds(3),
    backoff: Backoff = Backoff(), silentTimeouts: Int = 3, resendsReads: Bool = true,
    acceptsAnyUnit: Bool = false
  ) {
    self.inFlight = inFlight
    self.timeout = timeout
    self.connectTimeout = connectTimeout
    self.backoff = backoff
    self.silentTimeouts = silentTimeouts
    self.resendsReads = resendsReads
    self.acceptsAnyUnit = acceptsAnyUnit
  }
}
