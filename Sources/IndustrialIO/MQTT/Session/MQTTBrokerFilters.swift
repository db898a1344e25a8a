/// The filters that this run has asked the broker for and that it has not been heard to forget. A persistent session keeps them when
/// the connection is down, so those that nobody here wants any more are given back on a later one. Confined to the session's
/// thread.
struct MQTTBrokerFilters {
  private struct Farewell {
    /// Whether the broker has granted it in this session, so that it keeps it though it refuses to grant it again.
    var isGranted = false
    /// The UNSUBSCRIBE that is on its way on this connection.
    var packet: Int32?
    /// How many connections have carried one.
    var tries = 0
  }

  private var farewells: [String: Farewell] = [:]

  /// A broker that ends the connection over an UNSUBSCRIBE would end every one.
  private static let mostTries = 3

  var all: [String] { Array(farewells.keys) }

  /// Whether the broker may have the filter and has not been told yet, on this connection, to forget it.
  func isKept(_ filter: String) -> Bool {
    guard let farewell = farewells[filter] else { return false }
    return farewell.packet == nil
  }

  /// A SUBSCRIBE has left; what was on its way before it counts no more.
  mutating func didSubscribe(_ filter: String) {
    farewells[filter] = Farewell(isGranted: isGranted(filter))
  }

  /// The broker's answer to a SUBSCRIBE.
  mutating func didGrant(_ filter: String) { farewells[filter]?.isGranted = true }

  /// Whether the broker has granted the filter in this session, and has not been heard to forget it.
  func isGranted(_ filter: String) -> Bool { farewells[filter]?.isGranted == true }

  /// An UNSUBSCRIBE has left.
  mutating func didUnsubscribe(_ filter: String, packet: Int32) {
    var farewell = farewells[filter] ?? Farewell()
    farewell.packet = packet
    farewell.tries += 1
    farewells[filter] = farewell
  }

  /// The broker's answer to an UNSUBSCRIBE.
  mutating func answered(_ packet: Int32) {
    guard let filter = farewells.first(where: { $0.value.packet == packet })?.key else { return }
    farewells[filter] = nil
  }

  /// The broker has not granted it, or can't be told of it.
  mutating func forget(_ filter: String) { farewells[filter] = nil }

  /// The broker has forgotten the session.
  mutating func forgetAll() { farewells = [:] }

  mutating func connectionLost() {
    for (filter, farewell) in farewells where farewell.packet != nil {
      farewells[filter] =
        farewell.tries < Self.mostTries
        ? Farewell(isGranted: farewell.isGranted, tries: farewell.tries) : nil
    }
  }
}
